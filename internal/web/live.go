package web

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"time"

	"driftwatch/internal/snapshot"
)

const (
	// lookEvery is how often a stream of events looks at the snapshot.
	lookEvery = time.Second
	// eventTimeout is how long a client may take to receive one.
	eventTimeout = 30 * time.Second
	// keepAlive is how long a stream may be silent.
	keepAlive = 15 * time.Second
)

// apiEvents sends an event `change` whenever what pages show has changed, `progress`
// with how far the open windows are, of each monitor that moved, and `alive` after a
// time without news: a client that wakes up from sleep cannot tell else that its
// connection is gone.
func (h *handler) apiEvents(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	last := newLook(h.o.Snapshot())
	event := func(name string, data any) error {
		b, err := json.Marshal(data)
		if err != nil {
			return err
		}
		return push(w, out, fmt.Sprintf("event: %s\ndata: %s\n\n", name, b))
	}
	if event("progress", last.progress) != nil {
		return
	}
	for silent := time.Duration(0); ; silent += lookEvery {
		select {
		case <-r.Context().Done():
			return
		case <-h.ended:
			return
		case <-tick.C:
		}
		now := newLook(h.o.Snapshot())
		moved := now.since(last)
		var err error
		switch {
		case now.version != last.version:
			err, silent = event("change", now.version), 0
		case len(moved) > 0:
			err, silent = event("progress", moved), 0
		case silent >= keepAlive:
			err, silent = event("alive", keepAlive.Seconds()), 0
		}
		if err != nil {
			return
		}
		last = now
	}
}

func push(w io.Writer, out *http.ResponseController, text string) error {
	if err := out.SetWriteDeadline(time.Now().Add(eventTimeout)); err != nil {
		return err
	}
	if _, err := io.WriteString(w, text); err != nil {
		return err
	}
	return out.Flush()
}

// look is what a stream of events knows of a snapshot.
type look struct {
	version  string
	progress map[string]int // of each monitor, in percent
}

// newLook leaves out of the version what changes all the time.
func newLook(s *snapshot.Snapshot) look {
	l := look{progress: map[string]int{}}
	hash := fnv.New64a()
	note := func(v ...any) { _, _ = fmt.Fprintln(hash, v...) }
	note(problems(s), s.Revision, s.Reload.At, s.Reload.Error, len(s.Rules))
	for i := range s.Monitors {
		m := &s.Monitors[i]
		note(m.Name, m.WindowsTotal, m.Reference)
		if last := m.Last(); last != nil {
			note(last.End, last.Revision)
		}
		if m.Open != nil {
			l.progress[m.Name] = int(100 * m.Open.Progress())
		}
	}
	for i := range s.Notified {
		note(s.Notified[i].Quiet)
	}
	for i := range s.Alerts {
		note(s.Alerts[i].Fingerprint, s.Alerts[i].State, s.Alerts[i].Since)
	}
	l.version = fmt.Sprintf("%016x", hash.Sum64())
	return l
}

// since returns what moved after an earlier look.
func (l look) since(before look) map[string]int {
	moved := map[string]int{}
	for name, p := range l.progress {
		if old, ok := before.progress[name]; !ok || old != p {
			moved[name] = p
		}
	}
	return moved
}
