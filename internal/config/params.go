package config

import (
	"math"
	"slices"

	"driftwatch/internal/yamlx"
	"driftwatch/monitors"
	"driftwatch/monitors/checks"
)

// readParams reads the parameters of a check, which its row of the table of
// checks describes.
func readParams(e yamlx.Entry, check *monitors.Check) bool {
	good := true
	row, _ := checks.Find(check.Name)
	m := e.Value.Map()
	for _, p := range row.Params {
		at := m.Get(p.Name)
		if p.Required {
			at = m.Need(p.Name)
		}
		v, ok := readParam(at, p)
		if ok {
			p.Set(&check.Params, v)
		}
		good = good && (ok || !at.Present())
	}
	m.Done()
	if err := check.Validate(); err != nil {
		e.Key.Errorf("value", "check %q: %v", check.Name, err)
		return false
	}
	return good
}

// readParam reads a parameter in one of the forms that it has.
func readParam(c yamlx.Cursor, p checks.Param) (v checks.Value, ok bool) {
	switch {
	case !c.Present():
		return v, false
	case p.List:
		v.List, ok = readAscending(c)
		return v, ok
	case p.Key != "" && c.IsMap():
		m := c.Map()
		at := m.Need(p.Key)
		v.Number, ok = at.Float()
		if m.Done(); ok && !p.Number.Holds(v.Number) {
			at.Wrong(p.Number.String())
		}
		return v, ok && p.Number.Holds(v.Number)
	case p.Key == "" && p.Number != nil && c.IsNumber():
		v.Number, ok = c.Float()
	case c.IsScalar():
		v.Word, _ = c.Literal()
		if slices.Contains(p.Words, v.Word) {
			return v, true
		}
	}
	if ok = ok && p.Number.Holds(v.Number); !ok {
		c.Wrong(p.Forms())
	}
	return v, ok
}

// readAscending reads a list of at least one number, each greater than the one
// before.
func readAscending(c yamlx.Cursor) ([]float64, bool) {
	var list []float64
	before := math.Inf(-1)
	for _, item := range c.List() {
		v, ok := item.Float()
		if ok && v <= before {
			item.Must("be greater than the number before it, %v", before)
			ok = false
		}
		if !ok {
			return nil, false
		}
		list, before = append(list, v), v
	}
	if c.IsList() && list == nil {
		c.Must("be a list of at least one number")
	}
	return list, list != nil
}
