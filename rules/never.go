package rules

import (
	"math"
	"slices"

	"driftwatch/monitors/checks"
)

// What a rule asks may be true of no window, or of all: a share above 1, a count
// below its own min_rows. That is found by trying the condition on numbers on
// both sides of each of its limits.

// greatest are what sums over bins reach in no sample that exists: their empty
// bins count as half a value, and of 10 billion values that is a share of 5e-11.
var greatest = map[string]float64{"psi": 50, "kl": 25}

// checkLimits reports a condition that never or always holds, and a resolve that
// never comes.
func (r *Rule) checkLimits() {
	if r.When.NoData > 0 {
		return
	}
	r.report(&r.When, true)
	if r.Resolve == nil {
		return
	}
	b := checks.Range{Least: 0, Greatest: 1}
	if r.When.Share == nil {
		b = r.bounds(&r.When)
	}
	if can, _ := try(b, r.Resolve.holds, r.Resolve.cuts()); !can {
		what, _ := r.subject(&r.When)
		r.at.resolve.Warnf("never-resolves", "%s is never %s: an alert that fires never resolves", what, r.When.words(r.Resolve))
	}
}

// report warns of a condition and its parts where they never or always hold.
// Whole: it is the rule's condition, not a part of it.
func (r *Rule) report(c *Condition, whole bool) {
	never, always := "the rule never fires", "the rule fires in every window"
	if !whole {
		never, always = "this part never holds", "this part always holds"
	}
	can, must := r.outlook(c)
	if c.isLeaf() {
		if c.Share != nil {
			r.report(c.Share, false)
		}
		what, limit := r.subject(c)
		switch {
		case !can:
			c.at.Warnf("never-fires", "%s is never %s: %s", what, limit, never)
		case must:
			c.at.Warnf("always-fires", "%s is always %s: %s", what, limit, always)
		}
		return
	}
	partsCan, partMust := true, false
	for _, parts := range [][]Condition{c.Any, c.All} {
		for i := range parts {
			r.report(&parts[i], false)
			can, must := r.outlook(&parts[i])
			partsCan, partMust = partsCan && can, partMust || must
		}
	}
	switch {
	case !can && partsCan:
		c.at.Warnf("never-fires", "the parts contradict each other: %s", never)
	case must && !partMust:
		c.at.Warnf("always-fires", "one of the parts always holds: %s", always)
	}
}

// isLeaf reports whether the condition is of one comparison.
func (c *Condition) isLeaf() bool { return c.Any == nil && c.All == nil }

// subject is what a comparison is about, and its limit, in words.
func (r *Rule) subject(c *Condition) (what, limit string) {
	switch {
	case c.Share != nil:
		return "a share, which is from 0 to 1,", c.words(&c.Over)
	case c.Test.PBelow != nil:
		return "a p-value", "below " + number(*c.Test.PBelow)
	case c.Test.Change != nil:
		return "the change of " + c.Check + inWords(r.bounds(c), c.Test.Change.write()), c.words(c.Test.threshold())
	}
	return c.Check + inWords(r.bounds(c), number), c.words(c.Test.threshold())
}

// words is a limit of what the condition compares, in words.
func (c *Condition) words(t *Threshold) string {
	if c.Test.Change != nil {
		return t.words(c.Test.Change.write())
	}
	return t.String()
}

// inWords is a range as an aside of a sentence.
func inWords(b checks.Range, write func(float64) string) string {
	switch {
	case math.IsInf(b.Greatest, 1) && math.IsInf(b.Least, -1):
		return ""
	case math.IsInf(b.Greatest, 1):
		return ", which is at least " + write(b.Least) + ","
	}
	return ", which is from " + write(b.Least) + " to " + write(b.Greatest) + ","
}

// outlook says whether a condition can hold in any window, and whether it must in
// all.
func (r *Rule) outlook(c *Condition) (can, must bool) {
	switch {
	case c.Share != nil:
		b := checks.Range{Least: 0, Greatest: 1}
		if can, must := r.outlook(c.Share); !can {
			b.Greatest = 0
		} else if must {
			b.Least = 1
		}
		return try(b, c.Over.holds, c.Over.cuts())
	case c.Any != nil:
		for i := range c.Any {
			partCan, partMust := r.outlook(&c.Any[i])
			can, must = can || partCan, must || partMust
		}
		return can, must || slices.ContainsFunc(r.together(c.Any, true), func(t outcome) bool { return t.must })
	case c.All != nil:
		can, must = true, true
		for i := range c.All {
			partCan, partMust := r.outlook(&c.All[i])
			can, must = can && partCan, must && partMust
		}
		return can && !slices.ContainsFunc(r.together(c.All, false), func(t outcome) bool { return !t.can }), must
	case c.Test.PBelow != nil:
		return *c.Test.PBelow > 0, false
	case c.Test.Drift:
		return true, false
	}
	t := c.Test.threshold()
	return try(r.bounds(c), t.holds, t.cuts())
}

type outcome struct{ can, must bool }

// together tries the comparisons of one number with each other: whether one of
// them holds, or all do.
func (r *Rule) together(parts []Condition, one bool) (out []outcome) {
	done := make(map[string]bool)
	for i := range parts {
		first := &parts[i]
		if !first.compares() || done[first.number()] {
			continue
		}
		done[first.number()] = true
		same := slices.DeleteFunc(slices.Clone(parts), func(c Condition) bool { return !c.compares() || c.number() != first.number() })
		var cuts []float64
		for j := range same {
			cuts = append(cuts, same[j].Test.threshold().cuts()...)
		}
		can, must := try(r.bounds(first), func(s span) bool {
			held := func(c Condition) bool { return c.Test.threshold().holds(s) }
			if one {
				return slices.ContainsFunc(same, held)
			}
			return !slices.ContainsFunc(same, func(c Condition) bool { return !held(c) })
		}, cuts)
		out = append(out, outcome{can, must})
	}
	return out
}

// compares reports whether the condition compares a number with limits.
func (c *Condition) compares() bool {
	return c.Check != "" && !c.Test.needsVerdict() && !c.Test.threshold().empty()
}

// number names the number that a condition compares.
func (c *Condition) number() string {
	if c.Test.Change != nil {
		return c.Test.Change.subject(c.Check)
	}
	return c.Check
}

// threshold is what a value or its change is compared with.
func (t *Test) threshold() *Threshold {
	if t.Change != nil {
		return &t.Change.Threshold
	}
	return &t.Threshold
}

// bounds are those of the number that a comparison is about.
func (r *Rule) bounds(c *Condition) checks.Range {
	check, _ := lookup(c.Check)
	b := check.Range
	if g, ok := greatest[check.Name]; ok {
		b.Greatest = g
	}
	if check.Name == "volume" {
		b.Least = float64(r.MinRows)
	}
	switch ch := c.Test.Change; {
	case ch == nil:
		return b
	case !ch.Relative:
		return checks.Range{Least: b.Least - b.Greatest, Greatest: b.Greatest - b.Least}
	case b.Least >= 0:
		return checks.Range{Least: -1, Greatest: math.Inf(1)}
	}
	return checks.Range{Least: math.Inf(-1), Greatest: math.Inf(1)}
}

// cuts are the numbers at which the answer may change.
func (t *Threshold) cuts() []float64 {
	switch {
	case t.Above != nil:
		return []float64{*t.Above}
	case t.Below != nil:
		return []float64{*t.Below}
	case t.Outside != nil:
		return t.Outside[:]
	}
	return nil
}

// try asks of numbers in a range, at the cuts, between and beyond them.
func try(b checks.Range, holds func(span) bool, cuts []float64) (can, must bool) {
	var ends []float64
	for _, v := range append([]float64{b.Least, b.Greatest}, cuts...) {
		if !math.IsInf(v, 0) {
			ends = append(ends, v)
		}
	}
	slices.Sort(ends)
	points := ends
	for i := 1; i < len(ends); i++ {
		points = append(points, ends[i-1]/2+ends[i]/2)
	}
	if len(ends) > 0 {
		points = append(points, ends[0]-1-math.Abs(ends[0]), ends[len(ends)-1]+1+math.Abs(ends[len(ends)-1]))
	}
	must = true
	for _, v := range points {
		if v < b.Least || v > b.Greatest {
			continue
		}
		held := holds(span{v, v})
		can, must = can || held, must && held
	}
	return can, must
}
