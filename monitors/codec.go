package monitors

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/profile"
	"driftwatch/monitors/window"
)

// paneVersion is the first byte of an encoded pane. One of the version before has
// one cut, and the length of a window.
const (
	paneVersion  = 4
	paneVersion3 = 3
)

// ErrShape says that a pane was not made by a monitor that counts the same of the
// same records, or by another version of this program.
var ErrShape = errors.New("it is a pane of another monitor")

// Flush brings the pane's profiles up to date. A pane that is flushed and no
// longer observed may be read by several goroutines.
func (p *Pane) Flush() {
	p.ids.Settle()
	for _, c := range p.segments {
		c.flush()
	}
}

// AppendBinary appends the pane's canonical encoding: equal records give equal
// bytes, save for the cuts. Profiles carry their own checksums.
func (p *Pane) AppendBinary(dst []byte) ([]byte, error) {
	p.Flush()
	cuts, err := json.Marshal(p.Cuts)
	if err != nil {
		return dst, fmt.Errorf("encode pane: %w", err)
	}
	dst = append(dst, paneVersion)
	dst = append(dst, p.monitor.shape[:]...)
	dst = binary.AppendVarint(dst, int64(p.Start))
	dst = appendBytes(dst, cuts)
	dst = binary.AppendVarint(dst, int64(p.End))
	ids, err := p.ids.AppendBinary(nil)
	if err != nil {
		return dst, fmt.Errorf("encode pane: %w", err)
	}
	dst = appendBytes(dst, ids)
	names := p.names()
	dst = binary.AppendUvarint(dst, uint64(len(names)))
	for _, name := range names {
		dst = appendBytes(dst, []byte(name))
		entry, flag := p.place(name)
		dst = append(binary.AppendUvarint(dst, uint64(entry)), flag)
		if dst, err = p.segments[name].appendBinary(dst); err != nil {
			return dst, fmt.Errorf("encode pane: %w", err)
		}
	}
	return dst, nil
}

// How a segment is kept.
const (
	flagPlain byte = iota // the whole stream, "other", or one that counts towards the limit
	flagAlways
)

// place says which entry of Spec.Segments (from 1; 0 for none) keeps a segment.
func (p *Pane) place(segment string) (entry int, flag byte) {
	for i := range p.limits {
		if p.limits[i].always[segment] {
			return i + 1, flagAlways
		}
		if _, ok := p.limits[i].kept[segment]; ok {
			return i + 1, flagPlain
		}
	}
	return 0, flagPlain
}

func (c *counts) appendBinary(dst []byte) ([]byte, error) {
	dst = binary.AppendUvarint(dst, c.rows)
	dst = binary.AppendUvarint(dst, c.unknownRows)
	dst = binary.AppendUvarint(dst, uint64(len(c.unknown.names)))
	for _, name := range c.unknown.names {
		dst = appendBytes(dst, []byte(name))
	}
	var scratch []byte
	for _, f := range c.fields {
		var err error
		if scratch, err = f.AppendBinary(scratch[:0]); err != nil {
			return dst, err
		}
		dst = appendBytes(dst, scratch)
	}
	return dst, nil
}

func appendBytes(dst, b []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

// DecodePane reads what AppendBinary wrote for a monitor of the same shape. A pane
// of another one is ErrShape.
func (m *Monitor) DecodePane(b []byte) (*Pane, error) {
	r := reader{b: b}
	version, _, start := r.byte(), r.shape(), window.Time(r.varint())
	if !m.Made(b) {
		return nil, fmt.Errorf("decode pane of %q: %w", m.Spec.Name, cmp.Or(r.err, ErrShape))
	}
	cuts, err := r.cuts(version)
	if err != nil {
		return nil, fmt.Errorf("decode pane of %q: %w", m.Spec.Name, err)
	}
	end := m.Windows().End(start)
	if version != paneVersion3 {
		end = window.Time(r.varint())
	}
	ids, err := profile.DecodeIDs(r.bytes())
	if err != nil {
		return nil, fmt.Errorf("decode pane of %q: its ids: %w", m.Spec.Name, err)
	}
	p := m.NewSpan(start, end)
	p.Cuts, p.ids = cuts, *ids
	for n := r.uvarint(); n > 0 && r.err == nil; n-- {
		name, entry, flag := string(r.bytes()), r.uvarint(), r.byte()
		c, err := m.decodeCounts(&r)
		if err != nil {
			return nil, fmt.Errorf("decode pane of %q: segment %q: %w", m.Spec.Name, name, err)
		}
		if err := p.restore(name, entry, flag == flagAlways); err != nil {
			return nil, fmt.Errorf("decode pane of %q: %w", m.Spec.Name, err)
		}
		p.segments[name] = c
	}
	if r.err == nil && len(r.b) > 0 {
		r.err = errors.New("bytes are left over")
	}
	if r.err != nil {
		return nil, fmt.Errorf("decode pane of %q: %w", m.Spec.Name, r.err)
	}
	return p, nil
}

// Made reports whether a monitor that counts the same of the same records encoded
// the pane.
func (m *Monitor) Made(pane []byte) bool {
	r := reader{b: pane}
	version := r.byte()
	return (version == paneVersion || version == paneVersion3) && r.shape() == m.shape
}

// DecodeCuts reads only the cuts of an encoded pane, of whatever monitor. One of
// an earlier version has none.
func DecodeCuts(b []byte) ([]checks.Cut, error) {
	r := reader{b: b}
	version := r.byte()
	if version < paneVersion {
		return nil, r.err
	}
	r.shape()
	r.varint()
	cuts, err := r.cuts(version)
	if err != nil {
		return nil, fmt.Errorf("decode a pane: %w", err)
	}
	return cuts, nil
}

func (r *reader) cuts(version byte) (cuts []checks.Cut, err error) {
	b := r.bytes()
	if r.err != nil {
		return nil, r.err
	}
	if version == paneVersion3 {
		cuts = make([]checks.Cut, 1)
		err = json.Unmarshal(b, &cuts[0])
	} else {
		err = json.Unmarshal(b, &cuts)
	}
	if err != nil {
		return nil, fmt.Errorf("its cuts: %w", err)
	}
	return cuts, nil
}

// restore tells the limiter of a decoded segment about it.
func (p *Pane) restore(name string, entry uint64, always bool) error {
	if entry == 0 {
		return nil
	}
	if entry > uint64(len(p.limits)) {
		return fmt.Errorf("segment %q belongs to entry %d of %d", name, entry, len(p.limits))
	}
	if stays, evicted := p.limits[entry-1].add(name, always); !stays || evicted != "" {
		return errors.New("it has more segments than its limit")
	}
	return nil
}

func (m *Monitor) decodeCounts(r *reader) (*counts, error) {
	c := m.newCounts()
	c.rows, c.unknownRows = r.uvarint(), r.uvarint()
	for n := r.uvarint(); n > 0 && r.err == nil; n-- {
		c.unknown.add(string(r.bytes()))
	}
	for i := range c.fields {
		b := r.bytes()
		if r.err != nil {
			return nil, r.err
		}
		f, err := profile.Decode(b)
		if err == nil && f.Kind() != m.fields[i].Type {
			err = fmt.Errorf("it is a %v, not a %v", f.Kind(), m.fields[i].Type)
		}
		if err != nil {
			return nil, fmt.Errorf("field %q: %w", m.fields[i].Name, err)
		}
		c.fields[i] = f
	}
	return c, r.err
}

// reader walks an encoding; after the first fault it returns zeros.
type reader struct {
	b   []byte
	err error
}

var errTruncated = errors.New("it is cut off")

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.err = errTruncated
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	r.advance(n)
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	r.advance(n)
	return v
}

func (r *reader) advance(n int) {
	if n <= 0 {
		r.err, r.b = errTruncated, nil
		return
	}
	r.b = r.b[n:]
}

func (r *reader) bytes() []byte {
	n := r.uvarint()
	if r.err != nil || n > uint64(len(r.b)) {
		r.err, r.b = errTruncated, nil
		return nil
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

// shape reads a shape.
func (r *reader) shape() (s shape) {
	if len(r.b) < len(s) {
		r.err, r.b = errTruncated, nil
		return s
	}
	r.b = r.b[copy(s[:], r.b):]
	return s
}
