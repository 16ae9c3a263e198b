package window

import "time"

// Shape is what a monitor's windows look like. Each is made of whole panes: of
// one, where windows tumble; of several, the newest of which ends it, where they
// slide; of as many as it takes to hold a number of rows, where they count. All
// its methods are pure.
type Shape struct {
	Grid
	Panes    int           // in a window; 0 where windows count rows
	Rows     uint64        // that a window holds at least, where they count
	Lateness time.Duration // how far the watermark must be past a pane's end to seal it
	Amend    time.Duration // how far beyond that late records still amend a pane
	MaxOpen  int           // panes that a partition may be ahead of the slowest one
}

// Sealed returns the end of the newest pane that a watermark seals: every pane
// with end <= Sealed(watermark) is sealed. It is None for the watermark None.
func (s Shape) Sealed(watermark Time) Time {
	if watermark == None {
		return None
	}
	return s.Start(watermark.Add(-s.Lateness))
}

// Settled returns the end of the newest pane that a watermark settles: late records
// amend it no longer.
func (s Shape) Settled(watermark Time) Time {
	if watermark == None {
		return None
	}
	return s.Sealed(watermark.Add(-s.Amend))
}

// Horizon returns the first event time that is too far ahead when the slowest
// partition has the given watermark: a partition whose watermark reached it is
// not read on.
func (s Shape) Horizon(slowest Time) Time {
	return s.Border(s.Index(slowest) + int64(s.MaxOpen) + 1)
}

// Spans reports whether a window of this shape may reach from start to end.
func (s Shape) Spans(start, end Time) bool {
	if s.Start(start) != start || s.Start(end) != end {
		return false
	}
	return s.Panes == 0 || s.Border(s.Index(end)-int64(s.Panes)) == start
}

// Tiles reports whether the window that ends at end is one of those which, side by
// side, hold each pane once.
func (s Shape) Tiles(end Time) bool { return s.Panes > 0 && s.Index(end)%int64(s.Panes) == 0 }

// Ahead reports whether an event time is further than maxAhead beyond the
// log's own time of the record. One producer with a wrong clock must not seal
// everybody's windows, and this test needs no wall clock.
func Ahead(event, logged Time, maxAhead time.Duration) bool {
	return event > logged.Add(maxAhead)
}
