package web

import (
	"time"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/digest"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// The states of a monitor.
const (
	stateFiring  = "firing"
	statePending = "pending"
	stateWaiting = "waiting" // for its first window
	stateOK      = "ok"
)

type monitorJSON struct {
	Name         string       `json:"name"`
	Stream       string       `json:"stream"`
	State        string       `json:"state"`
	Fields       int          `json:"fields"`
	WindowSize   float64      `json:"window_seconds,omitempty"` // not of windows that count rows
	Window       string       `json:"window"`
	ComparedWith string       `json:"reference,omitempty"` // in words
	Reference    string       `json:"reference_hash,omitempty"`
	Pinned       *pinnedJSON  `json:"pinned,omitempty"`
	WindowsTotal uint64       `json:"windows_total"`
	Late         uint64       `json:"late_records"`
	Amended      uint64       `json:"amended_records,omitempty"`
	Unrevised    uint64       `json:"unrevised_windows,omitempty"`
	LeftOut      int          `json:"series_left_out,omitempty"` // of /metrics
	Firing       int          `json:"alerts_firing"`
	Pending      int          `json:"alerts_pending"`
	Segments     []string     `json:"segments"` // of the newest window
	Last         *summaryJSON `json:"last_window,omitempty"`
	WorstSegment *worstJSON   `json:"worst_segment,omitempty"` // where the whole stream is steady
	Open         *openJSON    `json:"open_window,omitempty"`

	Recent   []summaryJSON `json:"recent_windows"`     // oldest first
	Findings *findingsJSON `json:"findings,omitempty"` // only where one monitor is asked for
}

// openJSON is the pane that closes next.
type openJSON struct {
	Start     window.Time  `json:"start"`
	End       window.Time  `json:"end"`
	Closes    window.Time  `json:"closes"` // where the watermark has to be
	Watermark *window.Time `json:"watermark,omitempty"`
	Progress  float64      `json:"progress"` // of the watermark, in [0, 1]
}

// pinnedJSON is a window that takes the place of the configured reference.
type pinnedJSON struct {
	Window    window.Time `json:"window"`
	Reference string      `json:"reference_hash"`
}

// summaryJSON is a window in one line.
type summaryJSON struct {
	Start     window.Time `json:"start"`
	End       window.Time `json:"end"`
	Rows      uint64      `json:"rows"`
	Revision  int         `json:"revision"`
	Partial   bool        `json:"partial,omitempty"`
	Verdict   verdict     `json:"verdict"` // the worst of all
	Drifted   int         `json:"fields_drifted"`
	Violating int         `json:"fields_violating"` // a limit that the user wrote
	Worst     *worstJSON  `json:"worst_field,omitempty"`
}

// worstJSON is the field of a window that most needs looking at.
type worstJSON struct {
	Segment string        `json:"segment,omitempty"`
	Field   string        `json:"field"`
	Check   string        `json:"check"`
	Verdict verdict       `json:"verdict"`
	Result  checks.Result `json:"result"`
}

// monitorOf describes a monitor, and its newest windows for one of their segments.
func monitorOf(s *snapshot.Snapshot, m *snapshot.Monitor, of string) monitorJSON {
	out := monitorJSON{
		Name: m.Name, Stream: m.Stream, State: stateOK, Fields: m.Fields, WindowSize: m.WindowSize.Seconds(), Window: m.Window,
		ComparedWith: m.ComparedWith, Reference: m.Reference, WindowsTotal: m.WindowsTotal, Late: m.Late, Amended: m.Amended, Unrevised: m.Unrevised, LeftOut: m.LeftOut, Segments: []string{}, Recent: []summaryJSON{},
	}
	if p := m.Pinned; p != nil {
		out.Pinned = &pinnedJSON{p.Window, p.Reference}
	}
	for i := range s.Alerts {
		switch a := &s.Alerts[i]; {
		case a.Monitor != m.Name:
		case a.State == rules.Firing:
			out.Firing++
		case a.State == rules.Pending:
			out.Pending++
		}
	}
	if o := m.Open; o != nil {
		out.Open = &openJSON{o.Start, o.End, o.Closes, known(o.Watermark), o.Progress()}
	}
	last := m.Last()
	switch {
	case out.Firing > 0:
		out.State = stateFiring
	case out.Pending > 0:
		out.State = statePending
	case last == nil:
		out.State = stateWaiting
	}
	for _, w := range m.Windows {
		if sg := segment(w, of); sg != nil {
			out.Recent = append(out.Recent, *summaryOf(w, sg))
		}
	}
	if last != nil {
		out.Last = summaryOf(last, last.Whole())
		for i := range last.Segments {
			out.Segments = append(out.Segments, last.Segments[i].Name)
		}
		if out.Last.Worst == nil {
			out.WorstSegment = worstSegment(last)
		}
	}
	return out
}

// worstSegment returns what needs looking at in the segments of a window.
func worstSegment(w *checks.Window) (worst *worstJSON) {
	for i := range w.Segments {
		sg := &w.Segments[i]
		for j := range sg.Fields {
			if next := worse(worst, &sg.Fields[j]); next != worst {
				worst, next.Segment = next, sg.Name
			}
		}
	}
	return worst
}

func summaryOf(w *checks.Window, sg *checks.Segment) *summaryJSON {
	out := &summaryJSON{Start: w.Start, End: w.End, Rows: sg.Rows, Revision: w.Revision, Partial: w.Partial}
	worst := worstOf(sg.Checks)
	for i := range sg.Fields {
		v := worstOf(sg.Fields[i].Checks)
		switch worst = max(worst, v); v {
		case digest.Drift:
			out.Drifted++
		case digest.Violation:
			out.Violating++
		}
		if v > digest.Steady { // others cannot be it, and most are others
			out.Worst = worse(out.Worst, &sg.Fields[i])
		}
	}
	out.Verdict = wordOf(worst)
	return out
}

// worse returns the worse of a field and the worst so far. Of the same verdict it is
// the greater effect.
func worse(worst *worstJSON, f *checks.Field) *worstJSON {
	name := telling(f.Checks)
	r := f.Checks[name]
	v := verdictOfResult(r)
	if name == "" || v.rank() >= steady.rank() {
		return worst
	}
	if worst != nil && (v.rank() > worst.Verdict.rank() || v == worst.Verdict && effect(r) <= effect(worst.Result)) {
		return worst
	}
	return &worstJSON{Field: f.Name, Check: name, Verdict: v, Result: r}
}

func effect(r checks.Result) float64 {
	if r.Effect != nil {
		return *r.Effect
	}
	return 0
}

// Window is one segment of a window, in the form that compare writes.
type Window struct {
	Monitor   string                   `json:"monitor"`
	Start     window.Time              `json:"start"`
	End       window.Time              `json:"end"`
	Segment   string                   `json:"segment"`
	Rows      uint64                   `json:"rows"`
	Revision  int                      `json:"revision"`
	Partial   bool                     `json:"partial,omitempty"`
	Hash      string                   `json:"reference_hash,omitempty"`
	Reference *rowsJSON                `json:"reference,omitempty"`
	Current   rowsJSON                 `json:"current"`
	Checks    map[string]checks.Result `json:"checks"`
	Fields    []checks.Field           `json:"fields"`
	Unknown   []string                 `json:"unknown_fields,omitempty"`
	Cut       []checks.Cut             `json:"cut,omitempty"`
	Amended   []checks.Cut             `json:"amended,omitempty"`
}

type rowsJSON struct {
	Rows uint64 `json:"rows"`
}

// WindowOf returns the segment sg of w in that form, without the cut.
func WindowOf(w *checks.Window, sg *checks.Segment) Window {
	out := Window{
		Monitor: w.Monitor, Start: w.Start, End: w.End, Segment: sg.Name, Rows: sg.Rows, Revision: w.Revision,
		Partial: w.Partial, Hash: w.Reference, Current: rowsJSON{sg.Rows}, Checks: sg.Checks,
		Fields: list(sg.Fields), Unknown: sg.Unknown,
	}
	if out.Checks == nil {
		out.Checks = map[string]checks.Result{}
	}
	for i := range sg.Fields {
		if r := sg.Fields[i].Reference; r != nil {
			out.Reference = &rowsJSON{r.Rows}
			break
		}
	}
	return out
}

type statusJSON struct {
	Ready     bool           `json:"ready"`
	Reason    string         `json:"reason,omitempty"`
	Revision  string         `json:"rules_revision"`
	Outbox    int            `json:"outbox_events"`
	Group     *groupJSON     `json:"group,omitempty"`
	Reload    reloadJSON     `json:"config_reload"`
	Streams   []streamJSON   `json:"streams"`
	Receivers []receiverJSON `json:"receivers"`
	Store     storeJSON      `json:"store"`
	Memory    memoryJSON     `json:"memory"`
}

type storeJSON struct {
	Bytes    int64  `json:"bytes"`
	Free     int64  `json:"free_bytes"`
	Failures uint64 `json:"write_failures"`
	Fault    string `json:"fault,omitempty"`
}

type memoryJSON struct {
	Live     int64 `json:"live_heap_bytes"`
	Estimate int64 `json:"estimate_bytes"` // that open windows can take at most
	Limit    int64 `json:"limit_bytes"`
}

type groupJSON struct {
	Name      string   `json:"name"`
	Elsewhere []string `json:"elsewhere"` // monitors that other processes have
}

type reloadJSON struct {
	OK      bool       `json:"successful"`
	At      *time.Time `json:"last_success,omitempty"`
	Files   []string   `json:"files"` // of the last success
	Flaws   []string   `json:"flaws"` // that were found in them
	Refused *time.Time `json:"refused,omitempty"`
	Error   string     `json:"error,omitempty"`
}

type streamJSON struct {
	Name       string            `json:"name"`
	Topic      string            `json:"topic"`
	Problem    string            `json:"problem,omitempty"`
	Records    uint64            `json:"records"`
	Bytes      uint64            `json:"bytes"`
	Lost       uint64            `json:"lost_records"`
	Lag        int64             `json:"lag_records"`
	Errors     map[string]uint64 `json:"errors"` // by reason
	Partitions []partitionJSON   `json:"partitions"`
	Samples    []sampleJSON      `json:"samples"` // of records with errors, newest last
}

// sampleJSON has the record's time as a window.Time, which can write any year.
type sampleJSON struct {
	snapshot.Sample
	Timestamp window.Time `json:"timestamp"`
}

type partitionJSON struct {
	ID        int          `json:"partition"`
	Next      int64        `json:"next"`
	End       int64        `json:"end"`
	Lag       int64        `json:"lag_records"`
	Watermark *window.Time `json:"watermark,omitempty"`
	Newest    *window.Time `json:"newest,omitempty"`
	Idle      bool         `json:"idle"`
}

type receiverJSON struct {
	Name       string            `json:"name"`
	Sent       uint64            `json:"sent"`
	Failures   map[string]uint64 `json:"failures"` // attempts, by reason
	Superseded uint64            `json:"superseded"`
	Suppressed uint64            `json:"suppressed"`
	Dropped    uint64            `json:"dropped"`
	Problem    string            `json:"problem,omitempty"`
	NoPictures string            `json:"no_pictures,omitempty"` // why messages lack their pictures
}

func statusOf(s *snapshot.Snapshot) statusJSON {
	out := statusJSON{
		Ready: s.Ready, Reason: s.Reason, Revision: s.Revision, Outbox: s.Outbox,
		Reload: reloadOf(s.Reload), Streams: []streamJSON{}, Receivers: []receiverJSON{},
		Store:  storeJSON{s.Store.Bytes, s.Store.Free, s.Store.Failures, s.Store.Fault},
		Memory: memoryJSON{int64(s.Memory.Live), s.Memory.Estimate, s.Memory.Limit},
	}
	if g := s.Group; g != nil {
		out.Group = &groupJSON{g.Name, append([]string{}, g.Elsewhere...)}
	}
	for i := range s.Streams {
		out.Streams = append(out.Streams, streamOf(&s.Streams[i]))
	}
	for _, r := range s.Notified {
		out.Receivers = append(out.Receivers, receiverJSON{
			Name: r.Name, Sent: r.Sent, Failures: counts(r.Failures),
			Superseded: r.Superseded, Suppressed: r.Suppressed, Dropped: r.Dropped, Problem: r.Problem, NoPictures: r.NoPictures,
		})
	}
	return out
}

func reloadOf(r snapshot.Reload) reloadJSON {
	return reloadJSON{OK: r.OK, At: instant(r.At), Files: list(r.Files), Flaws: list(r.Flaws), Refused: instant(r.Refused), Error: r.Error}
}

// instant returns nil for a time that is not known.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func streamOf(s *snapshot.Stream) streamJSON {
	out := streamJSON{
		Name: s.Name, Topic: s.Topic, Problem: s.Problem, Records: s.Records, Bytes: s.Bytes, Lost: s.Lost,
		Errors: counts(s.Errors), Partitions: []partitionJSON{}, Samples: []sampleJSON{},
	}
	for _, r := range s.Samples {
		out.Samples = append(out.Samples, sampleJSON{r, window.FromTime(r.Timestamp)})
	}
	for _, p := range s.Partitions {
		out.Lag += p.Lag()
		out.Partitions = append(out.Partitions, partitionJSON{
			ID: p.ID, Next: p.Next, End: p.End, Lag: p.Lag(), Idle: p.Idle,
			Watermark: known(p.Watermark), Newest: known(p.Newest),
		})
	}
	return out
}

// known returns nil for the time before the first record, which has no text.
func known(t window.Time) *window.Time {
	if t == window.None {
		return nil
	}
	return &t
}

func counts(m map[string]uint64) map[string]uint64 {
	if m == nil {
		return map[string]uint64{}
	}
	return m
}
