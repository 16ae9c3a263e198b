package engine

import (
	"slices"
	"time"

	"driftwatch/monitors/window"
)

// idle reports whether windows of the monitor do not wait for a partition.
func (m *monitor) idle(p *partition, now time.Time) bool {
	return m.silent(p, now) && (p.last.final || now.Sub(m.woke) >= m.Spec.Window.Idle)
}

// silent reports whether a partition has had nothing new for the monitor's idle
// time.
func (m *monitor) silent(p *partition, now time.Time) bool {
	return p.last != nil && p.last.idle(now, m.Spec.Window.Idle)
}

// wake notes which monitors' partitions were all silent when records came at a
// time. That the others were silent then says nothing about them: of a batch after a
// long silence one partition is read first, and what the others have of it must
// not be late. So they are waited for anew.
func (st *stream) wake(at time.Time) {
	for _, m := range st.monitors {
		if !slices.ContainsFunc(st.parts, func(p *partition) bool { return !m.silent(p, at) }) {
			m.woke = at
		}
	}
}

// slowest returns the least watermark of the partitions that windows wait for, or
// of all where they wait for none. A partition without a watermark counts as being where
// the stream began.
func (m *monitor) slowest(now time.Time) window.Time {
	busy, all := window.Newest, window.Newest
	for _, p := range m.stream.parts {
		at := m.stream.first
		if p.last != nil && p.last.partition.Watermark != window.None {
			at = p.last.partition.Watermark
		}
		all = min(all, at)
		if !m.idle(p, now) {
			busy = min(busy, at)
		}
	}
	switch {
	case busy != window.Newest:
		return busy
	case all != window.Newest:
		return all
	}
	return window.None
}
