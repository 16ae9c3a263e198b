package monitors

import (
	"bytes"
	"slices"
	"strconv"

	"driftwatch/monitors/decode"
	"driftwatch/monitors/profile"
	"driftwatch/monitors/window"
)

// Monitor is a Spec that is ready to count: bound to the leaves of its stream
// and to its reference. It is immutable once its Plan is made.
type Monitor struct {
	Spec      Spec
	Reference *Baseline // of a file; nil: none

	fields   []boundField
	where    []boundCondition
	segments [][]int // field indexes of each entry of Spec.Segments
	id       int     // leaf of the record's id, or -1 where nobody asks for it
	identity string
	shape    shape
	foreign  []int // leaves that other monitors of the stream declare and this one does not
}

type boundField struct {
	*Field
	leaf    int
	allowed map[string]bool // nil: any
	named   map[string]bool // values whose segments are kept whatever their number
	guide   *profile.Guide
	words   [2][]byte // false and true, so that a boolean costs no allocation
}

type boundCondition struct {
	leaf  int
	value []byte
}

// Windows returns the shape of the monitor's windows.
func (m *Monitor) Windows() window.Shape { return m.Spec.Window.Shape() }

func (m *Monitor) bind(p *Plan) error {
	s := &m.Spec
	m.id = -1
	if p.Stream.ID != "" && s.counts("duplicates") {
		m.id = p.leaf(p.Stream.ID)
	}
	m.shape = m.computeShape()
	m.identity = m.computeIdentity(p.Stream.ID)
	known := slices.Clone(p.ignored)
	m.fields, m.where, m.segments, m.foreign = nil, nil, nil, nil
	for i := range s.Fields {
		f := boundField{
			Field: &s.Fields[i], leaf: p.leaf(s.Fields[i].Name), words: [2][]byte{[]byte("false"), []byte("true")},
		}
		if f.Allowed != nil {
			f.allowed = set(f.Allowed)
		}
		f.named = set(s.NamedValues(f.Field))
		if ref := m.Reference.Profile(f.Name); ref != nil {
			f.guide, _ = ref.Guide()
		}
		m.fields = append(m.fields, f)
		known = append(known, f.leaf)
	}
	for _, c := range s.Where {
		leaf := p.leaf(c.Field)
		m.where = append(m.where, boundCondition{leaf, []byte(c.Value)})
		known = append(known, leaf)
	}
	for i := range p.paths {
		if !slices.Contains(known, i) {
			m.foreign = append(m.foreign, i)
		}
	}
	return m.bindSegments()
}

func set(values []string) map[string]bool {
	s := map[string]bool{}
	for _, v := range values {
		s[v] = true
	}
	return s
}

func (m *Monitor) bindSegments() error {
	for _, names := range m.Spec.Segments {
		var by []int
		for _, name := range names {
			i := slices.IndexFunc(m.Spec.Fields, func(f Field) bool { return f.Name == name })
			if i < 0 {
				return &FieldError{Monitor: m.Spec.Name, Field: name}
			}
			by = append(by, i)
		}
		m.segments = append(m.segments, by)
	}
	return nil
}

// FieldError says that a monitor segments by a field that it does not declare.
type FieldError struct{ Monitor, Field string }

func (e *FieldError) Error() string {
	return "monitor " + e.Monitor + " has no field " + e.Field + " to segment by"
}

// Selects reports whether the row meets all conditions of where.
func (m *Monitor) Selects(r *Row) bool {
	for _, c := range m.where {
		v := r.leaves[c.leaf]
		switch v.Type {
		case decode.String, decode.Number:
			if !bytes.Equal(v.Text, c.value) {
				return false
			}
		case decode.Bool:
			if strconv.FormatBool(v.Bool) != string(c.value) {
				return false
			}
		default:
			return false
		}
	}
	return true
}
