package checks

import (
	"slices"

	"driftwatch/monitors/window"
)

// Cut says which records of one partition are in a window: those of its event
// time in [From, Next) that were not late. With the watermark before From, which
// decides about that, a window can be counted again from the log. A window of
// several panes has one more cut of a partition after each one that says Idle.
type Cut struct {
	Partition int          `json:"partition"`
	From      int64        `json:"from"`
	Next      int64        `json:"next"`
	Watermark *window.Time `json:"watermark,omitempty"` // before From; nil before the partition's first record
	Idle      bool         `json:"idle,omitempty"`      // the partition was not waited for
	Ended     bool         `json:"ended,omitempty"`     // the partition's log was over, as those of a replay are
	Through   *window.Time `json:"through,omitempty"`   // end of the panes that this cut is of, if the window has later ones
	Newest    *window.Time `json:"newest,omitempty"`    // event time of a record in this window or, without one, in an earlier one
}

// Seen notes the event time of a record in the window.
func (c *Cut) Seen(t window.Time) {
	if c.Newest == nil {
		c.Newest = ptr(t)
	}
	*c.Newest = max(*c.Newest, t)
}

// Empty reports whether the partition has no record in the window.
func (c *Cut) Empty() bool { return c.From == c.Next }

// Without returns the cut of the next window if the partition has no record in
// it: nothing, as fresh as before.
func (c *Cut) Without() Cut {
	return Cut{Partition: c.Partition, From: c.Next, Next: c.Next, Newest: c.Newest}
}

// PaneCuts is the cuts of one pane, by partition.
type PaneCuts struct {
	End  window.Time
	Cuts []Cut
}

// JoinCuts returns the cut of the window that is made of panes, which are given in
// the order of event time. As long as it is the watermark that seals a
// partition's panes, one cut says the same as all of theirs together.
func JoinCuts(panes []PaneCuts) []Cut {
	if len(panes) == 1 {
		return panes[0].Cuts
	}
	joined := map[int][]Cut{}
	for i, p := range panes {
		for _, c := range p.Cuts {
			if c.Idle && i < len(panes)-1 {
				c.Through = ptr(p.End)
			}
			joined[c.Partition] = joinCut(joined[c.Partition], c)
		}
	}
	all := []Cut{}
	for _, cuts := range joined {
		all = append(all, cuts...)
	}
	slices.SortStableFunc(all, func(a, b Cut) int { return a.Partition - b.Partition })
	return all
}

// joinCut adds the cut of a partition's next pane.
func joinCut(cuts []Cut, next Cut) []Cut {
	if len(cuts) == 0 {
		return []Cut{next}
	}
	last := &cuts[len(cuts)-1]
	switch {
	case last.Empty(): // it is all that there is
		*last = next
	case next.Empty():
	case last.Idle:
		return append(cuts, next)
	default:
		if next.From < last.From {
			last.From, last.Watermark = next.From, next.Watermark
		}
		last.Next, last.Idle, last.Ended, last.Through = max(last.Next, next.Next), next.Idle, next.Ended, next.Through
		if next.Newest != nil && (last.Newest == nil || *next.Newest > *last.Newest) {
			last.Newest = next.Newest // it is shared, and not written any more
		}
	}
	return cuts
}
