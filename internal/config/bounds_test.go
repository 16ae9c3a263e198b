package config

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"driftwatch/monitors"
	"driftwatch/monitors/reference"
	"driftwatch/monitors/source"
)

// counted is what a monitor made of many records in one pane.
type counted struct {
	ref    *reference.Reference
	rows   uint64
	bytes  float64 // that the pane takes
	budget float64 // of one open window in one partition
}

// count reads records 0 to n-1 as a monitor of a stream "s" does.
func count(t *testing.T, monitor string, n int, record func(i int) []byte) counted {
	t.Helper()
	cfg := loadFiles(t, `
-- driftwatch.yaml --
kafka: {brokers: ["localhost:9092"]}
monitors: [m.yaml]
-- m.yaml --
streams: [{name: s, topic: t}]
monitors: [{name: m, stream: s, window: {size: 1h}, `+monitor+`}]
`)
	plan, err := monitors.NewPlan(cfg.Streams[0], []*monitors.Monitor{{Spec: cfg.Monitors[0]}})
	if err != nil {
		t.Fatal(err)
	}
	decoder, err := plan.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	row, rec := plan.NewRow(), source.Record{Timestamp: time.Unix(0, 0)}
	before := heap()
	pane := plan.Monitors[0].NewPane(0)
	for i := range n {
		rec.Value = record(i)
		if err := row.Fill(decoder, 0, &rec); err != nil {
			t.Fatal(err)
		}
		pane.Observe(row)
	}
	c := counted{rows: pane.Rows(), bytes: heap() - before, budget: float64(cfg.Memory.Estimate) / partitions}
	if c.ref, err = pane.Reference(); err != nil {
		t.Fatal(err)
	}
	runtime.KeepAlive(pane)
	if c.bytes > c.budget {
		t.Errorf("it takes %.1f MB, and %.1f are estimated", c.bytes/1e6, c.budget/1e6)
	}
	t.Logf("%d rows take %.1f MB of %.1f estimated", c.rows, c.bytes/1e6, c.budget/1e6)
	return c
}

// A million values of the field that makes segments: those that the monitor
// names and the first by hash are complete, and the rest is one segment.
func TestMillionSegments(t *testing.T) {
	const n = 1_000_000
	var b []byte
	c := count(t, `max_segments: 10, segments: [[user]], buckets: 64,
    fields: [{name: user, type: category, allowed: [u0]}, {name: x, type: number}]`, n, func(i int) []byte {
		b = fmt.Appendf(b[:0], `{"user":"u%d","x":%d}`, i*7919%n, i) // each once
		return b
	})
	if c.rows != n || len(c.ref.Segments) != 12 {
		t.Fatalf("%d rows in %d segments, want %d in 12", c.rows, len(c.ref.Segments), n)
	}
	rest := uint64(n)
	for _, s := range c.ref.Segments {
		if s.Name != "user=<other>" {
			rest--
			if s.Rows != 1 {
				t.Errorf("segment %q has %d rows, want 1", s.Name, s.Rows)
			}
		}
	}
	for _, s := range c.ref.Segments {
		if s.Name == "user=<other>" && s.Rows != rest {
			t.Errorf("the other segments have %d rows, want %d", s.Rows, rest)
		}
	}
	if !slices.ContainsFunc(c.ref.Segments, func(s reference.Segment) bool { return s.Name == "user=u0" }) {
		t.Error("the segment that the configuration names is not kept")
	}
}

// A million categories: all rows are counted, and how many differ is estimated.
func TestMillionCategories(t *testing.T) {
	const n = 1_000_000
	var b []byte
	c := count(t, `fields: [{name: id, type: category}, {name: note, type: text}]`, n, func(i int) []byte {
		b = fmt.Appendf(b[:0], `{"id":"%064d","note":"%d %s"}`, i, i, strings.Repeat("x", 200))
		return b
	})
	for _, f := range c.ref.Fields {
		distinct, exact := f.Profile.Distinct()
		if got := f.Profile.Counts(); got.Present != n || got.Rows != n || exact || distinct < n*95/100 || distinct > n*105/100 {
			t.Errorf("field %q: %+v with %d distinct values, exact: %v", f.Name, got, distinct, exact)
		}
	}
}

// Records of 2,000 fields, for a monitor that watches all of them and for one
// that watches one.
func TestTwoThousandFields(t *testing.T) {
	const fields, n = 2000, 500
	var declared strings.Builder
	for f := range fields {
		fmt.Fprintf(&declared, "{name: f%d, type: number},", f)
	}
	var b bytes.Buffer
	record := func(i int) []byte {
		b.Reset()
		b.WriteString(`{"f0":`)
		fmt.Fprintf(&b, "%d", i)
		for f := 1; f < fields; f++ {
			fmt.Fprintf(&b, `,"f%d":%d`, f, i*f)
		}
		b.WriteByte('}')
		return b.Bytes()
	}
	all := count(t, "buckets: 1024, max_series: 100000, fields: ["+declared.String()+"]", n, record)
	if len(all.ref.Fields) != fields {
		t.Fatalf("%d fields", len(all.ref.Fields))
	}
	for _, f := range all.ref.Fields {
		distinct, exact := f.Profile.Distinct()
		if got := f.Profile.Counts(); got.Present != n || distinct != n || !exact {
			t.Errorf("field %q: %+v with %d distinct values, exact: %v", f.Name, got, distinct, exact)
		}
	}
	one := count(t, "fields: [{name: f7, type: number}]", n, record)
	if got := one.ref.Fields[0].Profile.Counts(); got.Present != n || one.ref.UnknownRows == nil || *one.ref.UnknownRows != n {
		t.Errorf("the field: %+v; rows with unknown fields: %v", got, one.ref.UnknownRows)
	}
}
