package engine

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"driftwatch/internal/yamlx"
	"driftwatch/monitors/store"
	"driftwatch/rules"
)

// setRules gives the setup the rules of a file.
func (s *setup) setRules(t testing.TB, file string) {
	t.Helper()
	rep := &yamlx.Reporter{}
	s.rules = &rules.Set{}
	if c, ok := yamlx.Parse("r.yaml", []byte(file), rep); ok {
		s.rules.Add(c)
	}
	if list := rep.Diagnostics(); len(list) > 0 {
		t.Fatal(list)
	}
}

// A store that each earlier version left behind, in the middle of windows and
// with an alert that fires, is read on from where it was. (Each was written by
// that version, of the first 45 of these records.)
func TestOlderStoresAreReadOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 2)
		for i := range 100 {
			value := i
			if i >= 50 {
				value = 0
			}
			src.add(i%2, time.Duration(i)*time.Second, 0, float64(value))
		}
		for version := 1; version <= store.Version; version++ {
			dir := t.TempDir()
			if !unpackStore(t, version, dir) {
				continue
			}
			old, err := store.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			s := newSetup(t, src)
			s.store = old
			s.setRules(t, "groups: [{name: g, monitor: m, rules: [{alert: High, fields: x, when: {check: mean, above: 25}}]}]")
			before := s.windows(t)
			s.runFor(t, 5*time.Minute)
			if len(before) != 4 {
				t.Errorf("version %d: %d windows were read, want 4", version, len(before))
			}
			after := s.windows(t)
			for end, w := range before {
				if after[end] != w {
					t.Errorf("version %d: window %v was\n%s\nand is\n%s", version, end, w, after[end])
				}
			}
			for i, w := range s.list(t) {
				// Version 1 told monitors apart otherwise: what was open then is not counted on.
				lacks := version == 1 && i == 4
				if w.Segments[0].Rows != 10 && !lacks || w.Partial != lacks {
					t.Errorf("version %d: window %v has %d of 10 rows, partial: %v", version, w.End, w.Segments[0].Rows, w.Partial)
				}
			}
			if len(after) != 10 {
				t.Errorf("version %d: %d windows, want 10", version, len(after))
			}
			if got := s.snapshot().Streams[0].Records; got != 100 {
				t.Errorf("version %d: %d records, want 100", version, got)
			}
			if got := s.events(t); fmt.Sprint(got) != "[firing resolved]" {
				t.Errorf("version %d: the outbox holds %v", version, got)
			}
			if err := old.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

// events lists the states of the alerts in the outbox.
func (s *setup) events(t testing.TB) (states []string) {
	t.Helper()
	events, err := s.engine(t).Outbox().Pending(context.Background(), "r", 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		states = append(states, e.Alert.State)
	}
	return states
}

// unpackStore puts the recorded store of a version into dir. The present version
// need not have one.
func unpackStore(t testing.TB, version int, dir string) bool {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "monitors", "store", "testdata", fmt.Sprintf("version%d.db.gz", version)))
	if os.IsNotExist(err) && version == store.Version {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, store.Name), b, 0o600); err != nil {
		t.Fatal(err)
	}
	return true
}
