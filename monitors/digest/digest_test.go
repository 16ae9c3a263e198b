package digest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/window"
)

// drawn makes a window with results of every kind.
func drawn(t *rapid.T) *checks.Window {
	name := rapid.StringMatching(`[a-z_]{0,6}`)
	result := rapid.Custom(func(t *rapid.T) checks.Result {
		if rapid.Bool().Draw(t, "skipped") {
			return checks.Result{Skipped: "why"}
		}
		v := rapid.Float64Range(-1e9, 1e9).Draw(t, "value")
		r := checks.Result{Value: v, Low: v, High: v, Violation: rapid.Bool().Draw(t, "violation"), Uncertain: rapid.Bool().Draw(t, "uncertain")}
		if rapid.Bool().Draw(t, "coarse") {
			r.Low, r.High = v-1, v+1
		}
		if rapid.Bool().Draw(t, "judged") {
			r.Drift = new(rapid.Bool().Draw(t, "drift"))
		}
		return r
	})
	results := rapid.MapOfN(rapid.SampledFrom([]string{"psi", "ks", "nulls", "quantile_0.99"}), result, 0, 4)
	w := &checks.Window{Start: window.Time(rapid.Int64().Draw(t, "start")), End: window.Time(rapid.Int64().Draw(t, "end")), Partial: rapid.Bool().Draw(t, "partial")}
	for _, segment := range rapid.SliceOfNDistinct(name, 1, 3, rapid.ID).Draw(t, "segments") {
		s := checks.Segment{Name: segment, Rows: rapid.Uint64().Draw(t, "rows"), Checks: results.Draw(t, "whole")}
		for _, field := range rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{1,6}`), 0, 4, rapid.ID).Draw(t, "fields") {
			s.Fields = append(s.Fields, checks.Field{Name: field, Checks: results.Draw(t, "results")})
		}
		w.Segments = append(w.Segments, s)
	}
	return w
}

// A digest says of every result what the result itself says, whatever was read
// before it.
func TestDigestSaysWhatTheResultSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r Reader
		for range 2 {
			w := drawn(t)
			b := Append(nil, w)
			for _, s := range w.Segments {
				want := map[string]checks.Result{}
				for name, result := range s.Checks {
					want["/"+name] = result
				}
				for _, f := range s.Fields {
					for name, result := range f.Checks {
						want[f.Name+"/"+name] = result
					}
				}
				n := 0
				head, err := r.Read(b, s.Name, "", func(c Cell) {
					n++
					x, ok := want[c.Field+"/"+c.Check]
					if !ok || c.Verdict != Of(x) || c.Value != x.Value || c.Low != x.Low || c.High != x.High {
						t.Fatalf("%+v, want %+v", c, x)
					}
				})
				if err != nil || n != len(want) || head != (Window{w.Start, w.End, s.Rows, w.Partial, true}) {
					t.Fatalf("%d cells of %d, %+v, %v", n, len(want), head, err)
				}
				var fields []string
				if _, err := r.Read(b, s.Name, "psi", func(c Cell) { fields = append(fields, c.Field) }); err != nil {
					t.Fatal(err)
				}
				for _, key := range slices.Sorted(maps.Keys(want)) {
					if field, ok := cutSuffix(key); ok && !slices.Contains(fields, field) {
						t.Fatalf("psi of %q is not among %v", field, fields)
					}
				}
			}
			all, rows := 0, uint64(0)
			for _, s := range w.Segments {
				all += len(s.Checks)
				for _, f := range s.Fields {
					all += len(f.Checks)
				}
				if s.Name == "" {
					rows = s.Rows
				}
			}
			head, err := r.Each(b, func(segment string, c Cell) {
				all--
				if i := slices.IndexFunc(w.Segments, func(s checks.Segment) bool { return s.Name == segment }); i < 0 {
					t.Fatalf("a cell of segment %q: %+v", segment, c)
				}
			})
			if err != nil || all != 0 || head.Rows != rows || head.Partial != w.Partial || head.End != w.End {
				t.Fatalf("%d cells too few, %+v, %v", all, head, err)
			}
			if head, err := r.Read(b, "no such segment", "", func(Cell) { t.Fatal("a cell") }); err != nil || head.Found {
				t.Fatalf("%+v, %v", head, err)
			}
		}
	})
}

// TestRedactedCells: a value is left out of the digest where its field was redacted
// when the window closed, and by the reader where it is now. The verdict is not.
func TestRedactedCells(t *testing.T) {
	yes := true
	r := checks.Result{Value: 4242, Low: 4241, High: 4243, Drift: &yes}
	w := &checks.Window{Segments: []checks.Segment{{Fields: []checks.Field{
		{Name: "then", Redacted: true, Checks: map[string]checks.Result{"wasserstein": r, "psi": r}},
		{Name: "now", Checks: map[string]checks.Result{"wasserstein": r}},
	}}}}
	reader := Reader{Redact: checks.Redaction{"now": true}}
	n := 0
	_, err := reader.Read(Append(nil, w), "", "", func(c Cell) {
		n++
		want := Cell{Field: c.Field, Check: c.Check, Verdict: Drift, Redacted: true}
		if c.Check == "psi" {
			want = Cell{Field: c.Field, Check: c.Check, Verdict: Drift, Value: 4242, Low: 4241, High: 4243}
		}
		if c != want {
			t.Errorf("%+v, want %+v", c, want)
		}
	})
	if n != 3 || err != nil {
		t.Errorf("%d cells, %v", n, err)
	}
}

func cutSuffix(key string) (string, bool) {
	const suffix = "/psi"
	return key[:max(0, len(key)-len(suffix))], len(key) >= len(suffix) && key[len(key)-len(suffix):] == suffix
}

func TestDamageIsAnError(t *testing.T) {
	w := large(3, 2)
	b := Append(nil, w)
	for n := range len(b) - 1 {
		var r Reader
		if _, err := r.Read(b[:n], "", "", func(Cell) {}); n < 20 && !errors.Is(err, ErrDamaged) {
			t.Fatalf("%d of %d bytes: %v", n, len(b), err)
		}
	}
}

// large is a window of many fields and checks.
func large(fields, names int) *checks.Window {
	w := &checks.Window{Segments: []checks.Segment{{Rows: 1000}}}
	for f := range fields {
		results := map[string]checks.Result{}
		for c := range names {
			v := float64(f*c) / 1000
			results[fmt.Sprintf("check_%d", c)] = checks.Result{Value: v, Low: v, High: v, Drift: new(f%17 == 0)}
		}
		w.Segments[0].Fields = append(w.Segments[0].Fields, checks.Field{Name: fmt.Sprintf("field_%d", f), Checks: results})
	}
	return w
}

func FuzzRead(f *testing.F) {
	f.Add(Append(nil, large(3, 2)))
	f.Fuzz(func(_ *testing.T, b []byte) {
		var r Reader
		_, _ = r.Read(b, "", "", func(Cell) {})
		_, _ = r.Each(b, func(string, Cell) {})
	})
}

func BenchmarkRead(b *testing.B) {
	digest := Append(nil, large(200, 12))
	b.SetBytes(int64(len(digest)))
	b.ReportAllocs()
	var r Reader
	for b.Loop() {
		if _, err := r.Read(digest, "", "", func(Cell) {}); err != nil {
			b.Fatal(err)
		}
	}
}
