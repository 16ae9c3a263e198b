package replay

import (
	"bufio"
	"encoding/json"
	"io"

	"driftwatch/internal/metrics"
	"driftwatch/internal/web"
	"driftwatch/monitors/checks"
)

// WriteJSON writes one document: windows in the form of the HTTP API, one for
// each segment, alerts and the summary.
func (r *Result) WriteJSON(w io.Writer) error {
	b := bufio.NewWriter(w)
	list := &list{w: b}
	b.WriteString(`{"windows":[`) // errors stay in b until it is flushed
	err := r.Windows(func(win *checks.Window) error {
		for i := range win.Segments {
			out := web.WindowOf(win, &win.Segments[i])
			out.Cut = win.Cut
			if err := list.add(out); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	alerts, err := r.Alerts()
	if err != nil {
		return err
	}
	list.any = false
	b.WriteString("\n],\"alerts\":[")
	for i := range alerts {
		if err := list.add(alerts[i]); err != nil {
			return err
		}
	}
	summary, err := r.Summary()
	if err != nil {
		return err
	}
	b.WriteString("\n],\"summary\":")
	if err := json.NewEncoder(b).Encode(summary); err != nil {
		return err
	}
	b.WriteString("}\n")
	return b.Flush()
}

// list writes the elements of a JSON array, one a line.
type list struct {
	w   *bufio.Writer
	any bool
}

func (l *list) add(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if l.any {
		l.w.WriteByte(',')
	}
	l.any = true
	l.w.WriteByte('\n')
	_, err = l.w.Write(b)
	return err
}

// WriteOpenMetrics writes what /metrics would have shown of each window, at its
// end.
func (r *Result) WriteOpenMetrics(w io.Writer) error {
	h := metrics.NewHistory()
	if err := r.Windows(h.Add); err != nil {
		return err
	}
	return h.Write(w)
}
