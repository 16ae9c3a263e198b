package monitors

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/decode"
	"driftwatch/monitors/source"
	"driftwatch/monitors/window"
)

// Plan says how the records of one stream reach the fields of its monitors.
// It is immutable and shared by the stream's partitions.
type Plan struct {
	Stream   Stream
	Monitors []*Monitor
	paths    []string         // what the decoder looks for
	meta     []string         // parts of the log's record: $key, $partition, $header.NAME; their leaves follow those of paths
	time     int              // leaf of the event time, or -1
	ignored  []int            // leaves that are never unknown: time and id
	redacted checks.Redaction // of all monitors; nil: none
}

// NewPlan makes the plan of one stream. Each monitor must be of that stream;
// it is bound to the plan's leaves.
func NewPlan(s Stream, ms []*Monitor) (*Plan, error) {
	p := &Plan{Stream: s, Monitors: ms, time: -1}
	p.collectRedacted()
	p.collect(p.names())
	if s.Time != nil {
		p.time = p.leaf(s.Time.Field)
		p.ignored = append(p.ignored, p.time)
	}
	if s.ID != "" {
		p.ignored = append(p.ignored, p.leaf(s.ID))
	}
	for _, m := range ms {
		if err := m.bind(p); err != nil {
			return nil, err
		}
	}
	if _, err := p.NewDecoder(); err != nil {
		return nil, fmt.Errorf("stream %q: %w", s.Name, err)
	}
	return p, nil
}

// names lists every path that somebody wants, with repetitions.
func (p *Plan) names() []string {
	var names []string
	if p.Stream.Time != nil {
		names = append(names, p.Stream.Time.Field)
	}
	if p.Stream.ID != "" {
		names = append(names, p.Stream.ID)
	}
	for _, m := range p.Monitors {
		for _, f := range m.Spec.Fields {
			names = append(names, f.Name)
		}
		for _, c := range m.Spec.Where {
			names = append(names, c.Field)
		}
	}
	return names
}

func (p *Plan) collect(names []string) {
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if isMeta(name) {
			p.meta = append(p.meta, name)
		} else {
			p.paths = append(p.paths, name)
		}
	}
}

func isMeta(name string) bool {
	return name == "$key" || name == "$partition" || strings.HasPrefix(name, "$header.")
}

func (p *Plan) leaf(name string) int {
	if i, ok := slices.BinarySearch(p.meta, name); ok {
		return len(p.paths) + i
	}
	i, ok := slices.BinarySearch(p.paths, name)
	if !ok {
		panic("leaf " + name + " was not collected")
	}
	return i
}

// NewDecoder returns a decoder for one partition.
func (p *Plan) NewDecoder() (decode.Decoder, error) { return decode.New(p.Stream.Format, p.paths) }

// Row holds the leaves of one record. It is for one partition and reused.
type Row struct {
	plan    *Plan
	leaves  []decode.Value
	unknown paths
	number  []byte // scratch of $partition
}

// paths is a list of byte strings in one reused buffer.
type paths struct {
	bytes []byte
	ends  []int
}

func (p *paths) add(path []byte) {
	p.bytes = append(p.bytes, path...)
	p.ends = append(p.ends, len(p.bytes))
}

func (p *paths) at(i int) []byte {
	start := 0
	if i > 0 {
		start = p.ends[i-1]
	}
	return p.bytes[start:p.ends[i]]
}

func (p *paths) reset() { p.bytes, p.ends = p.bytes[:0], p.ends[:0] }

// maxUnknown bounds the unknown paths that are kept of one record.
const maxUnknown = 64

// NewRow returns a row for records of the plan's stream.
func (p *Plan) NewRow() *Row {
	return &Row{plan: p, leaves: make([]decode.Value, len(p.paths)+len(p.meta))}
}

// Leaf implements decode.Visitor.
func (r *Row) Leaf(i int, v decode.Value) { r.leaves[i] = v }

// Unknown implements decode.Visitor.
func (r *Row) Unknown(path []byte) {
	if len(r.unknown.ends) < maxUnknown {
		r.unknown.add(path)
	}
}

// Fill decodes a record into the row. An error is a *decode.Error and leaves
// the row unusable.
func (r *Row) Fill(d decode.Decoder, partition int, rec *source.Record) error {
	clear(r.leaves)
	r.unknown.reset()
	if rec.Value == nil {
		return &decode.Error{Reason: "null", Offset: -1, Detail: "the record has no value (a tombstone)"}
	}
	if err := d.Decode(rec.Value, r); err != nil {
		return err
	}
	for i, name := range r.plan.meta {
		r.leaves[len(r.plan.paths)+i] = r.metaLeaf(name, partition, rec)
	}
	return nil
}

func (r *Row) metaLeaf(name string, partition int, rec *source.Record) decode.Value {
	switch name {
	case "$partition":
		r.number = strconv.AppendInt(r.number[:0], int64(partition), 10)
		return decode.Value{Type: decode.Number, Text: r.number}
	case "$key":
		return bytesLeaf(rec.Key)
	}
	name = strings.TrimPrefix(name, "$header.")
	for i := range rec.Headers {
		if rec.Headers[i].Key == name {
			return bytesLeaf(rec.Headers[i].Value)
		}
	}
	return decode.Value{}
}

func bytesLeaf(b []byte) decode.Value {
	if b == nil {
		return decode.Value{Type: decode.Null}
	}
	return decode.Value{Type: decode.String, Text: b}
}

// beyond is the year 9000, from which on an event time is an error: what is
// reckoned from one stays below the year 10000, where RFC 3339 ends.
const beyond window.Time = 221845392000000

// Time returns the record's event time. An error is a *decode.Error: the time
// is missing, unreadable or impossible, or further ahead of the log's own than
// the stream allows.
func (r *Row) Time(rec *source.Record) (window.Time, error) {
	logged := window.FromTime(rec.Timestamp)
	if r.plan.time < 0 {
		if logged < 0 || logged >= beyond {
			return 0, timeError("the log's own time, %d ms since 1970, is impossible", logged)
		}
		return logged, nil
	}
	t, err := decode.ParseTime(r.leaves[r.plan.time], r.plan.Stream.Time.Layout)
	switch {
	case err != nil:
		return 0, timeError("field %q: %v", r.plan.Stream.Time.Field, err)
	case t >= beyond:
		return 0, timeError("field %q: the time %v is too far in the future", r.plan.Stream.Time.Field, t)
	// A record without a timestamp, of a very old producer, cannot be ahead of it.
	case logged >= 0 && window.Ahead(t, logged, r.plan.Stream.MaxAhead):
		return t, &decode.Error{Reason: "ahead", Offset: -1, Detail: fmt.Sprintf(
			"event time %v is more than %v after the log's own time %v", t, r.plan.Stream.MaxAhead, logged)}
	}
	return t, nil
}

func timeError(format string, args ...any) *decode.Error {
	return &decode.Error{Reason: "time", Offset: -1, Detail: fmt.Sprintf(format, args...)}
}
