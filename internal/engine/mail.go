package engine

import (
	"sync"
	"time"

	"driftwatch/monitors/window"
)

// A letter is what the sequencer tells a worker. Letters never block the
// sender, so that the two cannot wait for each other.
type letter struct {
	kind    letterKind
	monitor int
	end     window.Time
}

type letterKind uint8

const (
	letterClosed     letterKind = iota // windows of the monitor up to end are closed
	letterSeal                         // if idle, seal the monitor's windows up to end
	letterCheckpoint                   // report a checkpoint
	letterHorizon                      // the horizon moved
)

type mailbox struct {
	wake    chan struct{} // holds one token while there may be letters
	mu      sync.Mutex
	letters []letter
}

func newMailbox() *mailbox { return &mailbox{wake: make(chan struct{}, 1)} }

func (m *mailbox) post(l letter) {
	m.mu.Lock()
	m.letters = append(m.letters, l)
	m.mu.Unlock()
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

func (m *mailbox) take() []letter {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.letters
	m.letters = nil
	return l
}

func (w *worker) readMail() {
	checkpoint := false
	for _, l := range w.mail.take() {
		switch l.kind {
		case letterClosed:
			w.dropClosed(w.tracks[l.monitor], l.end)
		case letterSeal:
			w.sealIdle(l.monitor, l.end)
		case letterCheckpoint:
			checkpoint = w.state.Next != unresolved // one, however often it was asked for
		case letterHorizon:
		}
	}
	if checkpoint {
		w.send(w.checkpoint(), false)
	}
}

func (w *worker) dropClosed(k *track, end window.Time) {
	k.tracker.CloseThrough(end)
	for e := range k.panes {
		if e <= end {
			delete(k.panes, e)
		}
	}
}

// sealIdle seals windows without waiting for the watermark, if the partition
// is still idle: what it brings for them later is late.
func (w *worker) sealIdle(monitor int, end window.Time) {
	k := w.tracks[monitor]
	if !w.atEnd || !w.answered.idle(time.Now(), w.quiet, k.monitor.Spec.Window.Idle) {
		return
	}
	before := k.tracker.Border()
	if k.tracker.SealThrough(end) {
		w.sealBetween(monitor, before, w.state.Next, true)
		w.send(nil, false)
	}
}
