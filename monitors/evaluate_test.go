package monitors

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"driftwatch/monitors/profile"
	"driftwatch/monitors/reference"
)

// BenchmarkEvaluate closes a window of 5,000 rows and 20 continuous fields
// against a reference of 50,000.
func BenchmarkEvaluate(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	numbers := func(n int) []float64 {
		v := make([]float64, n)
		for i := range v {
			v[i] = rng.NormFloat64()
		}
		return v
	}
	m := &Monitor{Spec: Spec{Name: "m", Alpha: 0.001, Reference: Reference{File: "f"}, Window: Window{Size: time.Minute, Pane: time.Minute}}}
	whole := reference.Segment{Rows: 50000}
	for i := range 20 {
		f := Field{Name: fmt.Sprintf("f%d", i), Type: profile.Number}
		ref := profile.New(profile.Options{Kind: profile.Number})
		v := numbers(50000)
		ref.AddRows(50000)
		ref.ObserveNumbers(v)
		guide := profile.NewGuideBuilder(ref)
		for guide.NeedsPass() {
			guide.ObserveNumbers(v)
			if err := guide.EndPass(); err != nil {
				b.Fatal(err)
			}
		}
		whole.Fields = append(whole.Fields, reference.Field{Name: f.Name, Profile: guide.Profile()})
		m.Spec.Fields = append(m.Spec.Fields, f)
	}
	ref, err := reference.New(whole)
	if err != nil {
		b.Fatal(err)
	}
	m.Reference = NewBaseline(ref)
	if _, err := NewPlan(Stream{Name: "s", Format: "json"}, []*Monitor{m}); err != nil {
		b.Fatal(err)
	}
	pane := m.NewPane(0)
	for i := range m.fields {
		pane.field("", i).AddRows(5000)
		pane.field("", i).ObserveNumbers(numbers(5000))
	}
	b.ReportAllocs()
	for b.Loop() {
		m.Evaluate(Closing{Pane: pane, Reference: m.Reference})
	}
}
