package alerting

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// Silences that expired are kept for digests as long as there is room, and never
// keep a new one out. Those that hold do.
func TestExpiredSilencesMakeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSilences(t, &memoryShelf{})
		add := func(comment string, length time.Duration) error {
			_, err := s.Add(Silence{Matchers: []string{"monitor=m"}, EndsAt: time.Now().Add(length), CreatedBy: "ana", Comment: comment})
			return err
		}
		for i := range maxSilences {
			if err := add(fmt.Sprint(i), time.Hour+time.Duration(i)*time.Second); err != nil {
				t.Fatal(err)
			}
		}
		if err := add("too many", time.Hour); err == nil {
			t.Error("there is room for one more")
		}
		time.Sleep(30 * 24 * time.Hour)
		if err := add("new", time.Hour); err != nil {
			t.Fatal(err)
		}
		comments := map[string]bool{}
		for _, o := range s.All() {
			comments[o.Comment] = true
		}
		if len(comments) != maxSilences || comments["0"] || !comments["1"] || !comments["new"] {
			t.Errorf("%d are kept; the first: %v, the second: %v, the new one: %v", len(comments), comments["0"], comments["1"], comments["new"])
		}
		time.Sleep(6 * 24 * time.Hour)
		if err := add("newer", time.Hour); err != nil || len(s.All()) != 2 {
			t.Errorf("%d are kept after five weeks, %v", len(s.All()), err)
		}
	})
}
