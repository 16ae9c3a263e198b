package monitors

import (
	"driftwatch/monitors/decode"
	"driftwatch/monitors/profile"
)

// batch is how many numbers of a field wait before they are added to its
// profile together, which is cheaper than one by one.
const batch = 64

// counts is what a pane keeps of one segment.
type counts struct {
	rows        uint64
	unknownRows uint64 // rows with fields that the monitor does not declare
	unknown     sample // some of those fields
	fields      []*profile.Profile
	waiting     [][]float64 // by field: numbers that are not yet in its profile
	pendingRows uint64      // rows that are not yet in the profiles
}

func (m *Monitor) newCounts() *counts {
	c := &counts{fields: make([]*profile.Profile, len(m.fields)), waiting: make([][]float64, len(m.fields))}
	for i, f := range m.fields {
		c.fields[i] = profile.New(profile.Options{Kind: f.Type, Buckets: m.Spec.Buckets, Guide: f.guide})
	}
	return c
}

func (c *counts) observe(m *Monitor, r *Row) {
	c.rows++
	c.pendingRows++
	for i := range m.fields {
		f := &m.fields[i]
		v := r.leaves[f.leaf]
		switch v.Type {
		case decode.Missing:
		case decode.Null:
			c.fields[i].AddNull(1)
		default:
			c.observeValue(i, f, v)
		}
	}
	if m.Spec.UnknownFields {
		c.observeUnknown(m, r)
	}
}

func (c *counts) observeValue(i int, f *boundField, v decode.Value) {
	if f.Type.Numeric() {
		x, ok := f.number(v)
		if !ok {
			c.fields[i].AddInvalid(1)
			return
		}
		if f.Min != nil && x < *f.Min || f.Max != nil && x > *f.Max {
			c.fields[i].AddOutOfRange(1)
		}
		if c.waiting[i] == nil {
			c.waiting[i] = make([]float64, 0, batch)
		}
		c.waiting[i] = append(c.waiting[i], x)
		if len(c.waiting[i]) == batch {
			c.flushField(i)
		}
		return
	}
	text, ok := f.text(v)
	if !ok {
		c.fields[i].AddInvalid(1)
		return
	}
	if f.allowed != nil && !f.allowed[string(text)] {
		c.fields[i].AddNotAllowed(1)
	}
	if f.Pattern != nil && !f.Pattern.Match(text) {
		c.fields[i].AddNotMatching(1)
	}
	c.fields[i].ObserveCategory(text)
}

// number returns the value of a number field, or of a timestamp field in Unix
// seconds.
func (f *boundField) number(v decode.Value) (float64, bool) {
	if f.Type == profile.Timestamp {
		t, err := decode.ParseTime(v, "")
		return float64(t) / 1000, err == nil
	}
	if v.Type == decode.String && f.Coerce {
		v.Type = decode.Number // whether it is one is for Float to say
	}
	return v.Float()
}

// text returns the value of a category, boolean or text field.
func (f *boundField) text(v decode.Value) ([]byte, bool) {
	switch v.Type {
	case decode.Bool:
		if f.Type == profile.Text {
			return nil, false
		}
		return f.boolText(v.Bool), true
	case decode.String:
		if f.Type == profile.Boolean {
			return f.boolOf(v.Text)
		}
		return v.Text, true
	case decode.Number:
		if f.Type == profile.Boolean {
			return f.boolOf(v.Text)
		}
		return v.Text, f.Type == profile.Category
	}
	return nil, false
}

func (f *boundField) boolOf(text []byte) ([]byte, bool) {
	if !f.Coerce {
		return nil, false
	}
	v, ok := decode.ParseBool(text)
	return f.boolText(v), ok
}

func (f *boundField) boolText(b bool) []byte {
	if b {
		return f.words[1]
	}
	return f.words[0]
}

func (c *counts) observeUnknown(m *Monitor, r *Row) {
	found := len(r.unknown.ends) > 0
	for i := range r.unknown.ends {
		c.unknown.observe(r.unknown.at(i))
	}
	for _, leaf := range m.foreign {
		if r.leaves[leaf].Type != decode.Missing {
			found = true
			c.unknown.add(r.plan.paths[leaf])
		}
	}
	if found {
		c.unknownRows++
	}
}

// flush brings the profiles up to date with the rows.
func (c *counts) flush() {
	if c.pendingRows == 0 {
		return // also keeps a sealed pane free of writes
	}
	for i := range c.fields {
		c.flushField(i)
		c.fields[i].AddRows(c.pendingRows)
	}
	c.pendingRows = 0
}

func (c *counts) flushField(i int) {
	if len(c.waiting[i]) > 0 {
		c.fields[i].ObserveNumbers(c.waiting[i])
		c.waiting[i] = c.waiting[i][:0]
	}
}

// merge adds d.
func (c *counts) merge(d *counts) error {
	c.flush()
	d.flush()
	c.rows += d.rows
	c.unknownRows += d.unknownRows
	for _, name := range d.unknown.names {
		c.unknown.add(name)
	}
	for i := range c.fields {
		if err := c.fields[i].Merge(d.fields[i]); err != nil {
			return err
		}
	}
	return nil
}
