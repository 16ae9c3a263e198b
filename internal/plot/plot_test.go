package plot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"driftwatch/monitors/profile"
)

func numbersOf(values ...float64) *profile.Profile {
	p := profile.New(profile.Options{Kind: profile.Number, Buckets: 64})
	p.AddRows(uint64(len(values)))
	p.ObserveNumbers(values)
	return p
}

func categoriesOf(values ...string) *profile.Profile {
	p := profile.New(profile.Options{Kind: profile.Category})
	p.AddRows(uint64(len(values)))
	for _, v := range values {
		p.ObserveCategory([]byte(v))
	}
	return p
}

func normal(n int, mean float64) []float64 {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	v := make([]float64, n)
	for i := range v {
		v[i] = mean + r.NormFloat64()
	}
	return v
}

func totals(b Bars) (r, c float64) {
	for _, bar := range b.Bars {
		r, c = r+bar.Reference, c+bar.Current
	}
	return r, c
}

func TestSharesAddUp(t *testing.T) {
	value := rapid.OneOf(rapid.Float64(), rapid.Float64Range(-1, 1), rapid.SampledFrom([]float64{0, 1, -999, 1e300, math.MaxFloat64}))
	rapid.Check(t, func(t *rapid.T) {
		r := rapid.SliceOfN(value, 0, 200).Draw(t, "r")
		c := rapid.SliceOfN(value, 0, 200).Draw(t, "c")
		b := Compare(numbersOf(r...), numbersOf(c...), 12)
		sr, sc := totals(b)
		for _, side := range []struct {
			values []float64
			sum    float64
		}{{r, sr}, {c, sc}} {
			if want := float64(min(1, len(side.values))); math.Abs(side.sum-want) > 1e-9 {
				t.Fatalf("the shares of %d values add up to %v", len(side.values), side.sum)
			}
		}
	})
}

func TestOutlierLeavesTheRestVisible(t *testing.T) {
	b := Compare(numbersOf(normal(10_000, 0)...), numbersOf(append(normal(10_000, 0.5), 1e6)...), 20)
	if from, to := b.Bars[0].From, b.Bars[19].To; from < -6 || to > 6 {
		t.Fatalf("bins go from %v to %v", from, to)
	}
	used := 0
	for _, bar := range b.Bars {
		if bar.Reference > 0.01 {
			used++
		}
	}
	if used < 10 {
		t.Fatalf("%d bins hold something", used)
	}
}

func TestFewValuesAreBarsOfTheirOwn(t *testing.T) {
	b := Compare(numbersOf(0, 0, 1), numbersOf(0, 1, 1, 2), 20)
	want := []Bar{{"0", 0, 0, 2. / 3, 0.25}, {"1", 1, 1, 1. / 3, 0.5}, {"2", 2, 2, 0, 0.25}}
	if fmt.Sprint(b.Bars) != fmt.Sprint(want) {
		t.Fatalf("got %v, want %v", b.Bars, want)
	}
}

func TestCategoriesAreSortedAndCut(t *testing.T) {
	r := categoriesOf("a", "a", "a", "b", "c", "d")
	c := categoriesOf("e", "e", "b", "a")
	b := Compare(r, c, 3)
	var names []string
	for _, bar := range b.Bars {
		names = append(names, bar.Label)
	}
	if got := strings.Join(names, " "); got != "a e others" {
		t.Fatalf("got %q", got)
	}
	if others := b.Bars[2]; math.Abs(others.Reference-0.5) > 1e-12 || others.Current != 0.25 {
		t.Fatalf("others are %+v", others)
	}
}

// A trend has a line for each run of known values, a band where they are intervals,
// and a triangle for each mark; the page's policy allows no inline style.
func TestTrend(t *testing.T) {
	var points []Point
	for i := range 20 {
		v := math.Sin(float64(i))
		points = append(points, Point{At: 1.7e9 + 3600*float64(i), Value: v, Low: v - 0.1, High: v + 0.1, Known: i != 10, Marked: i > 15})
	}
	points[3].Value = math.Inf(1)
	for name, tc := range map[string]struct {
		points             []Point
		lines, bands, mark int
	}{
		"gaps": {points, 3, 3, 4}, "one": {points[:1], 0, 0, 0}, "none": {nil, 0, 0, 0}, "unknown": {points[10:11], 0, 0, 0},
	} {
		svg, err := Trend(tc.points, name == "gaps", `a "title"`)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Count(svg, `stroke="var(--plot-current)" stroke-width="1.5"`)
		bands, mark := strings.Count(svg, `fill="var(--plot-reference)"`), strings.Count(svg, `fill="var(--plot-mark)"`)
		if lines != tc.lines || bands != tc.bands || mark != tc.mark || strings.Contains(svg, "style=") || strings.Contains(svg, "NaN") {
			t.Errorf("%s: %d lines, %d bands, %d marks in %s", name, lines, bands, mark, svg)
		}
	}
}

func TestPicturesOfEveryShape(t *testing.T) {
	stamps := profile.New(profile.Options{Kind: profile.Timestamp})
	stamps.ObserveNumbers([]float64{1.7e9, 1.71e9, 1.72e9})
	for name, b := range map[string]Bars{
		"numbers":    Compare(numbersOf(normal(500, 0)...), numbersOf(normal(500, 1)...), 24),
		"few":        Compare(numbersOf(0, 1), numbersOf(1, 1), 24),
		"huge":       Compare(numbersOf(append(normal(100, 0), -math.MaxFloat64, math.MaxFloat64)...), nil, 24),
		"categories": Compare(categoriesOf("a", `<b onload="x">`, "ü世界"), categoriesOf("a"), 8),
		"times":      Compare(stamps, nil, 2),
		"one side":   Compare(nil, categoriesOf("a"), 8),
		"empty":      Compare(numbersOf(), numbersOf(), 8),
		"nothing":    Compare(nil, nil, 8),
	} {
		t.Run(name, func(t *testing.T) {
			svg, err := SVG(b, `a "title" & <more>`)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(svg, "<b ") || strings.Contains(svg, "style=") || strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
				t.Fatalf("bad picture: %s", svg)
			}
			for d := xml.NewDecoder(strings.NewReader(svg)); ; {
				if _, err := d.Token(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatalf("%v in %s", err, svg)
				}
			}
			image, err := PNG(b, Caption{Title: strings.Repeat("long ", 50), Below: "ü世界"})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := png.Decode(bytes.NewReader(image)); err != nil {
				t.Fatal(err)
			}
		})
	}
}
