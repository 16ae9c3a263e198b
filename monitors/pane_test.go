package monitors

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/decode"
	"driftwatch/monitors/profile"
	"driftwatch/monitors/source"
)

func ptr(x float64) *float64 { return &x }

// testMonitor has a field of each type, segments with a small limit, and limits.
func testMonitor(t testing.TB, change func(*Spec)) (*Plan, *Monitor) {
	t.Helper()
	spec := Spec{
		Name: "m", Stream: "s", Alpha: 0.001, Buckets: 64, UnknownFields: true, MaxSegments: 2,
		Window:   Window{Size: time.Minute, Pane: time.Minute, MaxOpen: 4},
		Segments: [][]string{{"c"}, {"c", "b"}},
		Fields: []Field{
			{Name: "x", Type: profile.Number, Min: ptr(0), Max: ptr(100)},
			{Name: "deep.y", Type: profile.Number, Coerce: true},
			{Name: "c", Type: profile.Category, Allowed: []string{"a", "z"}},
			{Name: "b", Type: profile.Boolean},
			{Name: "when", Type: profile.Timestamp},
		},
	}
	if change != nil {
		change(&spec)
	}
	m := &Monitor{Spec: spec}
	p, err := NewPlan(Stream{Name: "s", Topic: "t", Format: "json", ID: "id"}, []*Monitor{m})
	if err != nil {
		t.Fatal(err)
	}
	return p, m
}

type feeder struct {
	t   testing.TB
	d   decode.Decoder
	row *Row
}

func newFeeder(t testing.TB, p *Plan) *feeder {
	d, err := p.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	return &feeder{t, d, p.NewRow()}
}

func (f *feeder) feed(p *Pane, payload string) {
	f.t.Helper()
	if err := f.row.Fill(f.d, 3, &source.Record{Key: []byte("k"), Value: []byte(payload)}); err != nil {
		f.t.Fatal(err)
	}
	p.Observe(f.row)
}

func encode(t testing.TB, p *Pane) []byte {
	t.Helper()
	b, err := p.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// record draws a payload: values missing, null, invalid, of many segments, with
// unknown fields.
func record(t *rapid.T) string {
	var parts []string
	for name, gen := range map[string][]string{
		"id": {`"r1"`, `"r2"`, "7", `"7"`, "null", `""`, "{}", "true"},
		"x":  {"1", "2.5", "-7", "1e300", "null", `"no"`}, "deep": {`{"y":"12"}`, `{"y":3,"z":1}`, "{}", "7"},
		"c": {`"a"`, `"z"`, `"u,v=w"`, `"1"`, `"2"`, `"3"`, "4", "null", "true", "[]"}, "b": {"true", "false", "1"},
		"when": {"1700000000", `"2026-01-02T03:04:05Z"`, `"soon"`}, "extra": {"1"}, "more": {"{}"},
	} {
		if v := rapid.SampledFrom(append(gen, "")).Draw(t, name); v != "" {
			parts = append(parts, fmt.Sprintf("%q:%s", name, v))
		}
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// Any order, any split and any merge of the same records gives the same bytes,
// with segments that come and go at the limit.
func TestPaneIsAFunctionOfItsRecords(t *testing.T) {
	plan, m := testMonitor(t, nil)
	f := newFeeder(t, plan)
	rapid.Check(t, func(t *rapid.T) {
		records := rapid.SliceOfN(rapid.Custom(record), 0, 60).Draw(t, "records")
		whole := m.NewPane(0)
		for _, r := range records {
			f.feed(whole, r)
		}
		want := encode(f.t, whole)

		parts := make([]*Pane, rapid.IntRange(1, 4).Draw(t, "parts"))
		for i := range parts {
			parts[i] = m.NewPane(0)
		}
		for _, r := range rapid.Permutation(records).Draw(t, "order") {
			f.feed(parts[rapid.IntRange(0, len(parts)-1).Draw(t, "part")], r)
		}
		merged := m.NewPane(0)
		for _, p := range rapid.Permutation(parts).Draw(t, "merge order") {
			back, err := m.DecodePane(encode(f.t, p))
			if err != nil {
				t.Fatal(err)
			}
			if err := merged.Merge(back); err != nil {
				t.Fatal(err)
			}
		}
		if got := encode(f.t, merged); !bytes.Equal(got, want) {
			t.Fatalf("%d records in %d parts are other bytes: segments %q and %q", len(records), len(parts), merged.names(), whole.names())
		}
	})
}

func TestSegmentsKeepTheirCounts(t *testing.T) {
	plan, m := testMonitor(t, func(s *Spec) { s.Segments = [][]string{{"c"}} })
	f := newFeeder(t, plan)
	p := m.NewPane(0)
	for i := range 100 {
		f.feed(p, fmt.Sprintf(`{"c":"s%d","x":%d}`, i%10, i))
		f.feed(p, `{"c":"a"}`)
	}
	var rows uint64
	for _, name := range p.names() {
		if name == "" {
			continue
		}
		rows += p.segments[name].rows
		if name != "c=<other>" && name != "c=a" && p.segments[name].rows != 10 {
			t.Errorf("segment %s has %d rows, want 10", name, p.segments[name].rows)
		}
	}
	if len(p.segments) != 5 || rows != 200 || p.segments["c=a"].rows != 100 || p.segments["c=<other>"].rows != 80 {
		t.Errorf("segments %q with %d rows in all", p.names(), rows)
	}
}

func TestFieldCounts(t *testing.T) {
	plan, m := testMonitor(t, nil)
	f := newFeeder(t, plan)
	p := m.NewPane(0)
	for _, r := range []string{
		`{"x":1,"deep":{"y":"12"},"c":"a","b":true,"when":1700000000}`,
		`{"x":101,"deep":{"y":"twelve"},"c":7,"b":"true","when":"2023-11-14T22:13:20Z"}`,
		`{"x":"1","deep":{"y":null},"c":"q","b":0}`,
		`{"x":null,"c":false}`,
		`{}`,
	} {
		f.feed(p, r)
	}
	p.Flush()
	for i, want := range []profile.Counts{
		{Rows: 5, Present: 2, Null: 1, Missing: 1, Invalid: 1, OutOfRange: 1},
		{Rows: 5, Present: 1, Null: 1, Missing: 2, Invalid: 1},
		{Rows: 5, Present: 4, Missing: 1, NotAllowed: 3},
		{Rows: 5, Present: 1, Missing: 2, Invalid: 2},
		{Rows: 5, Present: 2, Missing: 3},
	} {
		if got := p.field("", i).Counts(); got != want {
			t.Errorf("field %s: %+v, want %+v", m.Spec.Fields[i].Name, got, want)
		}
	}
	if mean, _ := p.field("", 4).Mean(); mean != 1700000000 {
		t.Errorf("the mean time is %v", mean)
	}
}

// What has no id is a row and no duplicate.
func TestIDs(t *testing.T) {
	plan, m := testMonitor(t, func(s *Spec) {
		s.Segments = [][]string{{"b"}}
		s.Where = []Condition{{Field: "c", Value: "a"}}
	})
	f := newFeeder(t, plan)
	p := m.NewPane(0)
	for _, r := range []string{
		`{"c":"a","b":true,"id":"r1"}`, `{"c":"a","b":true,"id":"r1"}`, `{"c":"a","b":false,"id":"7"}`, `{"c":"a","b":true,"id":7}`,
		`{"c":"a","b":true}`, `{"c":"a","b":true}`, `{"c":"a","id":null}`, `{"c":"a","id":null}`, `{"c":"a","id":""}`, `{"c":"a","id":""}`,
		`{"c":"a","id":{"a":1}}`, `{"c":"a","id":[1]}`, `{"c":"a","id":[1]}`, `{"c":"a","id":true}`, `{"c":"a","id":true}`,
		`{"c":"z","id":"r1"}`, // another model's
	} {
		f.feed(p, r)
	}
	w := m.Evaluate(Closing{Pane: p})
	if got := w.Whole().Checks["duplicates"]; got.Value != 2./15 || got.Low != got.High {
		t.Errorf("duplicates %+v, want 2 of 15", got)
	}
	for _, s := range w.Segments[1:] {
		for _, name := range []string{"duplicates", "freshness"} {
			if _, ok := s.Checks[name]; ok {
				t.Errorf("segment %s has %s", s.Name, name)
			}
		}
	}
}

// Ids take memory only where somebody asks for duplicates of a stream that has
// some.
func TestIDsAreKeptWhereAskedFor(t *testing.T) {
	for _, c := range []struct {
		id     string
		checks []Check
		want   bool
	}{
		{"id", nil, true},
		{"id", []Check{{Name: "duplicates"}}, true},
		{"id", []Check{{Name: "nulls"}}, false},
		{"", nil, false},
	} {
		m := &Monitor{Spec: Spec{Name: "m", Stream: "s", Checks: c.checks, Fields: []Field{{Name: "x", Type: profile.Number}}, Window: Window{Size: time.Minute, Pane: time.Minute}}}
		plan, err := NewPlan(Stream{Name: "s", Format: "json", ID: c.id}, []*Monitor{m})
		if err != nil {
			t.Fatal(err)
		}
		p := m.NewPane(0)
		newFeeder(t, plan).feed(p, `{"id":"a","x":1}`)
		_, computed := m.Evaluate(Closing{Pane: p}).Whole().Checks["duplicates"]
		if kept := p.ids.Counts().Total == 1; kept != c.want || computed != c.want {
			t.Errorf("id %q, checks %v: kept %v, computed %v", c.id, c.checks, kept, computed)
		}
	}
}

func TestWhereAndUnknownFields(t *testing.T) {
	plan, m := testMonitor(t, func(s *Spec) {
		s.Segments, s.Fields = nil, s.Fields[:1]
		s.Where = []Condition{{Field: "model", Value: "churn"}, {Field: "v", Value: "2"}, {Field: "live", Value: "true"}, {Field: "$key", Value: "k"}}
	})
	f := newFeeder(t, plan)
	p := m.NewPane(0)
	for _, r := range []string{
		`{"id":"1","model":"churn","v":2,"live":true,"x":1}`,
		`{"model":"churn","v":2,"live":true,"new":{"a":1}}`,
		`{"model":"churn","v":3,"live":true,"new":1}`,
		`{"model":"other","v":2,"live":true}`,
		`{"model":"churn","v":2,"live":null}`,
		`{"v":2,"live":true}`,
	} {
		f.feed(p, r)
	}
	c := p.segments[""]
	if c.rows != 2 || c.unknownRows != 1 || len(c.unknown.names) != 1 {
		t.Errorf("%d rows, %d with unknown fields %q; want 2 and 1", c.rows, c.unknownRows, c.unknown.names)
	}
}

func TestDamagedPanesAreRefused(t *testing.T) {
	plan, m := testMonitor(t, nil)
	f := newFeeder(t, plan)
	p := m.NewPane(0)
	p.Cuts = []checks.Cut{{Partition: 1, From: 2, Next: 3}}
	for i := range 20 {
		f.feed(p, fmt.Sprintf(`{"x":%d,"c":"s%d"}`, i, i))
	}
	b := encode(t, p)
	for n := range b {
		if _, err := m.DecodePane(b[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes were accepted", n, len(b))
		}
	}
	if _, err := m.DecodePane(append(bytes.Clone(b), 0)); err == nil {
		t.Error("a byte too many was accepted")
	}
}

func BenchmarkObserve(b *testing.B) {
	plan, m := testMonitor(b, func(s *Spec) { s.Segments = nil })
	f := newFeeder(b, plan)
	p := m.NewPane(0)
	rec := &source.Record{Value: []byte(`{"id":"r1","x":12.5,"deep":{"y":"7"},"c":"a","b":true,"when":1700000000}`)}
	b.ReportAllocs()
	for b.Loop() {
		if err := f.row.Fill(f.d, 0, rec); err != nil {
			b.Fatal(err)
		}
		p.Observe(f.row)
	}
}
