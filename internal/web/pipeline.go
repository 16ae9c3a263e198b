package web

import (
	"driftwatch/internal/snapshot"
	"driftwatch/monitors/checks"
)

// pipelineJSON is what is known of the way that a window's records took.
type pipelineJSON struct {
	Rows    uint64   `json:"rows"`                  // of the window
	Usual   []string `json:"usual"`                 // checks of the window as a whole that found nothing
	Unusual []string `json:"unusual"`               // those that found something
	Partial bool     `json:"partial,omitempty"`     // the window lacks records
	Bad     int      `json:"bad_records_of_window"` // of the newest that could not be used, those that were read for it
	Errors  uint64   `json:"bad_records"`
	Late    uint64   `json:"late_records"`
	Lost    uint64   `json:"lost_records"`
	Lag     int64    `json:"lag_records"`
	Problem string   `json:"problem,omitempty"` // what keeps the stream from being read
}

func pipelineOf(s *snapshot.Snapshot, m *snapshot.Monitor, w *checks.Window) pipelineJSON {
	out := pipelineJSON{Rows: w.Whole().Rows, Usual: []string{}, Unusual: []string{}, Partial: w.Partial, Bad: len(samplesOf(s, m, w)), Late: m.Late}
	whole := w.Whole().Checks
	for _, name := range names(whole) {
		switch verdictOfResult(whole[name]) {
		case drifted, violated:
			out.Unusual = append(out.Unusual, name)
		case steady:
			out.Usual = append(out.Usual, name)
		}
	}
	for i := range s.Streams {
		if st := &s.Streams[i]; st.Name == m.Stream {
			out.Lost, out.Problem = st.Lost, st.Problem
			for _, n := range st.Errors {
				out.Errors += n
			}
			for _, p := range st.Partitions {
				out.Lag += p.Lag()
			}
		}
	}
	return out
}

// wrong reports whether something is not as it should be on the way of the window's
// records.
func (p *pipelineJSON) wrong() bool {
	return p.Problem != "" || p.Partial || p.Bad > 0 || len(p.Unusual) > 0
}

// causeOf tells what points at the data from what points at the pipeline: values
// that are missing or of the wrong form do, other values do not.
func causeOf(found []findingJSON, p *pipelineJSON) cause {
	values, form := false, p.wrong()
	for i := range found {
		if found[i].Class == checks.ClassSchema {
			form = true
		} else {
			values = true
		}
	}
	switch {
	case values && form:
		return causeBoth
	case values:
		return causeData
	case form:
		return causePipeline
	}
	return causeNone
}
