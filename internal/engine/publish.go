package engine

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"driftwatch/internal/snapshot"
	"driftwatch/internal/yamlx"
	"driftwatch/monitors"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// publish shows the present state.
func (s *sequencer) publish() {
	now := time.Now()
	v := &snapshot.Snapshot{Ready: s.engine.ready.Load() && s.problem == "", Reason: s.problem, Outbox: s.outbox.waiting()}
	v.Store = s.storeSnapshot()
	if !s.engine.ready.Load() {
		v.Reason = "partitions are not assigned yet"
	}
	for _, m := range s.monitors {
		shown := m.snapshot()
		shown.Open = m.open(now)
		v.Monitors = append(v.Monitors, shown)
		v.Alerts = append(v.Alerts, m.state.Alerts()...)
	}
	slices.SortStableFunc(v.Alerts, byState)
	for _, a := range slices.Backward(s.resolved) {
		v.Alerts = append(v.Alerts, a)
	}
	for _, st := range s.streams {
		v.Streams = append(v.Streams, s.streamSnapshot(st, now))
	}
	slices.SortFunc(v.Streams, func(a, b snapshot.Stream) int { return strings.Compare(a.Name, b.Name) })
	s.opts.Describe(v)
	s.shown = v
	s.opts.Publish(v)
	// Whoever reads the outbox finds the alerts as they are after its events.
	if s.untold {
		s.untold = false
		s.outbox.signal()
	}
}

func (s *sequencer) storeSnapshot() snapshot.Store {
	v := snapshot.Store{Fault: s.problem, Failures: s.failures}
	if u, err := s.opts.Store.Usage(); err == nil { // one that cannot be asked shows elsewhere
		v.Bytes, v.Free = u.Bytes, u.Free
	}
	return v
}

// byState puts firing alerts before pending ones.
func byState(a, b rules.Alert) int { return strings.Compare(a.State, b.State) }

func (m *monitor) snapshot() snapshot.Monitor {
	v := snapshot.Monitor{
		Name: m.Spec.Name, Stream: m.Spec.Stream, Fields: len(m.Spec.Fields), WindowSize: m.Spec.Window.Size, Window: m.Spec.Window.String(),
		WindowsTotal: m.total, Unrevised: m.unrevised, MaxSeries: m.Spec.MaxSeries, Windows: m.public(),
		Redaction: m.Spec.Redaction(), Evaluations: m.evaluations,
	}
	v.Newest = m.newest(v.Windows)
	v.ComparedWith, v.Reference = inWords(&m.Spec.Reference), m.referenceHash()
	if m.pin != nil {
		v.Pinned = &snapshot.Pinned{Window: m.pin.Window, Reference: m.pin.baseline.Hash}
	}
	gone := m.stream.gone.monitors[m.index]
	v.Late, v.Amended = gone.late, gone.amended
	if m.stream.before != nil && m.before != nil {
		v.Late, v.Amended = m.before.Late, m.before.Amended
	}
	for _, p := range m.stream.parts {
		if p.last != nil {
			v.Late += p.last.monitors[m.index].late
			v.Amended += p.last.monitors[m.index].amended
		}
	}
	return v
}

// open returns the pane that closes next, or nil where no record has come for one.
func (m *monitor) open(now time.Time) *snapshot.Open {
	end := m.earliest()
	if end == window.Newest {
		return nil
	}
	windows := m.Windows()
	return &snapshot.Open{
		Start: windows.Start(end - 1), End: end, Closes: end.Add(windows.Lateness),
		Watermark: m.slowest(now),
	}
}

// inWords says what windows are compared with; "" for nothing.
func inWords(r *monitors.Reference) string {
	switch {
	case r.IsZero():
		return ""
	case r.File != "":
		return "file " + filepath.Base(r.File)
	case r.SkipDrift:
		return "trailing " + yamlx.FormatDuration(r.Trailing) + " without drift"
	case r.Trailing > 0:
		return "trailing " + yamlx.FormatDuration(r.Trailing)
	case r.Offset > 0:
		return "offset " + yamlx.FormatDuration(r.Offset)
	case r.First > 0:
		return fmt.Sprintf("first %d windows", r.First)
	}
	var values []string
	for _, c := range r.Segment {
		values = append(values, c.Field+"="+c.Value)
	}
	return "segment " + strings.Join(values, ",")
}

// referenceHash is that of the pinned window or of the file, else of what the
// newest window was compared with.
func (m *monitor) referenceHash() string {
	switch {
	case m.pin != nil:
		return m.pin.baseline.Hash
	case m.Reference != nil:
		return m.Reference.Hash
	case len(m.recent) > 0 && !m.Spec.Reference.IsZero():
		return m.recent[len(m.recent)-1].Reference
	}
	return ""
}

func (s *sequencer) streamSnapshot(st *stream, now time.Time) snapshot.Stream {
	v := snapshot.Stream{
		Name: st.plan.Stream.Name, Topic: st.plan.Stream.Topic, Errors: map[string]uint64{},
		Records: st.gone.records, Bytes: st.gone.bytes, Lost: st.gone.lost,
		Samples: slices.Clone(st.samples), Problem: s.opts.Source.Problem(st.plan.Stream.Topic),
	}
	maps.Copy(v.Errors, st.gone.errors)
	if b := st.before; b != nil {
		v.Records, v.Bytes, v.Lost, v.Errors = b.Records, b.Bytes, b.Lost, maps.Clone(b.Errors)
	}
	idle := st.idleAfter(s.monitors)
	for _, p := range st.parts {
		if p.last == nil {
			v.Partitions = append(v.Partitions, snapshot.Partition{
				ID: p.worker.partition.ID, Watermark: window.None, Newest: window.None,
			})
			continue
		}
		v.Records += p.last.records
		v.Bytes += p.last.bytes
		v.Lost += p.last.lost
		for reason, n := range p.last.errors {
			v.Errors[reason] += n
		}
		view := p.last.partition
		view.Idle = p.last.idle(now, idle)
		v.Partitions = append(v.Partitions, view)
	}
	return v
}

// idleAfter is the shortest idle time of the stream's monitors.
func (st *stream) idleAfter(ms []*monitor) time.Duration {
	idle := time.Duration(1<<63 - 1)
	for _, m := range ms {
		if m.stream == st {
			idle = min(idle, m.Spec.Window.Idle)
		}
	}
	return idle
}
