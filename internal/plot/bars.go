// Package plot draws how a field looks: the shares of its values in bins or
// categories, of the reference beside those of the window. Bars is what is
// drawn, as numbers; the other files draw it. It knows no checks and no pages.
package plot

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"driftwatch/monitors/profile"
)

// Bars are the shares of two samples in the same bins.
type Bars struct {
	Bars    []Bar
	Ordered bool // bins of numbers or times, in their order; else categories, the most frequent first
	times   bool // ordered bins are of Unix seconds
}

// Bar is one bin or category. Shares are of the present values of a side, in
// [0, 1]; the bars of a side add up to 1, or are all 0 where it has no values.
type Bar struct {
	Label              string
	From, To           float64 // of ordered bins: their borders; From == To is a single value
	Reference, Current float64
}

// Compare makes at most n bars of two profiles of one kind, each of which may
// be nil. Inside a bucket of a profile the values are drawn as if they were
// evenly spread: a picture, not a statistic.
func Compare(reference, current *profile.Profile, n int) Bars {
	kind := profile.Kind(0)
	for _, p := range []*profile.Profile{reference, current} {
		if p != nil {
			kind = p.Kind()
		}
	}
	if kind == 0 {
		return Bars{}
	}
	r, c := orEmpty(reference, kind), orEmpty(current, kind)
	var b Bars
	if kind.Numeric() {
		b = numbers(r, c, n)
		b.times = kind == profile.Timestamp
	} else {
		b = categories(r, c, n)
	}
	b.divide(r.Counts().Present, c.Counts().Present)
	return b
}

func orEmpty(p *profile.Profile, kind profile.Kind) *profile.Profile {
	if p != nil {
		return p
	}
	return profile.New(profile.Options{Kind: kind})
}

// divide makes shares of counts.
func (b *Bars) divide(r, c uint64) {
	for i := range b.Bars {
		b.Bars[i].Reference /= float64(max(1, r))
		b.Bars[i].Current /= float64(max(1, c))
	}
}

// numbers bins numbers. Few different values are a bar each.
func numbers(r, c *profile.Profile, n int) Bars {
	cells, err := profile.Align(r, c)
	if err != nil || len(cells) == 0 {
		return Bars{}
	}
	name := numberLabel
	if r.Kind() == profile.Timestamp {
		name = timeLabel
	}
	if len(cells) <= n && !slices.ContainsFunc(cells, func(c profile.Cell) bool { return c.Least < c.Greatest }) {
		return single(cells, name)
	}
	from, to := shown(cells)
	b := Bars{Ordered: true, Bars: make([]Bar, n)}
	width := (to - from) / float64(n)
	for i := range b.Bars {
		bar := &b.Bars[i]
		bar.From, bar.To = from+float64(float64(i)*width), from+float64(float64(i+1)*width)
		bar.Label = name(bar.From) + " to " + name(bar.To)
	}
	for _, cell := range cells {
		b.spread(cell, from, width)
	}
	return b
}

func single(cells []profile.Cell, name func(float64) string) Bars {
	b := Bars{Ordered: true}
	for _, c := range cells {
		b.Bars = append(b.Bars, Bar{name(c.Least), c.Least, c.Least, float64(c.R), float64(c.C)})
	}
	return b
}

// spread adds a cell's counts to the bins that it overlaps, in proportion. What
// lies outside all bins goes to the outer ones.
func (b *Bars) spread(cell profile.Cell, from, width float64) {
	at := func(x float64) int {
		i := math.Floor((x - from) / width)
		return int(min(float64(len(b.Bars)-1), max(0, i)))
	}
	first, last := at(cell.Least), at(cell.Greatest)
	if first == last {
		b.Bars[first].Reference += float64(cell.R)
		b.Bars[first].Current += float64(cell.C)
		return
	}
	span := cell.Greatest - cell.Least
	left := cell.Least
	for i := first; i <= last; i++ {
		right := cell.Greatest
		if i < last {
			right = min(right, b.Bars[i].To)
		}
		part := max(0, right-left) / span
		b.Bars[i].Reference += part * float64(cell.R)
		b.Bars[i].Current += part * float64(cell.C)
		left = max(left, right)
	}
}

// tails is the share of values of either side that may be drawn in the outer
// bins, so that one outlier does not make a single bar of all the others.
const tails = 0.005

// shown is the range that bins divide: that of the values, or the middle one if
// the tails are far from it.
func shown(cells []profile.Cell) (from, to float64) {
	least, greatest := cells[0].Least, cells[len(cells)-1].Greatest
	from, to = inner(cells)
	if far := to - from; least >= from-far/2 {
		from = least
	}
	if far := to - from; greatest <= to+far/2 {
		to = greatest
	}
	from, to = max(from, -math.MaxFloat64/4), min(to, math.MaxFloat64/4)
	if from >= to {
		from, to = math.Nextafter(least, math.Inf(-1)), math.Nextafter(greatest, math.Inf(1))
	}
	return from, to
}

// inner is the range without the tails of either side.
func inner(cells []profile.Cell) (from, to float64) {
	var nr, nc uint64
	for _, cell := range cells {
		nr, nc = nr+cell.R, nc+cell.C
	}
	// beyond returns the first cell with which a side has more than its tail.
	beyond := func(order func(yield func(int, profile.Cell) bool)) (found profile.Cell) {
		var r, c uint64
		for _, cell := range order {
			r, c = r+cell.R, c+cell.C
			if found = cell; float64(r) > tails*float64(nr) || float64(c) > tails*float64(nc) {
				break
			}
		}
		return found
	}
	return beyond(slices.All(cells)).Least, beyond(slices.Backward(cells)).Greatest
}

// categories are the most frequent ones of either side, and one bar for all
// others.
func categories(r, c *profile.Profile, n int) Bars {
	cats, _, err := profile.AlignCategories(r, c)
	if err != nil {
		return Bars{}
	}
	nr, nc := float64(max(1, r.Counts().Present)), float64(max(1, c.Counts().Present))
	var b Bars
	others := Bar{Label: "others"}
	for _, cat := range cats {
		if cat.Joined || cat.Name == "" && cat.R+cat.C > 0 && !r.Exact() {
			others.Reference += float64(cat.R)
			others.Current += float64(cat.C)
			continue
		}
		b.Bars = append(b.Bars, Bar{Label: cat.Name, Reference: float64(cat.R), Current: float64(cat.C)})
	}
	weight := func(x Bar) float64 { return max(x.Reference/nr, x.Current/nc) }
	slices.SortStableFunc(b.Bars, func(x, y Bar) int {
		return cmp.Or(-cmp.Compare(weight(x), weight(y)), cmp.Compare(x.Label, y.Label))
	})
	if len(b.Bars) > n {
		for _, bar := range b.Bars[n-1:] {
			others.Reference += bar.Reference
			others.Current += bar.Current
		}
		b.Bars = b.Bars[:n-1]
	}
	if others.Reference+others.Current > 0 {
		b.Bars = append(b.Bars, others)
	}
	return b
}

func numberLabel(x float64) string { return strconv.FormatFloat(x, 'g', 4, 64) }

func timeLabel(seconds float64) string {
	return strings.TrimSuffix(time.UnixMilli(int64(seconds*1000)).UTC().Format("2006-01-02 15:04"), " 00:00")
}
