package batch

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/mattn/go-runewidth"

	"driftwatch/monitors/checks"
)

// tableWidth is what the lines of tables fit in.
const tableWidth = 100

// WriteTable writes the report for people: a line that says what it comes to,
// then the fields, those first that need looking at most.
func (r *Report) WriteTable(w io.Writer) error {
	all := r.judged()
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", r.headline(all))
	t := table{{"field", "type", "verdict", "reference", "current", "why"}}
	for _, j := range all {
		was, is := sparks(r.bars(j.at, sparkBins))
		t = append(t, []string{j.field.Name, j.field.Type, j.verdict, was, is, j.why[0]})
		if j.verdict == drifts {
			t = append(t, j.details()...)
		}
	}
	t.write(&b)
	for _, n := range r.notes() {
		fmt.Fprintf(&b, "\n%s", clip(n.text+": "+list(n.names, 20), tableWidth))
	}
	_, err := io.WriteString(w, strings.TrimRight(b.String(), "\n")+"\n")
	return err
}

// note is a remark on some columns.
type note struct {
	text  string
	names []string
}

// notes name the columns that were not compared.
func (r *Report) notes() []note {
	all := []note{
		{"only in the reference", r.OnlyReference},
		{"only in the current data", r.OnlyCurrent},
		{"left out", r.Ignored},
	}
	return slices.DeleteFunc(all, func(n note) bool { return len(n.names) == 0 })
}

// details are further lines about a field that drifted.
func (j judged) details() table {
	var t table
	parts := j.why[1:]
	if s := shift(j.field); s != "" {
		parts = append([]string{s}, parts...)
	}
	if len(parts) > 0 {
		t = append(t, []string{"    " + strings.Join(parts, ", ")})
	}
	if moved := j.field.Moved; len(moved) > 0 {
		t = append(t, []string{"    moved: " + checks.MovedText(moved[:min(3, len(moved))])})
	}
	return t
}

func (r *Report) headline(all []judged) string {
	drifted, open := count(all, drifts), count(all, uncertain)
	sizes := fmt.Sprintf("%s against a reference of %d", counted(r.Current.Rows, "row"), r.Reference.Rows)
	more := ""
	if open > 0 {
		more = fmt.Sprintf(", %d uncertain", open)
	}
	switch {
	case drifted > 0:
		return fmt.Sprintf("DRIFT in %d of %s%s; %s", drifted, counted(uint64(len(r.Fields)), "field"), more, sizes)
	case r.Empty() != "":
		return fmt.Sprintf("nothing to compare: %s; %s", r.Empty(), sizes)
	}
	return fmt.Sprintf("no drift in %s%s; %s", counted(uint64(len(r.Fields)), "field"), more, sizes)
}

// counted is "1 row" or "2 rows".
func counted(n uint64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// short writes a number with three or four digits that matter.
func short(v float64) string {
	if a := math.Abs(v); a >= 1000 && a < 1e7 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// table is rows of cells, the first being the head. A row of one cell is a line
// of its own.
type table [][]string

// write aligns all columns but the last, and cuts long cells so that lines fit
// in tableWidth.
func (t table) write(b *strings.Builder) {
	const widest = 24
	widths := make([]int, len(t[0]))
	for _, row := range t {
		for i, cell := range row[:len(row)-1] { // the last one needs no width
			widths[i] = min(max(widths[i], runewidth.StringWidth(cell)), widest)
		}
	}
	for _, row := range t {
		left := tableWidth
		for i, cell := range row[:len(row)-1] {
			cell = clip(cell, widths[i])
			b.WriteString(cell + strings.Repeat(" ", widths[i]-runewidth.StringWidth(cell)+2))
			left -= widths[i] + 2
		}
		b.WriteString(clip(row[len(row)-1], left) + "\n")
	}
}

// clip cuts a text to at most n columns of a terminal, and keeps it on its line.
func clip(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
	return runewidth.Truncate(s, n, "…")
}
