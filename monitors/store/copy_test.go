package store

import (
	"io"
	"os"
	"path/filepath"
	"testing"
)

// A copy is the store as it was: it can be opened, alone or by several, and leaves
// nothing beside the store.
func TestCopy(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	put := func(value string) {
		t.Helper()
		if err := s.Update(func(tx *Tx) error { return tx.PutMeta("key", []byte(value)) }); err != nil {
			t.Fatal(err)
		}
	}
	put("before")
	f, err := s.Copy()
	if err != nil {
		t.Fatal(err)
	}
	put("after")
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("beside the store lies %v, %v", left, err)
	}
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		c, err := OpenReadOnly(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		err = c.View(func(tx *Tx) error {
			if got := string(tx.Meta("key")); got != "before" {
				t.Errorf("the copy has %q", got)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		if err := c.Update(func(tx *Tx) error { return tx.PutMeta("key", nil) }); err == nil {
			t.Error("a store that is open for reading was written")
		}
	}
}

func TestOpenReadOnlyMakesNothing(t *testing.T) {
	dir := t.TempDir()
	if _, err := OpenReadOnly(dir); err == nil {
		t.Error("a store that is not there was opened")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("it made %v, %v", left, err)
	}
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := OpenReadOnly(dir); err == nil {
		t.Error("a store that is open for writing was opened beside it")
	}
}
