package rules

import (
	"time"

	"driftwatch/internal/yamlx"
)

// maxDepth bounds how deep any and all may stand in one another.
const maxDepth = 8

// readCondition reads `when`. The zero Condition is returned for what cannot
// be read; the mistake was reported.
func readCondition(c yamlx.Cursor, depth int) Condition {
	if depth > maxDepth {
		c.Errorf("value", "conditions stand more than %d deep in one another", maxDepth)
		return Condition{}
	}
	if !c.Present() {
		return Condition{}
	}
	if !c.IsMap() {
		c.Wrong("a mapping")
		return Condition{}
	}
	m := c.Map()
	cond := Condition{at: c}
	switch {
	case m.Has("any"):
		cond.Any = readConditions(m.Get("any"), depth)
	case m.Has("all"):
		cond.All = readConditions(m.Get("all"), depth)
	case m.Has("no_data"):
		cond.NoData = m.Get("no_data").Duration(time.Hour, time.Minute)
		if depth > 0 {
			c.Errorf("value", "no_data cannot stand inside any or all: it is asked of the clock, and not of windows")
		}
	case m.Has("share_of_fields"):
		cond = readShare(c, m, depth)
	default:
		cond = readTest(c, m)
	}
	m.Done()
	return cond
}

func readConditions(c yamlx.Cursor, depth int) []Condition {
	list := make([]Condition, 0, 2)
	if !c.IsList() {
		c.Wrong("a list")
		return list
	}
	for _, item := range c.List() {
		list = append(list, readCondition(item, depth+1))
	}
	if len(list) == 0 {
		c.Errorf("value", "the list of conditions is empty")
	}
	return list
}

// readShare reads {share_of_fields: {check: psi, above: 0.1}, above: 0.3}.
func readShare(c yamlx.Cursor, m *yamlx.Map, depth int) Condition {
	inner := m.Get("share_of_fields")
	im := inner.Map()
	test := readTest(inner, im)
	im.Done()
	cond := Condition{at: c, Share: &test, Over: readThreshold(m, "", yamlx.Cursor.Float)}
	switch {
	case depth > 0:
		c.Unsupported("share_of_fields inside any or all")
	case test.ofRows:
		inner.Errorf("value", "check %q is not asked of fields", test.Check)
	case cond.Over.empty():
		c.Errorf("missing-key", "share_of_fields needs one of above, below, outside beside it")
	}
	return cond
}

// readTest reads a check and what is asked of it.
func readTest(c yamlx.Cursor, m *yamlx.Map) Condition {
	cond := Condition{at: c}
	at := m.Need("check")
	cond.Check = at.Name()
	if at.Present() {
		cond.at = at
	}
	check, known := lookup(cond.Check)
	if cond.Check != "" && !known {
		ReportUnknownCheck(at, cond.Check)
		cond.Check = ""
	}
	cond.ofRows = known && check.Kinds == nil
	cond.Test.Threshold = readThreshold(m, "p_below, drift, change", yamlx.Cursor.Float)
	given := !cond.Test.empty()
	for _, key := range []string{"change", "p_below", "drift"} {
		if m.Has(key) && given {
			m.Key(key).Errorf("value", "only one of %s can be asked", questions)
		}
		given = given || m.Has(key)
	}
	if ch := m.Get("change"); ch.Present() {
		cond.Test.Change = readChange(ch)
	}
	cond.Test.readVerdict(m, cond.Check, known && check.Floor == 0)
	if !given && !m.Misspelt("above", "below", "outside", "p_below", "drift", "change") {
		c.Errorf("missing-key", "needs one of %s", questions)
	}
	return cond
}

// questions are the keys that ask something of a check.
const questions = "above, below, outside, p_below, drift, change"

// readVerdict reads p_below and drift. A check that is only described has neither.
func (t *Test) readVerdict(m *yamlx.Map, check string, described bool) {
	if p := m.Get("p_below"); p.Present() {
		v := p.FloatIn(0, 0, 1)
		t.PBelow = &v
		if described {
			p.Errorf("value", "check %q has no p-value; give a limit with above, below or outside", check)
		}
	}
	if d := m.Get("drift"); d.Present() {
		t.Drift = true
		switch {
		case described:
			d.Errorf("value", "check %q carries no verdict; give a limit with above, below or outside", check)
		case !d.Bool(true):
			d.Errorf("value", "drift can only be true")
		}
	}
}

// readThreshold reads above, below or outside; more are the further keys that
// exclude them, for the message. Numbers are read by read.
func readThreshold(m *yamlx.Map, more string, read func(yamlx.Cursor) (float64, bool)) Threshold {
	if more != "" {
		more = ", " + more
	}
	var t Threshold
	for _, key := range []string{"above", "below", "outside"} {
		c := m.Get(key)
		if !c.Present() {
			continue
		}
		if !t.empty() {
			m.Key(key).Errorf("value", "only one of above, below, outside%s can be asked", more)
			continue
		}
		if key == "outside" {
			t.Outside = readRange(c, read)
			continue
		}
		v, _ := read(c)
		if key == "above" {
			t.Above = &v
		} else {
			t.Below = &v
		}
	}
	return t
}

// readRange reads [a, b]. It returns a range also for what is none, so that the
// mistake is reported once.
func readRange(c yamlx.Cursor, read func(yamlx.Cursor) (float64, bool)) *[2]float64 {
	list := c.List()
	if len(list) != 2 {
		if c.IsList() {
			c.Errorf("value", "outside takes two numbers, the least and the greatest that are right")
		}
		return &[2]float64{}
	}
	lo, ok1 := read(list[0])
	hi, ok2 := read(list[1])
	if ok1 && ok2 && lo > hi {
		c.Errorf("value", "the first number of outside must not be greater than the second")
	}
	return &[2]float64{lo, hi}
}

// readResolve reads the threshold at which a firing alert ends and checks that
// it lies on the far side of the one at which it fires.
func readResolve(c yamlx.Cursor, when *Condition) *Threshold {
	if !c.Present() {
		return nil
	}
	fire, read, write := when.Test.Threshold, yamlx.Cursor.Float, number
	switch ch := when.Test.Change; {
	case when.Share != nil:
		fire = when.Over
	case ch != nil:
		fire, read, write = ch.Threshold, (&unit{known: true, relative: ch.Relative}).read, ch.write()
	}
	m := c.Map()
	var t Threshold
	if b := m.Get("below"); b.Present() {
		v, _ := read(b)
		t.Below = &v
	}
	if a := m.Get("above"); a.Present() {
		v, _ := read(a)
		t.Above = &v
	}
	m.Done()
	switch {
	case !c.IsMap():
		c.Errorf("missing-key", "resolve needs one of above, below")
	case t.Above != nil && t.Below != nil:
		c.Errorf("value", "resolve takes one of above, below")
	case t.empty():
		c.Errorf("missing-key", "resolve needs one of above, below")
	case when.Any != nil || when.All != nil:
		c.Errorf("value", "resolve needs a condition on one check, not any or all")
	case fire.Outside != nil:
		c.Unsupported("resolve with outside")
	case fire.Above != nil && (t.Below == nil || *t.Below > *fire.Above):
		c.Errorf("value", "resolve must be below at most %s, where the alert fires", write(*fire.Above))
	case fire.Below != nil && (t.Above == nil || *t.Above < *fire.Below):
		c.Errorf("value", "resolve must be above at least %s, where the alert fires", write(*fire.Below))
	}
	return &t
}

func (t Threshold) empty() bool { return t.Above == nil && t.Below == nil && t.Outside == nil }
