package checks

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Explanation says that one segment makes up most of what changed in a field:
// without its rows, on both sides, less than half of the change is left.
type Explanation struct {
	Segment string  `json:"segment"`
	Check   string  `json:"check"`   // name of the result that is explained
	Effect  float64 `json:"effect"`  // of all rows
	Without float64 `json:"without"` // of all rows but those of the segment
	rows    float64 // of the segment, as a share
}

// explainedLeast is how many values must be left without a segment: ten for
// each bin, so that fewer rows do not mean fewer bins and a smaller effect.
const explainedLeast = defaultBins * 10

// alike is how near to the strongest an explanation is as good: what chance
// leaves of the effect of a thousand rows.
const alike = 0.2

// ToExplain returns the name of the result that a change of a field is measured
// by: psi if that is drift, else the first comparison with the reference that
// is; "" where none is.
func ToExplain(results map[string]Result) string {
	var drifted []string
	for name, r := range results {
		if c, ok := Find(BaseName(name)); ok && c.NeedsReference && r.Drift != nil && *r.Drift && r.Effect != nil {
			drifted = append(drifted, name)
		}
	}
	if len(drifted) == 0 {
		return ""
	}
	return slices.MinFunc(drifted, func(a, b string) int {
		return cmp.Or(cmp.Compare(explainOrder(a), explainOrder(b)), cmp.Compare(a, b))
	})
}

// explainOrder is the place of a result's check in the table, psi before all.
func explainOrder(result string) int {
	base := BaseName(result)
	if base == psiCheck.Name {
		return -1
	}
	return slices.IndexFunc(All(), func(c Check) bool { return c.Name == base })
}

// Without returns the explanation that a segment is of the result name, given
// the profiles of all other rows. rows is the segment's share of the rows. ok is
// false where it explains nothing, or too few values are left to tell.
func Without(segment, name string, whole Result, others Input, rows float64) (e Explanation, ok bool) {
	if others.Reference == nil || others.Current == nil || incomparable(others) != "" || min(others.Reference.Counts().Present, others.Current.Counts().Present) < explainedLeast {
		return e, false
	}
	c, _ := Find(BaseName(name))
	others.Shared = &Shared{supremum: memo[float64]{known: true}} // its p-value is costly and not asked for
	r := c.Compute(others)
	if r.Effect == nil {
		return e, false
	}
	e = Explanation{Segment: segment, Check: name, Effect: *whole.Effect, Without: *r.Effect, rows: rows}
	return e, e.left() < 0.5
}

// left is the part of the change that is left without the segment. PSI and KL
// grow with the square of the share of rows that changed: with their roots, one
// of two segments that changed alike never makes up more than half.
func (e Explanation) left() float64 {
	part := e.Without / e.Effect
	switch BaseName(e.Check) {
	case psiCheck.Name, klCheck.Name:
		return math.Sqrt(part)
	}
	return part
}

// Best returns the explanation that leaves least, of several that are about
// alike the one with the fewest rows; nil of none.
func Best(list []Explanation) *Explanation {
	if len(list) == 0 {
		return nil
	}
	least := slices.MinFunc(list, func(a, b Explanation) int { return cmp.Compare(a.left(), b.left()) }).left()
	var near []Explanation
	for _, e := range list {
		if e.left() <= least+alike {
			near = append(near, e)
		}
	}
	best := slices.MinFunc(near, func(a, b Explanation) int {
		return cmp.Or(cmp.Compare(a.rows, b.rows), cmp.Compare(a.Segment, b.Segment))
	})
	best.rows = 0
	return &best
}

// String is like "mostly in country=BR,device=ios: without it the effect of psi
// falls from 0.31 to 0.02".
func (e Explanation) String() string {
	write := func(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }
	if e.Effect >= 100 || e.Effect < 0.1 { // in the field's unit
		write = func(v float64) string { return strconv.FormatFloat(v, 'g', 3, 64) }
	}
	return fmt.Sprintf("mostly in %s: without it the effect of %s falls from %s to %s", e.Segment, e.Check, write(e.Effect), write(e.Without))
}
