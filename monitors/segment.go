package monitors

import (
	"bytes"
	"cmp"
	"hash/fnv"
	"slices"
	"strings"
	"unicode/utf8"

	"driftwatch/monitors/decode"
)

// limiter bounds the segments of one entry of Spec.Segments: those whose values
// the config names stay, then those with the smallest hashes, so that which
// ones stay does not depend on the order of records or on how they were split.
// A segment that stays to the end was never moved, so its counts are complete.
type limiter struct {
	by     []int // field indexes
	names  []string
	limit  int
	other  string            // name of the segment of all the rest
	kept   map[string]string // name -> name, so that a lookup by bytes gives a string
	always map[string]bool   // kept ones that do not count towards the limit
	order  []string          // kept ones that do, by hash
}

func newLimiter(by []int, names []string, limit int) limiter {
	return limiter{
		by: by, names: names, limit: limit, other: otherName(names),
		kept: map[string]string{}, always: map[string]bool{},
	}
}

// add keeps name if it belongs to those that stay; evicted is a kept one that
// has to go for it, or "".
func (l *limiter) add(name string, always bool) (stays bool, evicted string) {
	if always {
		l.kept[name], l.always[name] = name, true
		return true, ""
	}
	at, _ := slices.BinarySearchFunc(l.order, name, compareByHash)
	if at >= l.limit {
		return false, ""
	}
	l.order = slices.Insert(l.order, at, name)
	l.kept[name] = name
	if len(l.order) > l.limit {
		evicted = l.order[l.limit]
		l.order = l.order[:l.limit]
		delete(l.kept, evicted)
	}
	return true, evicted
}

// appendName appends the row's segment: country=BR,device=ios. A value that is
// missing or null is empty.
func (l *limiter) appendName(dst []byte, m *Monitor, r *Row) []byte {
	for i, field := range l.by {
		dst = l.appendPart(dst, i, segmentValue(&m.fields[field], r))
	}
	return dst
}

// appendPart appends the i-th field of a segment's name, and its value.
func (l *limiter) appendPart(dst []byte, i int, value []byte) []byte {
	if i > 0 {
		dst = append(dst, ',')
	}
	dst = append(append(dst, l.names[i]...), '=')
	return appendEscaped(dst, value)
}

// owns reports whether a segment of this name is one of the limiter's: country=BR
// by country, and country,device=<other> by country and device.
func (l *limiter) owns(name string) bool { return name == l.other || SegmentBy(name, l.names) }

// SegmentBy reports whether a segment of this name is made by the given fields, in
// their order.
func SegmentBy(name string, fields []string) bool {
	_, ok := valuesOf(name, fields)
	return ok
}

// valuesOf takes a segment's name apart into the values of its fields, as they
// are written there. It is false for a segment by other fields.
func valuesOf(name string, fields []string) ([]string, bool) {
	values := make([]string, len(fields))
	for i, field := range fields {
		value, ok := strings.CutPrefix(name, field+"=")
		if !ok {
			return nil, false
		}
		end := valueEnd(value)
		if last := i == len(fields)-1; last != (end == len(value)) {
			return nil, false
		}
		values[i], name = value[:end], value[min(end+1, len(value)):]
	}
	return values, true
}

// valueEnd is where an escaped value ends: at a comma that is not its own.
func valueEnd(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case ',':
			return i
		}
	}
	return len(s)
}

func segmentValue(f *boundField, r *Row) []byte {
	v := r.leaves[f.leaf]
	if v.Type == decode.Missing || v.Type == decode.Null {
		return nil
	}
	text, ok := f.text(v)
	if !ok {
		return []byte("<invalid>")
	}
	return text
}

// maxSegmentValue bounds what a value adds to a segment's name.
const maxSegmentValue = 64

func appendEscaped(dst, value []byte) []byte {
	if len(value) > maxSegmentValue {
		value = []byte(strings.ToValidUTF8(string(value[:maxSegmentValue]), ""))
	}
	if !utf8.Valid(value) { // the key and headers of a Kafka record may hold anything
		value = bytes.ToValidUTF8(value, []byte("\uFFFD"))
	}
	for _, b := range value {
		if b == ',' || b == '=' || b == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, b)
	}
	return dst
}

// named reports whether the config names each of the row's values.
func (l *limiter) named(m *Monitor, r *Row) bool {
	for _, i := range l.by {
		f := &m.fields[i]
		if !f.named[string(segmentValue(f, r))] {
			return false
		}
	}
	return true
}

// compareByHash orders strings by their hash, and equal hashes by the strings.
func compareByHash(a, b string) int {
	return cmp.Or(cmp.Compare(hash(a), hash(b)), cmp.Compare(a, b))
}

func hash(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}
