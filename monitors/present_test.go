package monitors

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/profile"
)

func TestPresent(t *testing.T) {
	results := func(names ...string) map[string]checks.Result {
		all := map[string]checks.Result{}
		for _, n := range names {
			all[n] = checks.Result{Value: 1}
		}
		return all
	}
	w := &checks.Window{Monitor: "m"}
	for _, name := range []string{"", "c=BR", "c=<other>", "c=BR,d=ios", "d=ios"} {
		w.Segments = append(w.Segments, checks.Segment{
			Name: name, Checks: results("volume", "unknown_fields"),
			Fields: []checks.Field{{Name: "x", Checks: results("mean", "psi_20", "nulls")}, {Name: "gone", Checks: results("mean")}},
		})
	}
	spec := Spec{
		Segments: [][]string{{"c"}, {"c", "d"}},
		Checks:   []Check{{Name: "mean"}, {Name: "psi"}, {Name: "psi", Params: checks.Params{Bins: 20}}, {Name: "volume"}},
		Fields:   []Field{{Name: "x", Type: profile.Number}, {Name: "fresh", Type: profile.Number}},
	}
	said := func(w *checks.Window) (all []string) {
		for _, sg := range w.Segments {
			text := sg.Name + ": " + strings.Join(slices.Sorted(maps.Keys(sg.Checks)), " ")
			for _, f := range sg.Fields {
				text += " / " + f.Name + ": " + strings.Join(slices.Sorted(maps.Keys(f.Checks)), " ")
			}
			all = append(all, text)
		}
		return all
	}
	before := said(w)
	want := []string{": volume / x: mean psi_20", "c=BR: volume / x: mean psi_20", "c=<other>: volume / x: mean psi_20", "c=BR,d=ios: volume / x: mean psi_20"}
	if got := said(spec.Present(w)); !slices.Equal(got, want) {
		t.Errorf("it says %q, want %q", got, want)
	}
	if now := spec.Present(w); spec.Present(now) != now {
		t.Error("what is all there is copied")
	}
	if after := said(w); !slices.Equal(after, before) {
		t.Errorf("the window is another one: %q", after)
	}
}

// BenchmarkPresent is of a window of twenty fields in which nothing is gone.
func BenchmarkPresent(b *testing.B) {
	var spec Spec
	w := &checks.Window{Segments: []checks.Segment{{}}}
	for i := range 20 {
		f := Field{Name: string(rune('a' + i)), Type: profile.Number}
		spec.Fields = append(spec.Fields, f)
		of := map[string]checks.Result{}
		for _, p := range spec.FieldChecks(&f) {
			of[p.Result] = checks.Result{}
		}
		w.Segments[0].Fields = append(w.Segments[0].Fields, checks.Field{Name: f.Name, Checks: of})
	}
	b.ReportAllocs()
	for b.Loop() {
		if spec.Present(w) != w {
			b.Fatal("something is gone")
		}
	}
}
