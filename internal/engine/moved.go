package engine

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"driftwatch/monitors"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// movedState is what moves with a monitor, beside its closed panes. With them it
// lets another process go on as this one would after a restart.
type movedState struct {
	Epoch      uint64                       `json:"epoch"`
	Owner      string                       `json:"owner"`
	Identity   string                       `json:"identity"`         // of the monitor that the rest belongs to
	Closed     *window.Time                 `json:"closed,omitempty"` // end of the newest closed pane
	Total      uint64                       `json:"total"`            // windows that there were
	Window     json.RawMessage              `json:"window,omitempty"`
	Volumes    []byte                       `json:"volumes,omitempty"` // newest first
	Rules      json.RawMessage              `json:"rules,omitempty"`
	References map[string][]byte            `json:"references,omitempty"`
	Events     map[string][]json.RawMessage `json:"events,omitempty"` // that wait, by receiver
	LastEvent  uint64                       `json:"last_event,omitempty"`
	Told       map[string][]byte            `json:"told,omitempty"` // what receivers remember, by receiver
	Partitions map[int]movedPartition       `json:"partitions,omitempty"`
	Parts      []string                     `json:"parts,omitempty"` // keys of those parts that change
}

// movedPartition is where the next owner reads on: from the first record that an
// unclosed pane holds.
type movedPartition struct {
	place
	TopicID string       `json:"topic_id,omitempty"`
	Whole   *window.Time `json:"whole,omitempty"`
	Partial *window.Time `json:"partial,omitempty"`
	Gap     bool         `json:"gap,omitempty"`
	Late    uint64       `json:"late"`
	Amended uint64       `json:"amended,omitempty"` // of the late ones
	Settled *window.Time `json:"settled,omitempty"`
	Counted int64        `json:"counted"` // records before it are in all counters
}

// readState reads what the store has of a monitor.
func readState(tx *store.Tx, m *monitor) (*movedState, error) {
	name := m.Spec.Name
	s := &movedState{
		Identity: string(tx.Monitor(name)), Closed: timeOrNil(m.windows.Closed()), Total: tx.WindowsTotal(name), Rules: tx.Rules(name),
		LastEvent: tx.LastEventID(), Told: monitorMemory(tx, name),
		References: map[string][]byte{}, Events: map[string][]json.RawMessage{}, Partitions: map[int]movedPartition{},
	}
	tx.Windows(name, window.None, window.Newest, func(_ window.Time, b []byte) bool { s.Window = b; return false })
	n := 0
	tx.Volumes(name, func(v store.Volume) bool {
		s.Volumes = appendVolume(s.Volumes, v)
		n++
		return n < historyKept || v.End > m.reach()
	})
	err := errors.Join(
		tx.References(name, func(kind string, b []byte) { s.References[kind] = b }),
		eachEvent(tx, name, func(receiver string, _ uint64, b []byte) { s.Events[receiver] = append(s.Events[receiver], b) }),
		tx.Partitions(func(stream string, id int, b []byte) error {
			if stream != m.Spec.Stream {
				return nil
			}
			var p partitionState
			if err := json.Unmarshal(b, &p); err != nil {
				return fmt.Errorf("read the state of partition %d of stream %q: %w", id, stream, err)
			}
			s.Partitions[id] = p.moved(name, s.Identity)
			return nil
		}))
	return s, err
}

// moved returns what moves with a monitor.
func (p *partitionState) moved(monitor, identity string) movedPartition {
	s, has := p.Monitors[monitor]
	if !has || s.Identity != identity { // it is new to the stream
		return movedPartition{place: place{p.Next, p.Watermark}, TopicID: p.TopicID, Gap: true, Counted: p.Next}
	}
	counted := max(p.Next, s.LateTo)
	if s.Skip != nil {
		counted = max(counted, s.Skip.Offset)
	}
	return movedPartition{
		place: s.Resume, TopicID: p.TopicID, Whole: s.Whole, Partial: s.Partial, Late: s.Late, Amended: s.Amended, Settled: s.Settled, Counted: counted,
		Gap: s.Gap || p.Gap && s.Resume.Offset == p.Next,
	}
}

// needs reports whether the next owner needs a closed pane: for windows and
// references that are to come, or since it will read again records that are in it.
func (s *movedState) needs(end window.Time, cuts []checks.Cut, reach window.Time) bool {
	for _, c := range cuts {
		if c.Next > s.Partitions[c.Partition].Offset {
			return true
		}
	}
	return end > reach
}

// install writes the state into the store, in place of what it has of the monitor.
func (s *movedState) install(tx *store.Tx, m *monitors.Monitor, parts map[part]ledgerPart) error {
	name := m.Spec.Name
	err := errors.Join(forget(tx, name), tx.PutMonitor(name, []byte(s.Identity)), s.installWindows(tx, name))
	for p, found := range parts {
		err = errors.Join(err, p.write(tx, name, found.value))
	}
	for _, end := range tx.LateEnds(name, window.None, window.Newest) {
		err = errors.Join(err, (&monitor{Monitor: m}).noteDue(tx, end))
	}
	if s.Rules != nil {
		err = errors.Join(err, tx.PutRules(name, s.Rules))
	}
	for kind, b := range s.References {
		err = errors.Join(err, tx.PutReference(name, kind, b))
	}
	// What receivers remember names events: those that follow have to be later.
	err = errors.Join(err, tx.SkipEventIDs(s.LastEvent))
	for receiver, b := range s.Told {
		err = errors.Join(err, tx.PutMeta(memoryKey(receiver, name), b))
	}
	for receiver, events := range s.Events {
		for _, b := range events {
			err = errors.Join(err, putMoved(tx, receiver, b))
		}
	}
	for id, p := range s.Partitions {
		err = errors.Join(err, p.install(tx, m, id, s.Identity))
	}
	return err
}

func (s *movedState) installWindows(tx *store.Tx, monitor string) error {
	for i, b := 0, s.Volumes; len(b) > 0; i++ {
		var v store.Volume
		var err error
		if v, b, err = readVolume(b); err != nil {
			return err
		}
		if i == 0 && s.Window != nil {
			err = errors.Join(tx.PutWindow(monitor, s.Window, v), putResult(tx, monitor, v.End, s.Window))
		} else {
			err = tx.PutVolume(monitor, v)
		}
		if err != nil {
			return err
		}
	}
	return tx.PutWindowsTotal(monitor, s.Total)
}

// putMoved adds an event that came from another process to a receiver's outbox.
func putMoved(tx *store.Tx, receiver string, b []byte) error {
	var e rules.Event
	if err := json.Unmarshal(b, &e); err != nil {
		return fmt.Errorf("read an event for %q: %w", receiver, err)
	}
	var err error
	if e.ID, err = tx.NextEventID(); err != nil {
		return err
	}
	if b, err = json.Marshal(e); err != nil {
		return err
	}
	return tx.PutEvent(receiver, e.ID, b)
}

// install makes a partition's state one that the monitor can go on from. Other
// monitors may have read the partition further: it is read again for this one,
// and they skip what they know.
func (p *movedPartition) install(tx *store.Tx, m *monitors.Monitor, id int, identity string) error {
	stream := m.Spec.Stream
	var s partitionState
	if b := tx.Partition(stream, id); b == nil {
		s = partitionState{Next: p.Offset, Watermark: p.Watermark, TopicID: p.TopicID, Counted: p.Counted, Monitors: map[string]monitorState{}}
	} else if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("read the state of partition %d of stream %q: %w", id, stream, err)
	}
	s.rewind(p.place)
	border := m.Windows().Sealed(orNone(p.Watermark))
	s.Monitors[m.Spec.Name] = monitorState{
		Identity: identity, Border: timeOrNil(border), Whole: p.Whole, Partial: p.Partial, Gap: p.Gap, Late: p.Late, LateTo: p.Counted,
		Amended: p.Amended, Settled: p.Settled, Skip: &p.place, Resume: p.place,
	}
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return tx.PutPartition(stream, id, b)
}

// rewind makes a partition be read from an earlier place.
func (p *partitionState) rewind(to place) {
	if to.Offset >= p.Next {
		return
	}
	for name, s := range p.Monitors {
		if s.Skip == nil || s.Skip.Offset < p.Next {
			s.Skip, s.Gap = &place{p.Next, p.Watermark}, s.Gap || p.Gap
			p.Monitors[name] = s
		}
	}
	p.Counted = max(p.Counted, p.Next)
	p.Next, p.Watermark, p.Gap = to.Offset, to.Watermark, false
}

// forget removes all that the store has of a monitor, for another process has it.
func forget(tx *store.Tx, monitor string) error {
	type event struct {
		receiver string
		id       uint64
	}
	var events []event
	err := eachEvent(tx, monitor, func(receiver string, id uint64, _ []byte) { events = append(events, event{receiver, id}) })
	for _, e := range events {
		err = errors.Join(err, tx.DropEvent(e.receiver, e.id))
	}
	return errors.Join(err, tx.DropMeta(epochKey(monitor)), forgetMemory(tx, monitor), tx.DropRules(monitor), tx.DropPanes(monitor, window.Newest),
		tx.ForgetMonitor(monitor), forgetPartitions(tx, monitor))
}

// forgetPartitions takes a monitor out of the states of partitions. Those that
// no monitor reads begin anew when one does.
func forgetPartitions(tx *store.Tx, monitor string) error {
	type partition struct {
		stream string
		id     int
	}
	states := map[partition]*partitionState{}
	err := tx.Partitions(func(stream string, id int, b []byte) error {
		var p partitionState
		if err := json.Unmarshal(b, &p); err != nil {
			return fmt.Errorf("read the state of partition %d of stream %q: %w", id, stream, err)
		}
		if _, has := p.Monitors[monitor]; has {
			delete(p.Monitors, monitor)
			states[partition{stream, id}] = &p
		}
		return nil
	})
	for at, p := range states {
		if len(p.Monitors) == 0 {
			err = errors.Join(err, tx.DropPartition(at.stream, at.id))
			continue
		}
		b, marshalErr := json.Marshal(p)
		err = errors.Join(err, marshalErr, tx.PutPartition(at.stream, at.id, b))
	}
	return err
}

// eachEvent calls fn for the events of a monitor that wait.
func eachEvent(tx *store.Tx, monitor string, fn func(receiver string, id uint64, b []byte)) error {
	receivers, err := tx.Receivers()
	for _, receiver := range receivers {
		tx.Events(receiver, func(id uint64, b []byte) bool {
			var e rules.Event
			if err = json.Unmarshal(b, &e); err != nil {
				err = fmt.Errorf("read event %d for %q: %w", id, receiver, err)
				return false
			}
			if e.Alert.Monitor == monitor {
				fn(receiver, id, b)
			}
			return true
		})
		if err != nil {
			return err
		}
	}
	return err
}

// appendVolume and readVolume write and read a volume in few bytes.
func appendVolume(b []byte, v store.Volume) []byte {
	b = binary.AppendVarint(b, int64(v.Start))
	b = binary.AppendVarint(b, int64(v.End-v.Start))
	b = binary.AppendUvarint(b, v.Rows)
	var flags byte
	if v.Partial {
		flags |= 1
	}
	if v.Drift {
		flags |= 2
	}
	return append(b, flags)
}

func readVolume(b []byte) (v store.Volume, rest []byte, err error) {
	start, n := binary.Varint(b)
	size, k := binary.Varint(b[max(0, n):])
	rows, l := binary.Uvarint(b[max(0, n)+max(0, k):])
	if n <= 0 || k <= 0 || l <= 0 || len(b) <= n+k+l {
		return v, nil, errors.New("read volumes: they are cut off")
	}
	flags := b[n+k+l]
	v = store.Volume{
		Start: window.Time(start), End: window.Time(start + size), Rows: rows, Partial: flags&1 != 0, Drift: flags&2 != 0,
	}
	return v, b[n+k+l+1:], nil
}
