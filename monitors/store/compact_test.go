package store

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"driftwatch/monitors/window"
)

// fill stores windows 1 to n with profiles of a size.
func fill(t *testing.T, s *Store, n, size int) {
	t.Helper()
	for from := 1; from <= n; from += 100 {
		update(t, s, func(tx *Tx) error {
			var errs []error
			for i := from; i < from+100 && i <= n; i++ {
				errs = append(errs, tx.PutWindow("m", fmt.Appendf(nil, "result %d", i), Volume{End: window.Time(i), Rows: uint64(i)}),
					tx.PutProfile("m", window.Time(i), bytes.Repeat([]byte{byte(i)}, size)))
			}
			return errors.Join(errs...)
		})
	}
}

// dump is everything in a store, with the sequences of its buckets.
func dump(t *testing.T, s *Store) string {
	t.Helper()
	var b strings.Builder
	var walk func(path string, bucket *bolt.Bucket) error
	walk = func(path string, bucket *bolt.Bucket) error {
		fmt.Fprintf(&b, "%s: %d\n", path, bucket.Sequence())
		return bucket.ForEach(func(k, v []byte) error {
			if v == nil {
				return walk(fmt.Sprintf("%s/%x", path, k), bucket.Bucket(k))
			}
			fmt.Fprintf(&b, "%s/%x=%x\n", path, k, v)
			return nil
		})
	}
	err := s.db.View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(name []byte, bucket *bolt.Bucket) error { return walk(string(name), bucket) })
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A file of which most is free becomes small, with everything in it, while others
// read and write.
func TestCompact(t *testing.T) {
	dir := t.TempDir()
	s := open1(t, dir)
	fill(t, s, 400, 100_000)
	update(t, s, func(tx *Tx) error {
		_, err := tx.NextEventID()
		return errors.Join(err, tx.PutRules("empty", nil), tx.PutReference("m", "pin", []byte("x")), tx.PutEvent("r", 1, []byte("e")))
	})
	if won, err := s.Compact(); won != 0 || err != nil {
		t.Fatalf("a full file was made smaller by %d, %v", won, err)
	}
	update(t, s, func(tx *Tx) error { _, err := tx.Retain("m", 390, 390, 1000); return err })
	update(t, s, func(*Tx) error { return nil }) // frees what the one before removed
	before, err := s.Usage()
	if err != nil || before.Bytes < 40e6 || before.Free < before.Bytes/2 {
		t.Fatalf("the store takes %+v, %v", before, err)
	}
	content := dump(t, s)

	s.room = func(string) int64 { return spare }
	var noRoom *NoRoomError
	if _, err := s.Compact(); !errors.As(err, &noRoom) {
		t.Fatalf("without room for a copy: %v", err)
	}
	s.room = diskRoom

	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				err := s.View(func(tx *Tx) error {
					if got := tx.Profile("m", 400); len(got) != 100_000 || got[99_999] != 400&0xff {
						return errors.New("a profile is not what it was")
					}
					return nil
				})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	won, err := s.Compact()
	close(stop)
	readers.Wait()
	if err != nil {
		t.Fatal(err)
	}
	after, err := s.Usage()
	if err != nil || after.Bytes > 20e6 || won != before.Bytes-after.Bytes {
		t.Errorf("the store took %+v and takes %+v, %v; %d bytes were won", before, after, err, won)
	}
	if got := dump(t, s); got != content {
		t.Error("the copy holds something else")
	}
	update(t, s, func(tx *Tx) error { return tx.PutRules("later", []byte("y")) })
	content = dump(t, s)
	if _, err := Open(dir); !errors.Is(err, ErrLocked) {
		t.Errorf("a second process opens the copy: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := dump(t, open1(t, dir)); got != content {
		t.Error("something else is in the file when it is opened again")
	}
}

// Killed at any instant of a compaction, the store has all that was committed.
func TestCompactionMayBeKilled(t *testing.T) {
	dir := t.TempDir()
	if os.Getenv("DRIFTWATCH_COMPACT") != "" {
		compactForEver(t, os.Getenv("DRIFTWATCH_COMPACT"))
		return
	}
	var acknowledged uint64
	leftovers := 0
	for round := range 30 {
		acknowledged = max(acknowledged, runAndKill(t, dir, time.Duration(round)*7*time.Millisecond))
		if _, err := os.Stat(filepath.Join(dir, Name+compactSuffix)); err == nil {
			leftovers++
		}
		s := open1(t, dir)
		var committed uint64
		err := s.View(func(tx *Tx) error {
			committed = binary.BigEndian.Uint64(tx.Meta("count"))
			for end := window.Time(1); end <= 20; end++ {
				if len(tx.Profile("m", end)) != 50_000 {
					return fmt.Errorf("window %d is gone", end)
				}
			}
			return nil
		})
		if err != nil || committed < acknowledged {
			t.Fatalf("round %d: %d is stored and %d was acknowledged, %v", round, committed, acknowledged, err)
		}
		acknowledged = committed
		if _, err := os.Stat(filepath.Join(dir, Name+compactSuffix)); err == nil {
			t.Error("what an interrupted compaction left is still there")
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if leftovers == 0 {
		t.Error("no compaction was interrupted")
	}
}

// compactForEver writes, tells what is durable, and compacts.
func compactForEver(t *testing.T, dir string) {
	s := open1(t, dir)
	fill(t, s, 20, 50_000)
	var n uint64
	_ = s.View(func(tx *Tx) error {
		if b := tx.Meta("count"); b != nil {
			n = binary.BigEndian.Uint64(b)
		}
		return nil
	})
	for {
		for range 3 {
			n++
			update(t, s, func(tx *Tx) error { return tx.PutMeta("count", binary.BigEndian.AppendUint64(nil, n)) })
			fmt.Printf("stored %d\n", n)
		}
		if err := s.compact(); err != nil {
			t.Fatal(err)
		}
	}
}

// runAndKill runs this test as a process of its own and kills it, some time after
// its first word. It returns the last number that it said was stored.
func runAndKill(t *testing.T, dir string, after time.Duration) (last uint64) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCompactionMayBeKilled$")
	cmd.Env = append(os.Environ(), "DRIFTWATCH_COMPACT="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var kill *time.Timer
	for lines := bufio.NewScanner(out); lines.Scan(); {
		number, found := strings.CutPrefix(lines.Text(), "stored ")
		if !found {
			t.Errorf("it said %q", lines.Text())
			continue
		}
		if kill == nil {
			kill = time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		}
		if n, err := strconv.ParseUint(number, 10, 64); err == nil {
			last = n
		}
	}
	_ = cmd.Wait() // it was killed
	return last
}
