package store

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"driftwatch/monitors/window"
)

// found lists what the history has, newest first.
func found(t *testing.T, s *Store, monitor string, from, to window.Time) (list []string) {
	t.Helper()
	err := s.View(func(tx *Tx) error {
		tx.History(monitor, from, to, func(at window.Time, entry []byte) bool {
			list = append(list, fmt.Sprintf("%d%s", at, entry))
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestHistory(t *testing.T) {
	s := open1(t, t.TempDir())
	update(t, s, func(tx *Tx) error {
		return errors.Join(tx.PutHistory("m", 20, []byte("a")), tx.PutHistory("m", 20, []byte("b")), tx.PutHistory("m", 30, []byte("c")),
			tx.PutHistory("m", 10, []byte("d")), tx.PutHistory("m", -5, []byte("e")), tx.PutHistory("other", 20, []byte("x")))
	})
	for name, tc := range map[string]struct {
		monitor  string
		from, to window.Time
		want     []string
	}{
		"all":          {"m", window.None, window.Newest, []string{"30c", "20b", "20a", "10d", "-5e"}},
		"half open":    {"m", 10, 30, []string{"20b", "20a", "10d"}},
		"one time":     {"m", 20, 21, []string{"20b", "20a"}},
		"between":      {"m", 21, 30, nil},
		"before all":   {"m", window.None, -5, nil},
		"from a point": {"m", 25, window.Newest, []string{"30c"}},
		"nobody":       {"nobody", window.None, window.Newest, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if got := found(t, s, tc.monitor, tc.from, tc.to); !slices.Equal(got, tc.want) {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
	_ = s.View(func(tx *Tx) error {
		n := 0
		tx.History("m", window.None, window.Newest, func(window.Time, []byte) bool { n++; return n < 2 })
		if n != 2 {
			t.Errorf("%d entries were shown to who wanted 2", n)
		}
		return nil
	})
}

func TestRetainHistory(t *testing.T) {
	for name, tc := range map[string]struct {
		before window.Time
		most   uint64
		want   window.Time // the oldest that stays
	}{
		"by age":       {4, 100, 4},
		"by number":    {1, 3, 8},
		"all":          {99, 100, 11},
		"nothing":      {1, 10, 1},
		"whichever is": {7, 9, 7},
	} {
		t.Run(name, func(t *testing.T) {
			s := open1(t, t.TempDir())
			update(t, s, func(tx *Tx) (err error) {
				for at := window.Time(1); at <= 10; at++ {
					err = errors.Join(err, tx.PutHistory("m", at, []byte("x")))
				}
				return err
			})
			for removed := 2; removed == 2; {
				update(t, s, func(tx *Tx) (err error) {
					removed, err = tx.RetainHistory("m", tc.before, tc.most, 2)
					return err
				})
			}
			if got := found(t, s, "m", window.None, window.Newest); len(got) != int(11-tc.want) {
				t.Errorf("%d entries stay: %v", len(got), got)
			}
		})
	}
}
