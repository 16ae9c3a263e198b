package store

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"driftwatch/monitors/window"
)

func open1(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func update(t *testing.T, s *Store, fn func(*Tx) error) {
	t.Helper()
	if err := s.Update(fn); err != nil {
		t.Fatal(err)
	}
}

func TestStateSurvivesReopening(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	s := open1(t, dir)
	update(t, s, func(tx *Tx) error {
		return errors.Join(tx.PutPartition("s", 3, []byte("state")), tx.PutRules("m", []byte("rules")),
			tx.PutMeta("k", []byte("v")), tx.PutMonitor("m", []byte("id")))
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open1(t, dir)
	err := s.View(func(tx *Tx) error {
		got := []string{string(tx.Partition("s", 3)), string(tx.Rules("m")), string(tx.Meta("k")), string(tx.Monitor("m"))}
		if want := []string{"state", "rules", "v", "id"}; !slices.Equal(got, want) {
			t.Errorf("read %q, want %q", got, want)
		}
		if tx.Partition("s", 4) != nil || tx.Partition("", 3) != nil {
			t.Error("read what was never stored")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestUpdateThatFailsLeavesNothing(t *testing.T) {
	s := open1(t, t.TempDir())
	fault := errors.New("stop")
	err := s.Update(func(tx *Tx) error {
		if err := tx.PutRules("m", []byte("x")); err != nil {
			return err
		}
		return fault
	})
	if !errors.Is(err, fault) {
		t.Fatalf("Update returned %v", err)
	}
	_ = s.View(func(tx *Tx) error {
		if tx.Rules("m") != nil {
			t.Error("half of a failed update is stored")
		}
		return nil
	})
}

func TestReferencesAreKept(t *testing.T) {
	s := open1(t, t.TempDir())
	update(t, s, func(tx *Tx) error {
		return errors.Join(tx.PutReference("m", "first", []byte("a")), tx.PutReference("m", "pin", []byte("b")),
			tx.PutReference("n", "pin", []byte("c")), tx.PutReference("m", "first", []byte("d")))
	})
	update(t, s, func(tx *Tx) error {
		_, err := tx.Retain("m", window.Newest, window.Newest, 100)
		return errors.Join(err, tx.DropReference("m", "pin"), tx.DropReference("m", "pin"), tx.DropReference("x", "pin"))
	})
	_ = s.View(func(tx *Tx) error {
		if a, n := tx.Reference("m", "first"), tx.Reference("n", "pin"); string(a) != "d" || string(n) != "c" {
			t.Errorf("read %q and %q", a, n)
		}
		if tx.Reference("m", "pin") != nil || tx.Reference("x", "pin") != nil {
			t.Error("read what was dropped or never kept")
		}
		return nil
	})
}

func TestOpenRefuses(t *testing.T) {
	version := func(v string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			s := open1(t, dir)
			update(t, s, func(tx *Tx) error { return tx.PutMeta("version", []byte(v)) })
			s.Close()
		}
	}
	for _, c := range []struct {
		name, want string
		prepare    func(t *testing.T, dir string)
	}{
		{"a newer version", "version 99 is newer", version("99")},
		{"no version", "read its version", version("x")},
		{"a store in use", "another process has it open", func(t *testing.T, dir string) { open1(t, dir) }},
		{"another bbolt file", "not a driftwatch store", func(t *testing.T, dir string) {
			db, err := bolt.Open(filepath.Join(dir, Name), 0o600, nil)
			if err != nil {
				t.Fatal(err)
			}
			db.Close()
		}},
		{"a damaged file", "invalid database", func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, Name), []byte(strings.Repeat("nonsense", 4096)), 0o600); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			c.prepare(t, dir)
			s, err := Open(dir)
			if err == nil {
				s.Close()
				t.Fatal("it was opened")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %q, want %q in it", err, c.want)
			}
		})
	}
}

// Whatever page is overwritten or cut off, opening says so or the rest can be read.
func TestDamageIsAnErrorOfOpening(t *testing.T) {
	dir := t.TempDir()
	s := open1(t, dir)
	update(t, s, func(tx *Tx) error {
		var errs []error
		for i := range 200 {
			errs = append(errs, tx.PutWindow("m", make([]byte, 500), Volume{End: window.Time(i)}), tx.PutProfile("m", window.Time(i), make([]byte, 900)))
		}
		return errors.Join(errs...)
	})
	s.Close()
	path := filepath.Join(dir, Name)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	size := os.Getpagesize()
	try := func(b []byte) error {
		// bbolt keeps the lock of a file that it cannot open, so each is a new one.
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(dir)
		if err != nil {
			return err
		}
		defer s.Close()
		return s.View(func(tx *Tx) error {
			tx.Windows("m", window.None, window.Newest, func(window.Time, []byte) bool { return true })
			return nil
		})
	}
	found := 0
	for page := 0; page < len(whole); page += size {
		b := slices.Clone(whole)
		copy(b[page:], strings.Repeat("garbage!", size/8))
		var damage *DamagedError
		switch err := try(b); {
		case errors.As(err, &damage):
			found++
		case err != nil && page >= 2*size: // the first two are the file's heads, of which one is enough
			t.Errorf("page %d: %v", page/size, err)
		}
	}
	if pages := len(whole) / size; found < pages/4 {
		t.Errorf("damage was found in %d of %d pages", found, pages)
	}
	if err := try(whole[:len(whole)/2]); err == nil {
		t.Error("half a file was opened")
	}
	if err := try(whole); err != nil {
		t.Errorf("the whole file: %v", err)
	}
}

// Whatever bit of the structure is wrong, opening ends with an error or a store
// whose content can be read; a fault would end this process.
func TestNoWrongBitIsAFault(t *testing.T) {
	dir := t.TempDir()
	s := open1(t, dir)
	update(t, s, func(tx *Tx) error {
		var errs []error
		for i := range 200 {
			errs = append(errs, tx.PutWindow("m", make([]byte, 500), Volume{End: window.Time(i)}))
		}
		return errors.Join(errs...)
	})
	s.Close()
	whole, err := os.ReadFile(filepath.Join(dir, Name))
	if err != nil {
		t.Fatal(err)
	}
	size := os.Getpagesize()
	found := 0
	for page := 0; page < len(whole); page += size {
		for at := page + page/size%5; at < page+64; at += 5 { // in the page's head, or the first elements
			b := slices.Clone(whole)
			b[at] ^= 1 << (at % 8)
			path := filepath.Join(t.TempDir(), Name)
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := OpenReadOnly(path)
			if err != nil {
				found++
				continue
			}
			_ = s.View(func(tx *Tx) error {
				tx.Windows("m", window.None, window.Newest, func(_ window.Time, b []byte) bool { return len(b) == 0 || b[len(b)-1] < 255 })
				return nil
			})
			s.Close()
		}
	}
	if found < len(whole)/size {
		t.Errorf("damage was found %d times in %d pages", found, len(whole)/size)
	}
}

func TestEmptyFileIsDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var damage *DamagedError
	if _, err := OpenReadOnly(path); !errors.As(err, &damage) {
		t.Errorf("an empty file: %v", err)
	}
}

func TestPanes(t *testing.T) {
	s := open1(t, t.TempDir())
	update(t, s, func(tx *Tx) error {
		var errs []error
		for _, end := range []window.Time{-5, 10, 20, 30} {
			for p := range 3 {
				errs = append(errs, tx.PutPane("m", end, p, []byte{byte(p)}), tx.PutPane("mm", end, p, []byte{9}))
			}
		}
		return errors.Join(append(errs, tx.DropPanes("m", 10))...)
	})
	_ = s.View(func(tx *Tx) error {
		for monitor, want := range map[string][]window.Time{"m": {20, 30}, "mm": {-5, 10, 20, 30}, "": nil} {
			var got []window.Time
			err := tx.Panes(monitor, 1, func(end window.Time, _ []byte) error {
				got = append(got, end)
				return nil
			})
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("panes of %q: %v, %v; want %v", monitor, got, err, want)
			}
		}
		return nil
	})
}

func TestWindowsNewestFirst(t *testing.T) {
	s := open1(t, t.TempDir())
	update(t, s, func(tx *Tx) error {
		var errs []error
		for _, end := range []window.Time{-10, 10, 20, 30, 40} {
			errs = append(errs, tx.PutProfile("m", end, []byte("p")), tx.PutWindow("m", []byte{byte(end)},
				Volume{Start: end - 10, End: end, Rows: uint64(end + 10), Partial: end == 20, Drift: end >= 20 && end <= 30}))
		}
		return errors.Join(errs...)
	})
	for _, c := range []struct {
		name     string
		from, to window.Time
		want     []window.Time
	}{
		{"all", window.None, window.Newest, []window.Time{40, 30, 20, 10, -10}},
		{"from is left out, to is not", 10, 30, []window.Time{30, 20}},
		{"to between windows", window.None, 25, []window.Time{20, 10, -10}},
		{"none", 40, 50, nil},
		{"before all", window.None, -11, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			_ = s.View(func(tx *Tx) error {
				var got []window.Time
				tx.Windows("m", c.from, c.to, func(end window.Time, _ []byte) bool { got = append(got, end); return true })
				if !slices.Equal(got, c.want) {
					t.Errorf("got %v, want %v", got, c.want)
				}
				return nil
			})
		})
	}
	_ = s.View(func(tx *Tx) error {
		var got []Volume
		tx.Volumes("m", func(v Volume) bool { got = append(got, v); return len(got) < 3 })
		want := []Volume{{30, 40, 50, false, false}, {20, 30, 40, false, true}, {10, 20, 30, true, true}}
		if !slices.Equal(got, want) {
			t.Errorf("volumes %v, want %v", got, want)
		}
		tx.Windows("nobody", window.None, window.Newest, func(window.Time, []byte) bool {
			t.Error("a monitor without windows has one")
			return false
		})
		return nil
	})
}

func TestRetain(t *testing.T) {
	s := open1(t, t.TempDir())
	update(t, s, func(tx *Tx) error {
		var errs []error
		for end := window.Time(1); end <= 10; end++ {
			errs = append(errs, tx.PutWindow("m", []byte("r"), Volume{End: end}), tx.PutProfile("m", end, []byte("p")), tx.PutDigest("m", end, []byte("d")))
		}
		return errors.Join(errs...)
	})
	rounds := 0
	for removed := 3; removed == 3; rounds++ {
		update(t, s, func(tx *Tx) (err error) {
			removed, err = tx.Retain("m", 4, 8, 3)
			return err
		})
	}
	if rounds < 2 {
		t.Errorf("8 windows went in %d rounds of 3", rounds)
	}
	_ = s.View(func(tx *Tx) error {
		for end := window.Time(1); end <= 10; end++ {
			if got, want := tx.Window("m", end) != nil, end > 4; got != want {
				t.Errorf("the result of %d is kept: %v", end, got)
			}
			if got, want := tx.Digest("m", end) != nil, end > 4; got != want {
				t.Errorf("the digest of %d is kept: %v", end, got)
			}
			if got, want := tx.Profile("m", end) != nil, end > 8; got != want {
				t.Errorf("the profile of %d is kept: %v", end, got)
			}
		}
		if n := tx.WindowsTotal("m"); n != 10 {
			t.Errorf("%d windows were kept in all, want 10", n)
		}
		return nil
	})
}

func TestSkipEventIDs(t *testing.T) {
	s := open1(t, t.TempDir())
	update(t, s, func(tx *Tx) error {
		if err := errors.Join(tx.SkipEventIDs(41), tx.SkipEventIDs(7)); err != nil {
			return err
		}
		if id, err := tx.NextEventID(); id != 42 || err != nil {
			t.Errorf("the next id is %d, %v", id, err)
		}
		return nil
	})
}

func TestForgetMonitor(t *testing.T) {
	s := open1(t, t.TempDir())
	update(t, s, func(tx *Tx) error {
		return errors.Join(tx.PutWindow("a", nil, Volume{}), tx.PutWindow("b", nil, Volume{}),
			tx.PutReference("a", "pin", []byte("x")), tx.PutReference("c", "pin", []byte("x")),
			tx.ForgetMonitor("a"), tx.ForgetMonitor("nobody"))
	})
	_ = s.View(func(tx *Tx) error {
		if names, err := tx.Monitors(); err != nil || !slices.Equal(names, []string{"b", "c"}) {
			t.Errorf("something is kept of %v, %v", names, err)
		}
		return nil
	})
}

func TestOutbox(t *testing.T) {
	s := open1(t, t.TempDir())
	update(t, s, func(tx *Tx) error {
		for _, receiver := range []string{"a", "b", "a"} {
			id, err := tx.NextEventID()
			if err != nil {
				return err
			}
			if err := tx.PutEvent(receiver, id, []byte(receiver)); err != nil {
				return err
			}
		}
		return errors.Join(tx.DropEvent("a", 1), tx.DropEvent("nobody", 1), tx.DropEvent("b", 77))
	})
	_ = s.View(func(tx *Tx) error {
		got := map[string][]uint64{}
		names, err := tx.Receivers()
		for _, r := range names {
			tx.Events(r, func(id uint64, _ []byte) bool { got[r] = append(got[r], id); return true })
		}
		if err != nil || len(got) != 2 || !slices.Equal(got["a"], []uint64{3}) || !slices.Equal(got["b"], []uint64{2}) {
			t.Errorf("the outbox holds %v, %v", got, err)
		}
		return nil
	})
}

func TestRuleMonitors(t *testing.T) {
	s := open1(t, t.TempDir())
	update(t, s, func(tx *Tx) error {
		return errors.Join(tx.PutRules("b", nil), tx.PutRules("a", nil), tx.PutRules("c", nil), tx.DropRules("b"))
	})
	_ = s.View(func(tx *Tx) error {
		if names, err := tx.RuleMonitors(); err != nil || !slices.Equal(names, []string{"a", "c"}) {
			t.Errorf("rule states of %v, %v", names, err)
		}
		return nil
	})
}
