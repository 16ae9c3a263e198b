package window

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// drive closes panes as an engine does, those that are due included, and returns
// the windows that they make.
func drive(s Shape, panes map[Time]uint64) [][2]Time {
	a := NewAssembler(s, None, None)
	var out [][2]Time
	for {
		end := a.Due()
		for e := range panes {
			if e > a.Closed() {
				end = min(end, e)
			}
		}
		if end == Newest {
			return out
		}
		rows, recorded := panes[end]
		if start, ok := a.Close(end, rows, recorded); ok {
			out = append(out, [2]Time{start, end})
		}
	}
}

// Each pane with records is in exactly the windows that cover it.
func TestSlidingWindowsCoverEachPane(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Shape{Grid: Grid{Size: time.Second}, Panes: rapid.IntRange(1, 7).Draw(t, "panes")}
		panes := map[Time]uint64{}
		for _, i := range rapid.SliceOf(rapid.IntRange(-20, 20)).Draw(t, "ends") {
			panes[s.Border(int64(i))] = 1
		}
		var want [][2]Time
		for i := int64(-40); i < 40; i++ {
			w := [2]Time{s.Border(i - int64(s.Panes)), s.Border(i)}
			for e := range panes {
				if e > w[0] && e <= w[1] {
					want = append(want, w)
					break
				}
			}
		}
		if got := drive(s, panes); !slices.Equal(got, want) {
			t.Fatalf("windows %v, want %v", got, want)
		}
	})
}

func TestCountingWindows(t *testing.T) {
	s := Shape{Grid: Grid{Size: time.Minute}, Rows: 10}
	m := s.Border
	panes := map[Time]uint64{
		m(1): 4, m(2): 5, m(3): 6, // 15 rows
		m(10): 0, m(11): 25, // one pane that is more than enough
		m(12): 10, m(13): 9, // never enough
	}
	want := [][2]Time{{m(0), m(3)}, {m(9), m(11)}, {m(11), m(12)}}
	if got := drive(s, panes); !slices.Equal(got, want) {
		t.Errorf("windows %v, want %v", got, want)
	}
}

func TestNeeds(t *testing.T) {
	sliding := NewAssembler(Shape{Grid: Grid{Size: time.Minute}, Panes: 3}, None, None)
	sliding.Close(Time(time.Hour.Milliseconds()), 1, true)
	if got, want := sliding.Needs(), Time((58 * time.Minute).Milliseconds()); got != want {
		t.Errorf("a sliding window needs panes from %v, want %v", got, want)
	}
	counting := NewAssembler(Shape{Grid: Grid{Size: time.Minute}, Rows: 10}, None, None)
	counting.Close(Time(time.Minute.Milliseconds()), 4, true)
	counting.Close(Time((5 * time.Minute).Milliseconds()), 4, true)
	if got := counting.Needs(); got != 0 {
		t.Errorf("a counting window needs panes from %v", got)
	}
}
