package plot

import (
	"math"
	"time"

	"gonum.org/v1/plot"
)

// dates labels Unix seconds at round times.
type dates struct{}

// span is a distance of labels: so many months, or else seconds.
type span struct {
	months  int
	seconds int64
	layout  string
}

const day = 24 * 3600

// spans are the distances that read well, the shortest first.
func spans() []span {
	var out []span
	for _, s := range []int64{1, 2, 5, 10, 15, 30} {
		out = append(out, span{0, s, "15:04:05"})
	}
	for _, m := range []int64{1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720} {
		out = append(out, span{0, 60 * m, "2 Jan 15:04"})
	}
	for _, d := range []int64{1, 2, 7, 14} {
		out = append(out, span{0, d * day, "2 Jan 2006"})
	}
	for _, m := range []int{1, 2, 3, 6} {
		out = append(out, span{m, 0, "Jan 2006"})
	}
	for _, y := range []int{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000} {
		out = append(out, span{12 * y, 0, "2006"})
	}
	return out
}

func (s span) length() float64 { return float64(s.seconds) + float64(s.months)*30.44*day }

// mostDates bounds the labels of an axis: they are long.
const mostDates = 7

// latest is the end of the years that have four figures, in Unix seconds.
const latest = 253_402_300_800

// Ticks implements plot.Ticker.
func (dates) Ticks(low, high float64) []plot.Tick {
	if low < -62_135_596_800 || high > latest || !(low < high) {
		return plot.DefaultTicks{}.Ticks(low, high)
	}
	list := spans()
	s := list[len(list)-1]
	for i := range list {
		if (high-low)/list[i].length() <= mostDates {
			s = list[i]
			break
		}
	}
	var out []plot.Tick
	for t := s.first(low); float64(t.Unix()) <= high; t = s.next(t) {
		out = append(out, plot.Tick{Value: float64(t.Unix()), Label: t.Format(s.layout)})
	}
	return out
}

// first is the first round time from low on.
func (s span) first(low float64) time.Time {
	at := time.Unix(int64(math.Ceil(low)), 0).UTC()
	if s.months > 0 {
		t := time.Date(at.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
		if years := s.months / 12; years > 0 {
			t = time.Date(at.Year()-at.Year()%years, 1, 1, 0, 0, 0, 0, time.UTC)
		}
		for t.Before(at) {
			t = s.next(t)
		}
		return t
	}
	const monday = 4 * day // 1970 began on a Thursday
	over := (at.Unix() - monday) % s.seconds
	if over < 0 {
		over += s.seconds
	}
	if over == 0 {
		return at
	}
	return at.Add(time.Duration(s.seconds-over) * time.Second)
}

func (s span) next(t time.Time) time.Time {
	if s.months > 0 {
		return t.AddDate(0, s.months, 0)
	}
	return t.Add(time.Duration(s.seconds) * time.Second)
}
