package engine

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"driftwatch/monitors"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
)

// partitionState is what the store keeps of one partition of a stream. With
// the panes that were open at Next it lets the partition be read on as if
// nothing had happened: counters included, so that they count once too.
type partitionState struct {
	Next      int64                   `json:"next"`
	TopicID   string                  `json:"topic_id,omitempty"` // of the topic that Next is an offset of, if known
	Counted   int64                   `json:"counted,omitempty"`  // records before it are in the counters already, if it is beyond Next
	Watermark *window.Time            `json:"watermark,omitempty"`
	Records   uint64                  `json:"records"`
	Bytes     uint64                  `json:"bytes"`
	Lost      uint64                  `json:"lost"`
	Errors    map[string]uint64       `json:"errors,omitempty"`
	Gap       bool                    `json:"gap,omitempty"` // records before the next one are missing
	Monitors  map[string]monitorState `json:"monitors"`
}

// monitorState is the part of one monitor.
type monitorState struct {
	Identity string       `json:"identity"` // of the monitor that the rest belongs to
	Border   *window.Time `json:"border,omitempty"`
	Whole    *window.Time `json:"whole,omitempty"`   // panes that end at or before it are whole,
	Partial  *window.Time `json:"partial,omitempty"` // later ones up to this lack records
	Late     uint64       `json:"late"`
	Amended  uint64       `json:"amended,omitempty"` // of the late ones
	Settled  *window.Time `json:"settled,omitempty"` // of the tracker
	LateTo   int64        `json:"late_to,omitempty"` // records before it are in Late already, if it is beyond the partition's Next
	Gap      bool         `json:"gap,omitempty"`     // the monitor did not see the records before the next one
	Skip     *place       `json:"skip,omitempty"`    // records before it are none of its business, if it is beyond the partition's Next
	Resume   place        `json:"resume"`            // where another process has to begin to build the same panes
}

// place is an offset in a partition, and the watermark there.
type place struct {
	Offset    int64        `json:"offset"`
	Watermark *window.Time `json:"watermark,omitempty"`
}

func timeOrNil(t window.Time) *window.Time {
	if t == window.None {
		return nil
	}
	return &t
}

func orNone(t *window.Time) window.Time {
	if t == nil {
		return window.None
	}
	return *t
}

// checkpoint is a partition's state in bytes, with the panes that changed
// since the checkpoint before.
type checkpoint struct {
	state  []byte
	oldest int64               // the first offset that an unclosed window holds a record of, else the state's Next
	panes  map[paneID][]byte   // nil: it is no more
	late   map[paneID][][]byte // late records since the checkpoint before, as panes to be merged
	border []window.Time       // of each monitor
}

type paneID struct {
	monitor string
	end     window.Time
}

// absorb adds a later checkpoint of the same partition.
func (c *checkpoint) absorb(later *checkpoint) {
	c.state, c.oldest, c.border = later.state, later.oldest, later.border
	maps.Copy(c.panes, later.panes)
	for id, panes := range later.late {
		c.late[id] = append(c.late[id], panes...)
	}
}

// write puts the checkpoint into the store, save for closed panes.
func (c *checkpoint) write(tx *store.Tx, stream string, partition int, closed func(monitor string) window.Time) error {
	if err := tx.PutPartition(stream, partition, c.state); err != nil {
		return err
	}
	for _, id := range slices.SortedFunc(maps.Keys(c.panes), comparePaneID) {
		if id.end <= closed(id.monitor) {
			continue
		}
		if c.panes[id] == nil {
			if err := tx.DropPane(id.monitor, id.end, partition); err != nil {
				return err
			}
			continue
		}
		if err := tx.PutPane(id.monitor, id.end, partition, c.panes[id]); err != nil {
			return err
		}
	}
	return nil
}

func comparePaneID(a, b paneID) int {
	if a.monitor != b.monitor {
		if a.monitor < b.monitor {
			return -1
		}
		return 1
	}
	return int(min(1, max(-1, a.end-b.end)))
}

// restore brings back the worker's state from the store, if there is one.
func (w *worker) restore(tx *store.Tx, closed func(monitor string) window.Time) error {
	b := tx.Partition(w.plan.Stream.Name, w.partition.ID)
	for _, k := range w.tracks {
		k.identity = string(tx.Monitor(k.monitor.Spec.Name))
		k.tracker = window.NewTracker(k.monitor.Windows(), window.None, closed(k.monitor.Spec.Name))
	}
	if b == nil {
		return nil
	}
	if err := json.Unmarshal(b, &w.state); err != nil {
		return fmt.Errorf("read the state of %s: %w", w, err)
	}
	w.watermark = orNone(w.state.Watermark)
	w.newest = w.watermark
	for _, k := range w.tracks {
		if err := w.restoreTrack(tx, k, closed(k.monitor.Spec.Name)); err != nil {
			return fmt.Errorf("read the state of %s: %w", w, err)
		}
	}
	return nil
}

func (w *worker) restoreTrack(tx *store.Tx, k *track, closed window.Time) error {
	name := k.monitor.Spec.Name
	s := w.state.Monitors[name]
	if s.Identity != k.identity { // it is new to a stream that was read before
		s, k.gap = monitorState{Late: s.Late, Amended: s.Amended}, true // counters do not go back
	}
	k.late, k.amended, k.whole, k.partial, k.gap = s.Late, s.Amended, orNone(s.Whole), orNone(s.Partial), k.gap || s.Gap
	k.lateTo = s.LateTo
	if s.Skip != nil {
		k.skip = *s.Skip
	}
	k.tracker = window.NewTracker(k.monitor.Windows(), orNone(s.Border), closed)
	k.tracker.Settle(orNone(s.Settled))
	err := tx.Panes(name, w.partition.ID, func(end window.Time, b []byte) error {
		if end <= closed {
			return nil
		}
		pane, err := k.monitor.DecodePane(b)
		if err != nil {
			return err
		}
		k.panes[end] = &openPane{Pane: pane}
		return nil
	})
	if err != nil {
		return err
	}
	return w.restoreCounted(tx, k)
}

// restoreCounted finds the closed panes that hold records which this partition
// will read again: those that it sealed after its newest checkpoint.
func (w *worker) restoreCounted(tx *store.Tx, k *track) error {
	var fail error
	tx.Profiles(k.monitor.Spec.Name, k.tracker.Border(), func(end window.Time, b []byte) bool {
		var cuts []checks.Cut
		if cuts, fail = monitors.DecodeCuts(b); fail != nil {
			return false
		}
		for _, c := range cuts {
			if c.Partition == w.partition.ID && c.Next > max(c.From, w.state.Next) {
				k.tracker.CloseWith(end, c.Next)
			}
		}
		return true
	})
	return fail
}

// takeCheckpoint encodes the partition's state and its changed panes.
func (w *worker) takeCheckpoint() (*checkpoint, error) {
	w.state.Watermark = timeOrNil(w.watermark)
	w.state.Counted = beyond(w.state.Counted, w.state.Next)
	w.state.Monitors = map[string]monitorState{}
	c := &checkpoint{oldest: w.state.Next, panes: map[paneID][]byte{}, late: map[paneID][][]byte{}}
	for _, k := range w.tracks {
		w.state.Monitors[k.monitor.Spec.Name] = monitorState{
			Identity: k.identity,
			Border:   timeOrNil(k.tracker.Border()), Whole: timeOrNil(k.whole), Partial: timeOrNil(k.partial), Late: k.late,
			LateTo: beyond(k.lateTo, w.state.Next), Gap: k.gap, Skip: k.skipFrom(w.state.Next), Resume: w.resumeOf(k),
			Amended: k.amended, Settled: timeOrNil(k.tracker.SettledBy()),
		}
		c.border = append(c.border, k.tracker.Border())
		for end, p := range k.panes {
			c.oldest = min(c.oldest, p.cut().From)
			if !p.dirty {
				continue
			}
			b, err := p.AppendBinary(nil)
			if err != nil {
				return nil, fmt.Errorf("write a checkpoint of %s: %w", w, err)
			}
			c.panes[paneID{k.monitor.Spec.Name, end}] = b
			p.dirty = false
		}
		for end, p := range k.amends {
			b, err := p.AppendBinary(nil)
			if err != nil {
				return nil, fmt.Errorf("write a checkpoint of %s: %w", w, err)
			}
			c.late[paneID{k.monitor.Spec.Name, end}] = [][]byte{b}
		}
	}
	var err error
	if c.state, err = json.Marshal(w.state); err != nil {
		return nil, fmt.Errorf("write a checkpoint of %s: %w", w, err)
	}
	for _, k := range w.tracks {
		clear(k.amends)
	}
	return c, nil
}

// beyond returns an offset if it is beyond next, else 0.
func beyond(offset, next int64) int64 {
	if offset > next {
		return offset
	}
	return 0
}

// skipFrom returns where the track's records begin, if that is beyond next.
func (k *track) skipFrom(next int64) *place {
	if k.skip.Offset > next {
		return &k.skip
	}
	return nil
}

// resumeOf returns the place of the first record that an unclosed pane holds, or
// where the track goes on.
func (w *worker) resumeOf(k *track) place {
	at := place{Offset: w.state.Next, Watermark: timeOrNil(w.watermark)}
	if skip := k.skipFrom(w.state.Next); skip != nil {
		at = *skip
	}
	for _, p := range k.panes {
		if c := p.cut(); c.From < at.Offset {
			at = place{Offset: c.From, Watermark: c.Watermark}
		}
	}
	return at
}

// forgetOpen drops the panes that are not sealed, because their records will be
// read again, and with the offsets of sealed ones what they meant.
func (w *worker) forgetOpen() (dropped []paneID) {
	w.state.Counted = 0
	for _, k := range w.tracks {
		k.tracker.ForgetOffsets()
		k.skip, k.lateTo = place{}, 0
		for end := range k.panes {
			if end > k.tracker.Border() {
				delete(k.panes, end)
				dropped = append(dropped, paneID{k.monitor.Spec.Name, end})
			}
		}
	}
	return dropped
}

// openPane is a partition's pane that is not closed.
type openPane struct {
	*monitors.Pane
	dirty bool // changed since the newest checkpoint
}

func (p *openPane) cut() *checks.Cut { return &p.Cuts[0] }
