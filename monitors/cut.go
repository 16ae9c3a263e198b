package monitors

import "driftwatch/monitors/reference"

// Cut returns how data files that are to be the monitor's reference are cut: as
// the monitor's panes cut records. Conditions on the log's own part of a record,
// its key, headers and partition, are left out: files have none.
func (s *Spec) Cut() *reference.Cut {
	c := &reference.Cut{}
	for _, w := range s.Where {
		if !isMeta(w.Field) {
			c.Where = append(c.Where, reference.Condition{Field: w.Field, Value: w.Value})
		}
	}
	if len(s.Segments) > 0 {
		c.Segments = func() reference.Segments { return newFileSegments(s) }
	}
	return c
}

// fileSegments names the segments of rows of data files.
type fileSegments struct {
	spec   *Spec
	limits []limiter
	named  map[string]map[string]bool // by field: values whose segments are kept whatever their number
	key    []byte                     // scratch
}

func newFileSegments(s *Spec) *fileSegments {
	f := &fileSegments{spec: s, named: map[string]map[string]bool{}}
	for _, names := range s.Segments {
		f.limits = append(f.limits, newLimiter(nil, names, s.MaxSegments))
	}
	for i := range s.Fields {
		f.named[s.Fields[i].Name] = set(s.NamedValues(&s.Fields[i]))
	}
	return f
}

// By implements reference.Segments.
func (f *fileSegments) By() [][]string { return f.spec.Segments }

// Meet implements reference.Segments.
func (f *fileSegments) Meet(entry int, values [][]byte) {
	l := &f.limits[entry]
	f.key = f.appendName(f.key[:0], l, values)
	if _, ok := l.kept[string(f.key)]; !ok {
		l.add(string(f.key), f.isNamed(l, values))
	}
}

// Name implements reference.Segments.
func (f *fileSegments) Name(entry int, values [][]byte) string {
	l := &f.limits[entry]
	f.key = f.appendName(f.key[:0], l, values)
	if name, ok := l.kept[string(f.key)]; ok {
		return name
	}
	return l.other
}

func (f *fileSegments) appendName(dst []byte, l *limiter, values [][]byte) []byte {
	for i, v := range values {
		dst = l.appendPart(dst, i, v)
	}
	return dst
}

// isNamed reports whether the monitor's file names each of the values.
func (f *fileSegments) isNamed(l *limiter, values [][]byte) bool {
	for i, v := range values {
		if !f.named[l.names[i]][string(v)] {
			return false
		}
	}
	return true
}
