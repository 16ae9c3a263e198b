package checks

import (
	"reflect"
	"testing"

	"driftwatch/monitors/window"
)

func TestFreshness(t *testing.T) {
	seen := func(partition int, ms window.Time) Cut { c := Cut{Partition: partition, Next: 7}; c.Seen(ms); return c }
	dead := seen(1, 70_000)
	for _, c := range []struct {
		name string
		cut  []Cut
		want float64
	}{
		{"one partition", []Cut{seen(0, 119_500)}, 0.5},
		{"the oldest partition", []Cut{seen(0, 119_500), seen(1, 100_000), seen(2, 119_999)}, 20},
		{"several cuts of a partition", []Cut{seen(0, 100_000), seen(0, 119_500), seen(0, 110_000)}, 0.5},
		{"a partition without records in the window", []Cut{seen(0, 119_500), dead.Without()}, 50},
		{"one that never had any", []Cut{{Partition: 1}, seen(0, 119_000)}, 1},
	} {
		if got := freshness(Input{End: 120_000, Cut: c.cut}); !reflect.DeepEqual(got, exactly(c.want)) {
			t.Errorf("%s: %+v, want %v", c.name, got, c.want)
		}
	}
	if got := freshness(Input{End: 120_000, Cut: []Cut{{Partition: 1}}}); got.Skipped != "no event times" {
		t.Errorf("without any event time: %+v", got)
	}
}

func TestCutKeepsTheNewestEventTime(t *testing.T) {
	c := Cut{Partition: 2, From: 3, Next: 9}
	for _, at := range []window.Time{5, 9, 7} {
		c.Seen(at)
	}
	if *c.Newest != 9 {
		t.Errorf("newest %v, want 9", *c.Newest)
	}
	w := c.Without()
	if w.Partition != 2 || w.From != 9 || w.Next != 9 || *w.Newest != 9 {
		t.Errorf("without records: %+v", w)
	}
}
