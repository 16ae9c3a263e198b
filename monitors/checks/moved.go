package checks

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"driftwatch/monitors/profile"
	"driftwatch/monitors/window"
)

// Move is a bin of numbers or a category, and its shares of the present values.
type Move struct {
	Bin       string  `json:"bin,omitempty"`      // of numbers: "<= 3", "(3, 7.5]", "> 7.5", "= 0"
	Category  *string `json:"category,omitempty"` // else: its name, or OtherValues
	Reference float64 `json:"reference"`
	Current   float64 `json:"current"`
}

// OtherValues stands for all categories whose names are not known.
const OtherValues = "other values"

const (
	movesMost  = 5   // moves that are named
	movesLeast = 0.1 // of the greatest: smaller ones are not
)

// Shifted reports whether one of a field's comparisons with the reference is
// drift, or not certain enough to be none. Then it is worth to say what moved.
func Shifted(results map[string]Result) bool {
	for name, r := range results {
		if c, ok := Find(BaseName(name)); ok && c.NeedsReference && (r.Uncertain || r.Drift != nil && *r.Drift) {
			return true
		}
	}
	return false
}

// Moved returns what moved the most between the reference and the window: up to
// five of the bins that psi has by default, or of the categories, by the
// difference of their shares. The shares are exact for the bins and categories
// named. None where the two cannot be compared.
func Moved(in Input) []Move {
	if incomparable(in) != "" {
		return nil
	}
	var moves []Move
	if in.Current.Kind().Numeric() {
		moves = in.movesOfNumbers()
	} else {
		moves = in.movesOfCategories()
	}
	slices.SortStableFunc(moves, func(a, b Move) int { return cmp.Compare(b.size(), a.size()) })
	n := 0
	for n < min(len(moves), movesMost) && moves[n].size() > 0 && moves[n].size() >= movesLeast*moves[0].size() {
		n++
	}
	return moves[:n]
}

func (m Move) size() float64 { return math.Abs(m.Current - m.Reference) }

// String is like "(20, 25]: 4 % → 19 %".
func (m Move) String() string { return m.Name() + ": " + m.Shares() }

// Name is the category or the bin, with edges of about five figures.
func (m Move) Name() string {
	switch {
	case m.Category == nil:
		return fraction.ReplaceAllStringFunc(m.Bin, roundFigures)
	case *m.Category == "":
		return `""`
	}
	return *m.Category
}

// Shares is like "4 % → 19 %".
func (m Move) Shares() string { return Percent(m.Reference) + " → " + Percent(m.Current) }

// fraction matches a number with a fraction.
var fraction = regexp.MustCompile(`\d+\.\d+(e[+-]\d+)?`)

func roundFigures(s string) string {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || len(s) <= 6 {
		return s
	}
	if v >= 1e5 && v < 1e15 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 5, 64), 64)
	return writeValue(v, profile.Number)
}

// MovedText writes moves in one line.
func MovedText(moves []Move) string {
	parts := make([]string, len(moves))
	for i, m := range moves {
		parts[i] = m.String()
	}
	return strings.Join(parts, ", ")
}

// Percent writes a share with about two figures.
func Percent(v float64) string {
	p := 100 * v
	switch {
	case p > 0 && p < 0.1:
		return "< 0.1 %"
	case p < 9.95 && p != math.Trunc(p):
		return strconv.FormatFloat(p, 'f', 1, 64) + " %"
	}
	return strconv.FormatFloat(p, 'f', 0, 64) + " %"
}

func (in Input) movesOfNumbers() []Move {
	cells, err := in.cells()
	if err != nil {
		return nil
	}
	t := quantileBins(cells, defaultBins).table
	nr, nc := t.totals()
	moves := make([]Move, len(t))
	var below []profile.Cell // the cells of the bin before
	for i, b := range t {
		var bin []profile.Cell
		bin, cells = takeBin(cells, b)
		moves[i] = Move{
			Bin:       nameBin(below, bin, cells, in.Current.Kind()),
			Reference: float64(b.r) / float64(nr), Current: float64(b.c) / float64(nc),
		}
		below = bin
	}
	return moves
}

// takeBin returns the cells that make up the next bin, and the rest.
func takeBin(cells []profile.Cell, b bin) (own, rest []profile.Cell) {
	var r, c uint64
	for n, cell := range cells {
		r, c = r+cell.R, c+cell.C
		if r == b.r && c == b.c {
			return cells[:n+1], cells[n+1:]
		}
	}
	return cells, nil
}

// nameBin names a bin by its edges.
func nameBin(below, bin, above []profile.Cell, kind profile.Kind) string {
	if len(bin) == 1 && bin[0].Least == bin[0].Greatest {
		return "= " + writeValue(bin[0].Least, kind)
	}
	left, right := edgeBetween(below, bin, kind), edgeBetween(bin, above, kind)
	switch {
	case left == nil && right == nil:
		return "all"
	case left == nil:
		return right.choose("<= ", "< ") + right.text
	case right == nil:
		return left.choose("> ", ">= ") + left.text
	}
	return left.choose("(", "[") + left.text + ", " + right.text + right.choose("]", ")")
}

// edge divides two bins.
type edge struct {
	text  string
	above bool // the number itself belongs to the bin above, not to the one below
}

func (e *edge) choose(below, above string) string {
	if e.above {
		return above
	}
	return below
}

// edgeBetween returns the edge between two bins, nil if one is not there. Any
// number from the greatest value below to just under the least one above divides
// the two in the same way: the one with the fewest digits is taken, or that
// least one if it has fewer still.
func edgeBetween(below, above []profile.Cell, kind profile.Kind) *edge {
	if len(below) == 0 || len(above) == 0 {
		return nil
	}
	greatest, least := below[len(below)-1].Greatest, above[0].Least
	if kind == profile.Timestamp {
		return &edge{text: writeValue(greatest, kind)}
	}
	e := edge{text: writeValue(shortest(greatest, least), kind)}
	if s := writeValue(least, kind); len(s) < len(e.text) {
		e = edge{s, true}
	}
	return &e
}

// shortest returns a number of few digits that is at least a and below b.
func shortest(a, b float64) float64 {
	for digits := 1; digits < 17; digits++ {
		for _, v := range [...]float64{a, a/2 + b/2} {
			x, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64)
			if err == nil && x >= a && x < b {
				return x
			}
		}
	}
	return a
}

// writeValue writes a number, or a time that is in Unix seconds.
func writeValue(v float64, kind profile.Kind) string {
	if kind == profile.Timestamp && math.Abs(v) < 1e11 {
		return window.Time(math.Round(v * 1000)).String()
	}
	if a := math.Abs(v); a >= 1e-4 && a < 1e15 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

func (in Input) movesOfCategories() []Move {
	cats, err := in.categories()
	if err != nil {
		return nil
	}
	nr, nc := float64(in.Reference.Counts().Present), float64(in.Current.Counts().Present)
	named := in.Reference.Exact() && in.Current.Exact() // then "" is a name too
	moves := make([]Move, 0, len(cats)+1)
	var r, c uint64
	for _, k := range cats {
		if !named && k.Name == "" {
			r, c = r+k.R, c+k.C
			continue
		}
		moves = append(moves, Move{Category: &k.Name, Reference: float64(k.R) / nr, Current: float64(k.C) / nc})
	}
	if r+c > 0 {
		moves = append(moves, Move{Category: ptr(OtherValues), Reference: float64(r) / nr, Current: float64(c) / nc})
	}
	// Equal moves are in the order of names: that of hashes means nothing to people.
	slices.SortFunc(moves, func(a, b Move) int { return cmp.Compare(*a.Category, *b.Category) })
	return moves
}
