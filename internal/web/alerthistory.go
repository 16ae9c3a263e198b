package web

import (
	"cmp"
	"net/http"
	"slices"

	past "driftwatch/internal/history"
	"driftwatch/monitors/window"
)

// changeJSON is how an alert changed.
type changeJSON struct {
	At    window.Time `json:"at"`    // event time
	Found window.Time `json:"found"` // of the clock
	past.Alert
}

// apiAlertHistory lists how the alerts of a monitor, or of all, changed.
func (h *handler) apiAlertHistory(w http.ResponseWriter, r *http.Request) {
	s := h.o.Snapshot()
	q, err := readQuery(r)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	var names []string
	if name := r.URL.Query().Get("monitor"); name != "" {
		if _, err := find(s, name); err != nil {
			fail(w, http.StatusNotFound, err)
			return
		}
		names = []string{name}
	} else {
		for i := range s.Monitors {
			names = append(names, s.Monitors[i].Name)
		}
	}
	out := []changeJSON{}
	for _, name := range names {
		entries, err := h.o.History.Alerts(name, q.from, q.to, q.limit+1)
		if err != nil {
			h.unreadable(w, name, err)
			return
		}
		for _, e := range entries {
			out = append(out, changeJSON{e.End, e.At, *e.Alert})
		}
	}
	slices.SortStableFunc(out, func(a, b changeJSON) int { return cmp.Or(cmp.Compare(b.At, a.At), cmp.Compare(b.Found, a.Found)) })
	reply(w, struct {
		Alerts []changeJSON `json:"alerts"`
		More   bool         `json:"more"` // there are older ones in the range
	}{out[:min(q.limit, len(out))], len(out) > q.limit})
}
