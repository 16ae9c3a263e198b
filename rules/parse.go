package rules

import (
	"math"
	"path"
	"slices"
	"strings"

	"driftwatch/internal/mute"
	"driftwatch/internal/yamlx"
)

// Add reads one rule file into the set and reports what is wrong with it. The
// set can be used if nothing was an error.
func (s *Set) Add(file yamlx.Cursor) {
	m := file.Map()
	for _, c := range m.Need("groups").List() {
		s.addGroup(c)
	}
	m.Done()
	s.checkNames()
}

func (s *Set) addGroup(c yamlx.Cursor) {
	m := c.Map()
	g := Group{Name: m.Need("name").Name(), File: c.File(), Line: c.Line()}
	monitor := m.Need("monitor")
	g.Monitors = globs(monitor)
	var shared texts
	shared.labels = readLabels(m.Get("labels").Map())
	shared.readAnnotations(m.Get("annotations").Map())
	for _, item := range m.Need("rules").List() {
		r := readRule(item, shared)
		r.Group, r.Monitors, r.at.monitor = g.Name, g.Monitors, monitor
		s.Rules = append(s.Rules, r)
	}
	m.Done()
	s.Groups = append(s.Groups, g)
}

// readRule reads one rule; on errors parts of it are missing.
func readRule(c yamlx.Cursor, group texts) *Rule {
	before := c.Errors()
	m := c.Map()
	r := &Rule{File: c.File(), Line: c.Line()}
	r.at.alert = m.Need("alert")
	r.Alert = r.at.alert.Name()
	r.at.fields = m.Get("fields")
	r.Fields = readSelector(r.at.fields)
	r.at.segments = m.Get("segments")
	r.Segments = readDimensions(r.at.segments)
	r.When = readCondition(m.Need("when"), 0)
	r.Windows = readWindows(m.Get("windows"))
	r.at.resolve, r.at.mute = m.Get("resolve"), m.Get("mute")
	if r.When.NoData == 0 {
		r.Resolve = readResolve(r.at.resolve, &r.When)
	}
	r.MinRows = uint64(m.Get("min_rows").Int(0, 0, math.MaxInt32))
	r.Mute = mute.Read(r.at.mute)
	r.Class = readClass(m.Get("class"), &r.When)
	r.Severity = m.Get("severity").OneOf(Warning, Info, Warning, Critical)
	r.Redact = m.Get("redact").Bool(false)
	r.readTexts(m, group)
	m.Done()
	r.checkKeys(m)
	if r.broken = c.Errors() > before; !r.broken {
		r.checkLimits()
	}
	r.id = r.identity()
	return r
}

// checkKeys reports keys that make no sense with the condition.
func (r *Rule) checkKeys(m *yamlx.Map) {
	if r.When.NoData > 0 {
		for _, key := range []string{"segments", "windows", "resolve", "min_rows"} {
			m.Key(key).Errorf("value", "%s has no meaning for no_data, which is asked of the clock, and not of windows", key)
		}
	}
	if r.at.fields.Present() && r.When.complete() && !r.When.usesFields() {
		r.at.fields.Errorf("value", "fields are given, but %q is not asked of fields", r.When.String())
	}
}

// identity is the digest of what decides when a rule fires and resolves. A
// changed label or annotation is not a new rule.
func (r *Rule) identity() string {
	of := 0
	if r.Windows.Of > r.Windows.Need {
		of = r.Windows.Of
	}
	return digest(struct {
		Alert   string
		When    Condition
		Windows int
		Resolve *Threshold
		MinRows uint64
		Of      int `json:",omitempty"` // unless in a row
	}{r.Alert, r.When, r.Windows.Need, r.Resolve, r.MinRows, of})
}

// readWindows reads 3, which is in a row, or {m: 2, of: 5}.
func readWindows(c yamlx.Cursor) Windows {
	if c.IsScalar() && !c.IsNumber() {
		c.Wrong("a whole number, or {m: 2, of: 5}")
		return Windows{1, 1}
	}
	if !c.IsMap() {
		n := c.Int(1, 1, mostWindows)
		return Windows{n, n}
	}
	m := c.Map()
	need := m.Need("m")
	w := Windows{Need: need.Int(1, 1, mostWindows), Of: m.Need("of").Int(mostWindows, 1, mostWindows)}
	m.Done()
	if w.Need > w.Of {
		need.Must("be at most %d, the windows that are looked at", w.Of)
		w.Of = w.Need
	}
	return w
}

const mostWindows = 1000

// globs reads a name, a glob or a list of them.
func globs(c yamlx.Cursor) []string {
	var out []string
	for _, item := range c.OneOrList() {
		name := item.Name()
		if name == "" {
			continue
		}
		if _, err := path.Match(name, ""); err != nil {
			item.Errorf("glob", "not a glob: %q", name)
			continue
		}
		if slices.Contains(out, name) {
			item.Warnf("duplicate", "%q occurs twice", name)
		}
		out = append(out, name)
	}
	if len(out) == 0 && c.IsList() {
		c.Errorf("value", "the list is empty")
	}
	return out
}

func readSelector(c yamlx.Cursor) Selector {
	if !c.IsMap() {
		return Selector{Names: globs(c)}
	}
	m := c.Map()
	var s Selector
	for _, item := range m.Need("role").OneOrList() {
		if role := item.OneOf("", "feature", "prediction", "label", "metadata"); role != "" {
			s.Roles = append(s.Roles, role)
		}
	}
	m.Done()
	return s
}

// readDimensions reads {country: "*", device: [ios, android]}.
func readDimensions(c yamlx.Cursor) []Dimension {
	var out []Dimension
	for _, e := range c.Map().Entries() {
		d := Dimension{Field: e.Name()}
		for _, item := range e.Value.OneOrList() {
			v, ok := item.Literal()
			if _, err := path.Match(v, ""); err != nil {
				item.Errorf("glob", "not a glob: %q", v)
			} else if ok {
				if slices.Contains(d.Values, v) {
					item.Warnf("duplicate", "%q occurs twice", v)
				}
				d.Values = append(d.Values, v)
			}
		}
		if len(d.Values) == 0 && e.Value.IsList() {
			e.Value.Errorf("value", "the list is empty")
		}
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b Dimension) int { return strings.Compare(a.Field, b.Field) })
	return out
}

// checkNames reports alerts that occur twice for the same monitors.
func (s *Set) checkNames() {
	type name struct{ alert, monitor string }
	first := make(map[name]*Rule, len(s.Rules))
	for _, r := range s.Rules {
		for _, monitor := range r.Monitors {
			n := name{r.Alert, monitor}
			if r.Alert == "" {
				continue // reported as such
			}
			if prev := first[n]; prev != nil && prev != r {
				r.reportTwice(monitor, prev)
			} else {
				first[n] = r
			}
		}
	}
}

func (r *Rule) reportTwice(monitor string, prev *Rule) {
	r.at.alert.Errorf("duplicate", "alert %q is already declared for monitor %q at %s:%d", r.Alert, monitor, prev.File, prev.Line)
}
