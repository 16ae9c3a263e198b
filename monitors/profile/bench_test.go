package profile

import (
	"fmt"
	"testing"
)

// BenchmarkObserveNumbers is per value, all included, on warm profiles.
func BenchmarkObserveNumbers(b *testing.B) {
	for i, s := range shapes {
		v := drawShape(i, 50_000, 1)
		reference := withGuide(b, numberProfile(0, nil, v), v, nil)
		g, _ := reference.Guide()
		for _, guide := range []*Guide{nil, g} {
			b.Run(fmt.Sprintf("%s/guide=%t", s.name, guide != nil), func(b *testing.B) {
				p := numberProfile(0, guide, v)
				b.ReportAllocs()
				n := 0
				for b.Loop() {
					p.ObserveNumbers(v[n : n+500])
					n = (n + 500) % len(v)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/500, "ns/value")
			})
		}
	}
}

// BenchmarkWindowOfNumbers is per value of windows that begin empty.
func BenchmarkWindowOfNumbers(b *testing.B) {
	for _, n := range []int{1000, 5000, 50_000} {
		v := drawShape(0, n, 1)
		g, _ := withGuide(b, numberProfile(0, nil, v), v, nil).Guide()
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p := New(Options{Kind: Number, Guide: g})
				for i := 0; i < n; i += 500 {
					p.ObserveNumbers(v[i : i+500])
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/value")
		})
	}
}

func BenchmarkObserveCategories(b *testing.B) {
	for _, distinct := range []int{3, 1000, 1_000_000} {
		v := categories(100_000, distinct, 1)
		g, _ := withGuide(b, categoryProfile(0, nil, v), nil, v).Guide()
		b.Run(fmt.Sprint(distinct), func(b *testing.B) {
			p := categoryProfile(0, g, v)
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				p.ObserveCategory(v[n])
				if n++; n == len(v) {
					n = 0
				}
			}
		})
	}
}

func BenchmarkMerge(b *testing.B) {
	p, q := numberProfile(0, nil, drawShape(0, 100_000, 1)), numberProfile(0, nil, drawShape(0, 100_000, 2))
	b.ReportAllocs()
	for b.Loop() {
		if err := p.Merge(q); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAlign(b *testing.B) {
	v := drawShape(0, 100_000, 1)
	r := withGuide(b, numberProfile(0, nil, v), v, nil)
	g, _ := r.Guide()
	c := numberProfile(0, g, drawShape(0, 100_000, 2))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Align(r, c); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCodec(b *testing.B) {
	v := drawShape(0, 100_000, 1)
	p := withGuide(b, numberProfile(0, nil, v), v, nil)
	enc := encode(b, p)
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			enc, _ = p.AppendBinary(enc[:0])
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Decode(enc); err != nil {
				b.Fatal(err)
			}
		}
	})
}
