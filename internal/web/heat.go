package web

import (
	"slices"
	"strings"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/digest"
	"driftwatch/monitors/window"
)

// heatMap is what one check, or the worst of all, says of each field in many
// windows. It is made of digests: whole results would take seconds to read.
type heatMap struct {
	windows []digest.Window // oldest first
	fields  []heatField
	more    bool // there are older windows
}

type heatField struct {
	name  string
	cells []digest.Cell // of each window; without a check where the window has none
	ranks []int         // of the cells' checks, while the map is made
	worst digest.Verdict
	bad   int // windows with drift or a broken limit
}

// readHeat reads the newest n windows of a monitor that end at or before to. Fields
// are in the order of their newest window, those that need looking at first.
func (h *handler) readHeat(m *snapshot.Monitor, segment, check string, to window.Time, n int) (*heatMap, error) {
	b := heatBuilder{at: map[string]int{}, check: check, wanted: n}
	reader := digest.Reader{Redact: m.Redaction}
	var failed error
	err := h.o.History.Digests(m.Name, window.None, to, func(d []byte) bool {
		if len(b.windows) == n {
			b.more = true
			return false
		}
		b.begin()
		w, err := reader.Read(d, segment, check, b.add)
		if b.windows = append(b.windows, w); err != nil {
			failed = err
		}
		return failed == nil
	})
	if failed != nil {
		err = failed
	}
	return b.finish(), err
}

// heatBuilder collects cells, newest window first.
type heatBuilder struct {
	heatMap
	at     map[string]int // field -> its place
	check  string         // "": the worst of all
	wanted int
	last   int    // place of the newest cell: the next one mostly follows it
	name   string // of the check that cells are of
	rank   int    // of that check
}

func (b *heatBuilder) begin() { b.last, b.name, b.rank = -1, "", 0 }

func (b *heatBuilder) add(c digest.Cell) {
	if c.Field == "" {
		return
	}
	if c.Check != b.name {
		b.name, b.rank, b.last = c.Check, rankOf(c.Check), -1
	}
	at := b.last + 1
	if at >= len(b.fields) || b.fields[at].name != c.Field {
		var known bool
		if at, known = b.at[c.Field]; !known {
			at = len(b.fields)
			b.at[c.Field] = at
			b.fields = append(b.fields, heatField{name: c.Field, cells: make([]digest.Cell, b.wanted), ranks: make([]int, b.wanted)})
		}
	}
	b.last = at
	cell, rank := &b.fields[at].cells[len(b.windows)], &b.fields[at].ranks[len(b.windows)]
	if cell.Check == "" || c.Verdict > cell.Verdict || c.Verdict == cell.Verdict && b.rank < *rank {
		*cell, *rank = c, b.rank
	}
}

// finish puts windows in their order, and fields by what they need.
func (b *heatBuilder) finish() *heatMap {
	n := len(b.windows)
	slices.Reverse(b.windows)
	for i := range b.fields {
		f := &b.fields[i]
		f.cells = f.cells[:n]
		f.worst = f.cells[0].Verdict
		slices.Reverse(f.cells)
		for _, c := range f.cells {
			if c.Verdict == digest.Drift || c.Verdict == digest.Violation {
				f.bad++
			}
		}
	}
	slices.SortStableFunc(b.fields, func(x, y heatField) int {
		if x.worst != y.worst && max(x.worst, y.worst) > digest.Steady {
			return int(y.worst) - int(x.worst)
		}
		return y.bad - x.bad
	})
	return &b.heatMap
}

// checkNames lists the checks that fields of a segment have.
func checkNames(sg *checks.Segment) []string {
	all := map[string]checks.Result{}
	for i := range sg.Fields {
		for name, r := range sg.Fields[i].Checks {
			all[name] = r
		}
	}
	return names(all)
}

// level is where a value is between the least and the greatest that are shown,
// from 0 to levels-1.
type scale struct{ least, greatest float64 }

const levels = 5

func (s scale) level(v float64) int {
	if s.greatest <= s.least {
		return 0
	}
	return int(min(levels-1, max(0, levels*(v-s.least)/(s.greatest-s.least))))
}

// scales returns the scale of each field: one for all where the check's values are
// comparable, which distances and shares are.
func (m *heatMap) scales(check string) []scale {
	c, _ := checks.Find(checks.BaseName(check))
	common := c.Unit != checks.OfField && c.Unit != checks.Values
	all := make([]scale, len(m.fields))
	var top float64
	for i := range m.fields {
		all[i] = m.fields[i].scale()
		top = max(top, all[i].greatest)
	}
	if common {
		for i := range all {
			all[i] = scale{0, top}
		}
	}
	return all
}

func (f *heatField) scale() scale {
	var s scale
	first := true
	for _, c := range f.cells {
		if !valued(c) {
			continue
		}
		if first {
			s, first = scale{c.Value, c.Value}, false
		}
		s.least, s.greatest = min(s.least, c.Value), max(s.greatest, c.Value)
	}
	return s
}

// rankOf orders checks as people look at them.
func rankOf(check string) int {
	order := checkOrder()
	if i := slices.Index(order, check); i >= 0 {
		return i
	}
	return len(order)
}

// heatJSON is a heat map as the API shows it: rows of cells by field, columns by
// window.
type heatJSON struct {
	Monitor string           `json:"monitor"`
	Segment string           `json:"segment"`
	Check   string           `json:"check"` // "": of each field and window the worst
	Windows []heatWindowJSON `json:"windows"`
	Fields  []heatFieldJSON  `json:"fields"`
	More    bool             `json:"more"` // there are older windows
}

type heatWindowJSON struct {
	Start   window.Time `json:"start"`
	End     window.Time `json:"end"`
	Rows    uint64      `json:"rows"`
	Partial bool        `json:"partial,omitempty"`
}

type heatFieldJSON struct {
	Field string      `json:"field"`
	Cells []*cellJSON `json:"cells"` // of each window; null where it has no such result
}

type cellJSON struct {
	Check   string   `json:"check"`
	Verdict verdict  `json:"verdict"`
	Value   *float64 `json:"value,omitempty"`
	Low     *float64 `json:"low,omitempty"` // where it is not the value
	High    *float64 `json:"high,omitempty"`
}

func (m *heatMap) json(monitor, segment, check string) heatJSON {
	out := heatJSON{Monitor: monitor, Segment: segment, Check: check, Windows: []heatWindowJSON{}, Fields: []heatFieldJSON{}, More: m.more}
	for _, w := range m.windows {
		out.Windows = append(out.Windows, heatWindowJSON{w.Start, w.End, w.Rows, w.Partial})
	}
	for i := range m.fields {
		f := heatFieldJSON{Field: strings.ToValidUTF8(m.fields[i].name, "\uFFFD")}
		for _, c := range m.fields[i].cells {
			f.Cells = append(f.Cells, jsonOfCell(c))
		}
		out.Fields = append(out.Fields, f)
	}
	return out
}

// valued reports whether a cell has a value to show.
func valued(c digest.Cell) bool { return c.Check != "" && c.Verdict != digest.Unknown && !c.Redacted }

func jsonOfCell(c digest.Cell) *cellJSON {
	if c.Check == "" {
		return nil
	}
	out := &cellJSON{Check: c.Check, Verdict: wordOf(c.Verdict)}
	if valued(c) {
		out.Value = &c.Value
		if c.Low != c.Value || c.High != c.Value {
			out.Low, out.High = &c.Low, &c.High
		}
	}
	return out
}
