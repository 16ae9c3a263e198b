package rules

import (
	"encoding/json"
	"fmt"
)

// Windows is how often a condition has to hold before an alert fires: in Need of
// the newest Of windows. In a row, both are equal.
type Windows struct{ Need, Of int }

// String is the number in words.
func (w Windows) String() string {
	if w.Need == w.Of {
		return fmt.Sprint(w.Need)
	}
	return fmt.Sprintf("%d of %d", w.Need, w.Of)
}

// run is what an alert remembers of the windows that were judged: how often the condition held in a row, and again after each window in which it did
// not. [2 0 1] is yes, yes, no, no, yes.
type run []int

// after adds a window in which the condition held or did not.
func (r run) after(held bool, w Windows) run {
	next := append(run(nil), r...)
	switch {
	case !held:
		next = append(next, 0)
	case len(next) == 0:
		next = run{1}
	default:
		next[len(next)-1]++
	}
	return next.recent(w)
}

// recent drops from the beginning what can no longer count: what is older than
// the newest Of windows, and what so many windows failed after that the rest
// cannot make up for it.
func (r run) recent(w Windows) run {
	for len(r) > 0 {
		switch {
		case len(r)-1 > w.Of-w.Need, r[0] == 0:
			r = r[1:]
		case r.windows() > w.Of:
			r[0]--
		default:
			return r
		}
	}
	return nil
}

// held is in how many windows the condition held.
func (r run) held() int {
	n := 0
	for _, in := range r {
		n += in
	}
	return n
}

// windows is how many windows are remembered.
func (r run) windows() int { return r.held() + len(r) - 1 }

// MarshalJSON writes a number for windows in a row.
func (r run) MarshalJSON() ([]byte, error) {
	if len(r) > 1 {
		return json.Marshal([]int(r))
	}
	return json.Marshal(r.held())
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (r *run) UnmarshalJSON(b []byte) error {
	var list []int
	if err := json.Unmarshal(b, &list); err == nil {
		*r = list
		return nil
	}
	var n int
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	*r = nil
	if n > 0 {
		*r = run{n}
	}
	return nil
}
