// Package digest is a window's result in a few bytes: of each check its value, its
// interval and its verdict. A page shows hundreds of windows at once, and reading
// all that is stored of them would take seconds. A digest says nothing that the
// result does not say.
package digest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"maps"
	"math"
	"slices"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/window"
)

// Verdict is what one check says, from the best to the worst.
type Verdict uint8

// The verdicts.
const (
	Unknown   Verdict = iota // nothing could be judged
	Steady                   // or a check that gives no verdict
	Uncertain                // the profile is too coarse to tell
	Violation                // of a limit that the user wrote
	Drift
)

// Of returns the verdict of a result.
func Of(r checks.Result) Verdict {
	switch {
	case r.Skipped != "" && r.Drift == nil:
		return Unknown
	case r.Violation:
		return Violation
	case r.Drift != nil && *r.Drift:
		return Drift
	case r.Uncertain:
		return Uncertain
	}
	return Steady
}

// Window is the head of a digest, for one segment.
type Window struct {
	Start, End window.Time
	Rows       uint64
	Partial    bool
	Found      bool // the window has the segment
}

// Cell is one check of one field.
type Cell struct {
	Field            string // "" of a check without a field
	Check            string // name of the result
	Verdict          Verdict
	Value, Low, High float64 // 0 where Unknown or Redacted
	Redacted         bool    // there is a value, which may not be shown
}

// The first byte of a digest.
const version = 1

// Bits of a cell beside its verdict.
const (
	verdictBits = 7
	interval    = 8  // low and high differ from the value
	redacted    = 16 // the value is left out
)

const flagPartial = 1

// Append appends the digest of a window. Of fields that were redacted when it
// closed it has no values.
func Append(dst []byte, w *checks.Window) []byte {
	w = checks.Redaction(nil).Window(w)
	names := namesOf(w)
	var flags byte
	if w.Partial {
		flags |= flagPartial
	}
	dst = append(dst, version, flags)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(w.Start))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(w.End))
	var table []byte
	index := make(map[string]uint64, len(names))
	for i, name := range names {
		index[name] = uint64(i)
		table = appendBytes(table, name)
	}
	dst = appendBytes(dst, string(table))
	for i := range w.Segments {
		s := &w.Segments[i]
		dst = appendBytes(dst, s.Name)
		dst = binary.AppendUvarint(dst, s.Rows)
		dst = appendBytes(dst, string(appendSegment(nil, s, index)))
	}
	return dst
}

// namesOf lists the names of all fields and results of the window.
func namesOf(w *checks.Window) []string {
	all := map[string]bool{"": true}
	for i := range w.Segments {
		for name := range w.Segments[i].Checks {
			all[name] = true
		}
		for _, f := range w.Segments[i].Fields {
			all[f.Name] = true
			for name := range f.Checks {
				all[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// appendSegment appends the results by check, so that a reader can pass over all
// checks but one.
func appendSegment(dst []byte, s *checks.Segment, index map[string]uint64) []byte {
	by := map[string][]byte{}
	add := func(field string, results map[string]checks.Result) {
		for name, r := range results {
			by[name] = appendCell(by[name], index[field], r)
		}
	}
	add("", s.Checks)
	for _, f := range s.Fields {
		add(f.Name, f.Checks)
	}
	for _, name := range slices.Sorted(maps.Keys(by)) {
		dst = binary.AppendUvarint(dst, index[name])
		dst = appendBytes(dst, string(by[name]))
	}
	return dst
}

func appendCell(dst []byte, field uint64, r checks.Result) []byte {
	bits := byte(Of(r))
	exact := r.Low == r.Value && r.High == r.Value
	if !exact {
		bits |= interval
	}
	if r.Skipped == checks.Redacted {
		bits |= redacted
	}
	dst = append(binary.AppendUvarint(dst, field), bits)
	if r.Skipped != "" {
		return dst
	}
	dst = appendFloat(dst, r.Value)
	if !exact {
		dst = appendFloat(appendFloat(dst, r.Low), r.High)
	}
	return dst
}

func appendFloat(dst []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v))
}

func appendBytes(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// ErrDamaged says that bytes are no digest.
var ErrDamaged = errors.New("the digest of a window is damaged")

// Reader reads digests. Those of one monitor mostly have the same names, which it
// keeps from one to the next.
type Reader struct {
	Redact checks.Redaction // values that are left out of cells
	table  []byte
	names  []string
}

// Read calls each for the results of a segment: those of one check, or of all with
// "". Cells of one check come in the order of the fields.
func (r *Reader) Read(b []byte, segment, check string, each func(Cell)) (w Window, err error) {
	d, w, err := r.open(b)
	if err != nil {
		return w, err
	}
	for len(d.rest) > 0 && !d.bad {
		name, rows, body := d.bytes(), d.uvarint(), d.bytes()
		if string(name) == segment && !d.bad {
			w.Rows, w.Found = rows, true
			return w, r.segment(body, check, each)
		}
	}
	if d.bad {
		return w, ErrDamaged
	}
	return w, nil
}

// Each calls each for the results of all segments, and returns the head of the
// whole stream.
func (r *Reader) Each(b []byte, each func(segment string, c Cell)) (w Window, err error) {
	d, w, err := r.open(b)
	for err == nil && len(d.rest) > 0 && !d.bad {
		name, rows, body := string(d.bytes()), d.uvarint(), d.bytes()
		if name == "" {
			w.Rows, w.Found = rows, true
		}
		err = r.segment(body, "", func(c Cell) { each(name, c) })
	}
	if d.bad {
		err = ErrDamaged
	}
	return w, err
}

// open reads what comes before the segments.
func (r *Reader) open(b []byte) (d decoder, w Window, err error) {
	d = decoder{rest: b}
	if d.byte() != version {
		return d, w, ErrDamaged
	}
	w.Partial = d.byte()&flagPartial != 0
	w.Start, w.End = window.Time(d.fixed()), window.Time(d.fixed())
	if !r.learn(d.bytes()) {
		return d, w, ErrDamaged
	}
	return d, w, nil
}

// learn reads the table of names.
func (r *Reader) learn(table []byte) bool {
	if r.names != nil && bytes.Equal(table, r.table) {
		return true
	}
	r.table, r.names = bytes.Clone(table), nil
	d := decoder{rest: table}
	for len(d.rest) > 0 && !d.bad {
		r.names = append(r.names, string(d.bytes()))
	}
	return !d.bad && len(r.names) > 0
}

func (r *Reader) segment(b []byte, check string, each func(Cell)) error {
	d := decoder{rest: b}
	for len(d.rest) > 0 && !d.bad {
		at, body := d.uvarint(), d.bytes()
		if at >= uint64(len(r.names)) || d.bad {
			return ErrDamaged
		}
		if check != "" && r.names[at] != check {
			continue
		}
		if !r.cells(body, r.names[at], each) {
			return ErrDamaged
		}
	}
	if d.bad {
		return ErrDamaged
	}
	return nil
}

func (r *Reader) cells(b []byte, check string, each func(Cell)) bool {
	d := decoder{rest: b}
	for len(d.rest) > 0 && !d.bad {
		field, bits := d.uvarint(), d.byte()
		if field >= uint64(len(r.names)) {
			return false
		}
		c := Cell{Field: r.names[field], Check: check, Verdict: Verdict(bits & verdictBits)}
		if c.Verdict > Drift {
			return false
		}
		if c.Redacted = bits&redacted != 0; c.Verdict != Unknown && !c.Redacted {
			c.Value = d.float()
			c.Low, c.High = c.Value, c.Value
			if bits&interval != 0 {
				c.Low, c.High = d.float(), d.float()
			}
		}
		if r.Redact.Hides(c.Field, check) {
			c.Value, c.Low, c.High, c.Redacted = 0, 0, 0, true
		}
		if !d.bad {
			each(c)
		}
	}
	return !d.bad
}

// decoder takes values off the front of bytes; once something is missing it is bad
// and all that it returns is zero.
type decoder struct {
	rest []byte
	bad  bool
}

func (d *decoder) take(n uint64) []byte {
	if uint64(len(d.rest)) < n {
		d.bad, d.rest = true, nil
		return nil
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) byte() byte {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) fixed() uint64 {
	if b := d.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (d *decoder) float() float64 { return math.Float64frombits(d.fixed()) }

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 {
		d.bad, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) bytes() []byte { return d.take(d.uvarint()) }
