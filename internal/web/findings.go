package web

import (
	"cmp"
	"errors"
	"slices"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/digest"
	"driftwatch/monitors/window"
)

// findingsJSON is what people ask of a monitor first: what drifted in its newest
// window, where and since when, and whether it is the data or the pipeline.
type findingsJSON struct {
	Start    window.Time   `json:"start"`
	End      window.Time   `json:"end"`
	Fields   []findingJSON `json:"fields"` // those with drift or a broken limit, the worst first
	More     int           `json:"more"`   // fields beyond those
	Pipeline pipelineJSON  `json:"pipeline"`
	Verdict  cause         `json:"verdict"`
	Words    []string      `json:"words"` // all of it, in sentences
}

// findingJSON is one field that needs looking at.
type findingJSON struct {
	Field   string       `json:"field"`
	Segment string       `json:"segment"` // where it was found
	Verdict verdict      `json:"verdict"`
	Class   checks.Class `json:"class"` // of what was found: the form of the data, or its values
	Check   string       `json:"check"`
	Value   *float64     `json:"value,omitempty"`  // nil: it is redacted
	Mostly  string       `json:"mostly,omitempty"` // the segment that makes up most of it
	Since   window.Time  `json:"since"`            // start of the first window of the run that lasts
	Windows int          `json:"windows"`          // in that run
	Longer  bool         `json:"longer,omitempty"` // the run may be longer: no more windows were looked at

	kind   string // of the field
	effect float64
}

// cause is where what was found may come from.
type cause string

const (
	causeNone     cause = "nothing" // was found
	causeData     cause = "data"
	causePipeline cause = "pipeline"
	causeBoth     cause = "both"
)

// Fields that are told of, and windows that are looked at for how long it lasts.
const (
	toldFields  = 5
	toldWindows = 60
)

// findings returns nil before the first window.
func (h *handler) findings(s *snapshot.Snapshot, m *snapshot.Monitor) (*findingsJSON, error) {
	last := m.Last()
	if last == nil {
		return nil, nil
	}
	found := findIn(last)
	out := &findingsJSON{Start: last.Start, End: last.End, Fields: []findingJSON{}, Pipeline: pipelineOf(s, m, last)}
	out.More = max(0, len(found)-toldFields)
	out.Verdict = causeOf(found, &out.Pipeline)
	out.Fields = append(out.Fields, found[:len(found)-out.More]...)
	err := h.since(m, out.Fields)
	out.Words = out.words()
	return out, err
}

// findIn lists the fields of a window with drift or a broken limit: in the whole
// stream or, where that is steady, in the segment where it is worst.
func findIn(w *checks.Window) (out []findingJSON) {
	at := map[string]int{}
	for i := range w.Segments {
		sg := &w.Segments[i]
		for j := range sg.Fields {
			f, ok := findingOf(sg.Name, &sg.Fields[j])
			if !ok {
				continue
			}
			k, known := at[f.Field]
			switch {
			case !known:
				at[f.Field] = len(out)
				out = append(out, f)
			case out[k].Segment != "" && f.effect > out[k].effect:
				out[k] = f
			}
		}
	}
	slices.SortStableFunc(out, func(a, b findingJSON) int {
		return cmp.Or(cmp.Compare(min(1, len(a.Segment)), min(1, len(b.Segment))), cmp.Compare(a.Class, b.Class), a.Verdict.rank()-b.Verdict.rank(), cmp.Compare(b.effect, a.effect))
	})
	return out
}

// findingOf says what is wrong with a field, if anything is.
func findingOf(segment string, f *checks.Field) (_ findingJSON, found bool) {
	if verdictOf(f.Checks).rank() > violated.rank() {
		return findingJSON{}, false
	}
	name, class := reasonOf(f.Checks)
	r := f.Checks[name]
	out := findingJSON{Field: f.Name, Segment: segment, Verdict: verdictOfResult(r), Class: class, Check: name, kind: f.Type, effect: effect(r)}
	if r.Skipped == "" {
		out.Value = &r.Value
	}
	if f.ExplainedBy != nil {
		out.Mostly = f.ExplainedBy.Segment
	}
	return out, true
}

// reasonOf returns the check that says best what happened to a field: one of its form
// if there is one, since what else is found in data of the wrong form means little.
func reasonOf(results map[string]checks.Result) (string, checks.Class) {
	for _, name := range names(results) {
		if classOf(name) == checks.ClassSchema && verdictOfResult(results[name]).rank() <= violated.rank() {
			return name, checks.ClassSchema
		}
	}
	name := telling(results)
	return name, classOf(name)
}

// classOf returns the class of a check by the name of its result.
func classOf(name string) checks.Class {
	c, _ := checks.Find(checks.BaseName(name))
	return cmp.Or(c.Class, checks.ClassValues)
}

// since finds for how long each finding lasts, from the digests of the windows
// before: nulls that are new are not as old as a drift of the values before them.
// Windows in which the field was not judged do not end a run.
func (h *handler) since(m *snapshot.Monitor, fields []findingJSON) error {
	open := map[string][]*findingJSON{} // by segment
	for i := range fields {
		open[fields[i].Segment] = append(open[fields[i].Segment], &fields[i])
	}
	reader := digest.Reader{Redact: m.Redaction}
	looked := 0
	var failed error
	err := h.o.History.Digests(m.Name, window.None, window.Newest, func(d []byte) bool {
		looked++
		for segment, list := range open {
			worst := map[*findingJSON]digest.Verdict{}
			var w digest.Window
			if w, failed = reader.Read(d, segment, "", func(c digest.Cell) {
				for _, f := range list {
					if f.Field == c.Field && f.Class == classOf(c.Check) {
						worst[f] = max(worst[f], c.Verdict)
					}
				}
			}); failed != nil {
				return false
			}
			if open[segment] = slices.DeleteFunc(list, func(f *findingJSON) bool { return !f.lasts(w, worst[f]) }); len(open[segment]) == 0 {
				delete(open, segment)
			}
		}
		return len(open) > 0 && looked < toldWindows
	})
	for _, list := range open {
		for _, f := range list {
			f.Longer = looked == toldWindows
		}
	}
	return errors.Join(err, failed)
}

// lasts adds a window to the run, unless it ends before that.
func (f *findingJSON) lasts(w digest.Window, v digest.Verdict) bool {
	switch v {
	case digest.Drift, digest.Violation:
		f.Since = w.Start
		f.Windows++
		return true
	case digest.Unknown:
		return true
	}
	return false
}
