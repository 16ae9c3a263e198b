package window

import "time"

// Tumbling is a monitor's windows: of one size, aligned to the Unix epoch, one
// after the other. All its methods are pure.
type Tumbling struct {
	Size     time.Duration // a positive number of whole milliseconds
	Lateness time.Duration // how far the watermark must be past a window's end to seal it
	MaxOpen  int           // windows that a partition may be ahead of the slowest one
}

// Start returns the start of the window that t falls into.
func (w Tumbling) Start(t Time) Time {
	size := Time(w.Size.Milliseconds())
	rest := t % size
	if rest < 0 {
		rest += size
	}
	return t - rest
}

// End returns the end of the window that t falls into; a window does not hold
// its end.
func (w Tumbling) End(t Time) Time { return w.Start(t).Add(w.Size) }

// Border returns the end of the newest window that a watermark seals: every
// window with end <= Border(watermark) is sealed. It is None for the watermark
// None.
func (w Tumbling) Border(watermark Time) Time {
	if watermark == None {
		return None
	}
	return w.Start(watermark.Add(-w.Lateness))
}

// Horizon returns the first event time that is too far ahead when the slowest
// partition has the given watermark: a partition whose watermark reached it is
// not read on.
func (w Tumbling) Horizon(slowest Time) Time {
	return w.Start(slowest) + Time(w.MaxOpen+1)*Time(w.Size.Milliseconds())
}

// Ahead reports whether an event time is further than maxAhead beyond the
// log's own time of the record. One producer with a wrong clock must not seal
// everybody's windows, and this test needs no wall clock.
func Ahead(event, logged Time, maxAhead time.Duration) bool {
	return event > logged.Add(maxAhead)
}
