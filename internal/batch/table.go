package batch

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"driftwatch/monitors/checks"
)

// tableWidth is what the lines of tables fit in.
const tableWidth = 100

// WriteTable writes the report for people: a line that says what it comes to,
// then the fields, those first that need looking at most.
func (r *Report) WriteTable(w io.Writer) error {
	lines := make([]line, len(r.Fields))
	drifted, uncertain := 0, 0
	for i, f := range r.Fields {
		lines[i] = judge(f)
		switch lines[i].verdict {
		case "DRIFT":
			drifted++
		case "uncertain":
			uncertain++
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int { return -cmp.Compare(a.urgency, b.urgency) })

	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", r.headline(drifted, uncertain))
	t := table{{"field", "type", "verdict", "why"}}
	for _, l := range lines {
		t = append(t, []string{l.field, l.kind, l.verdict, l.why})
	}
	t.write(&b)
	for _, part := range []struct {
		text  string
		names []string
	}{
		{"only in the reference", r.OnlyReference},
		{"only in the current data", r.OnlyCurrent},
		{"left out", r.Ignored},
	} {
		if len(part.names) > 0 {
			fmt.Fprintf(&b, "\n%s", clip(part.text+": "+list(part.names, 20), tableWidth))
		}
	}
	_, err := io.WriteString(w, strings.TrimRight(b.String(), "\n")+"\n")
	return err
}

func (r *Report) headline(drifted, uncertain int) string {
	sizes := fmt.Sprintf("%d rows against a reference of %d", r.Current.Rows, r.Reference.Rows)
	more := ""
	if uncertain > 0 {
		more = fmt.Sprintf(", %d uncertain", uncertain)
	}
	switch {
	case drifted > 0:
		return fmt.Sprintf("DRIFT in %d of %s%s; %s", drifted, fields(len(r.Fields)), more, sizes)
	case r.Empty() != "":
		return fmt.Sprintf("nothing to compare: %s; %s", r.Empty(), sizes)
	}
	return fmt.Sprintf("no drift in %s%s; %s", fields(len(r.Fields)), more, sizes)
}

func fields(n int) string {
	if n == 1 {
		return "1 field"
	}
	return fmt.Sprintf("%d fields", n)
}

// line is one field of the table.
type line struct {
	field, kind, verdict, why string
	urgency                   float64
}

// finding is one check of a field, and how far its effect is beyond the floor
// of attention.
type finding struct {
	name     string
	result   checks.Result
	strength float64
	drift    bool
	distance bool
}

// judge says in one line how a field is: how its mean moved, then the checks
// that drift, strongest first, or are uncertain, or else the one that came
// nearest to a drift.
func judge(f checks.Field) line {
	l := line{field: f.Name, kind: f.Type, verdict: "ok", why: "no values to compare"}
	all := findings(f)
	if len(all) == 0 {
		return l
	}
	l.urgency = min(all[0].strength, 1e6)
	shown := all[:1]
	if drift := only(all, func(x finding) bool { return x.drift }); len(drift) > 0 {
		l.verdict, shown = "DRIFT", drift
		l.urgency += 2e6
	} else if open := only(all, func(x finding) bool { return x.result.Uncertain }); len(open) > 0 {
		l.verdict, shown = "uncertain", open
		l.urgency += 1e6
	}
	const most = 3
	var parts []string
	if s := shift(f); s != "" {
		parts = append(parts, s)
	}
	for _, x := range shown[:min(most, len(shown))] {
		parts = append(parts, x.text())
	}
	l.why = strings.Join(parts, ", ")
	return l
}

func only(all []finding, keep func(finding) bool) []finding {
	var kept []finding
	for _, x := range all {
		if keep(x) {
			kept = append(kept, x)
		}
	}
	return kept
}

// findings lists the checks of a field that say something: drift first, then
// by strength, then distances before shares of rows, then as in the table of
// checks.
func findings(f checks.Field) []finding {
	var all []finding
	for _, c := range checks.All() {
		r, ok := f.Checks[c.Name]
		if !ok || r.Skipped != "" || c.Floor == 0 || r.Effect == nil {
			continue
		}
		x := finding{name: c.Name, result: r, drift: r.Drift != nil && *r.Drift, distance: c.NeedsReference}
		x.strength = math.Abs(*r.Effect) / c.Floor
		all = append(all, x)
	}
	slices.SortStableFunc(all, func(a, b finding) int {
		return cmp.Or(first(a.drift, b.drift), -cmp.Compare(a.strength, b.strength), first(a.distance, b.distance))
	})
	return all
}

// first orders what has a property before what has not.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

func (x finding) text() string {
	switch r := x.result; {
	case r.Violation:
		return x.name + " " + short(r.Value) + " (limit)"
	case r.Uncertain:
		return fmt.Sprintf("%s between %s and %s", x.name, short(r.Low), short(r.High))
	case x.drift && r.PValue != nil:
		return fmt.Sprintf("%s %s (p %s)", x.name, short(r.Value), short(*r.PValue))
	default:
		return x.name + " " + short(r.Value)
	}
}

// shift says how the middle of the numbers moved.
func shift(f checks.Field) string {
	r, c := f.Reference, f.Current
	if r == nil || r.Mean == nil || c.Mean == nil || f.Type == "timestamp" {
		return ""
	}
	return fmt.Sprintf("mean %s -> %s", short(*r.Mean), short(*c.Mean))
}

// short writes a number with three or four digits that matter.
func short(v float64) string {
	if a := math.Abs(v); a >= 1000 && a < 1e7 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// table is rows of cells, the first being the head.
type table [][]string

// write aligns all columns but the last, and cuts long cells so that lines fit
// in tableWidth.
func (t table) write(b *strings.Builder) {
	const widest = 32
	widths := make([]int, len(t[0]))
	for _, row := range t {
		for i, cell := range row {
			widths[i] = min(max(widths[i], utf8.RuneCountInString(cell)), widest)
		}
	}
	for _, row := range t {
		left := tableWidth
		for i, cell := range row[:len(row)-1] {
			cell = clip(cell, widths[i])
			b.WriteString(cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
			left -= widths[i] + 2
		}
		b.WriteString(clip(row[len(row)-1], left) + "\n")
	}
}

// clip cuts a text to at most n characters, and keeps it on its line.
func clip(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}
