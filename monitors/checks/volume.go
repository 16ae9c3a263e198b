package checks

import (
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"driftwatch/monitors/window"
)

const (
	volumeLeast = 7  // windows of the same phase that a judgement needs
	volumeMost  = 28 // windows of the same phase that are looked at
)

// volumeFloor is just above one half: rows must be outside [1/2, 2] times the
// median, not on its border.
const volumeFloor = 0.5 + 0x1p-53

var volumeCheck = Check{
	Name: "volume", Class: ClassSchema, Floor: volumeFloor, Unit: Rows, Range: positiveRange,
	Summary: "number of rows, against earlier windows of the same hour",
	Compute: volume,
}

// volume is the number of rows. It is compared, as a logarithm, with the last
// windows of the same phase by the t distribution of one more draw from them.
// The standard deviation is at least that of counting the median, and 2 %, so
// that a run of equal windows does not make every other number significant.
func volume(in Input) Result {
	past := samePhase(in.Start, in.History)
	if len(past) < volumeLeast {
		return skip("needs 7 windows")
	}
	r := exactly(float64(in.Rows))
	logs := make([]float64, len(past))
	for i, rows := range past {
		logs[i] = math.Log(rows + 0.5)
	}
	median := medianOf(past)
	k := float64(len(past))
	centre, sd := stat.MeanStdDev(logs, nil)
	sd = max(sd, math.Sqrt(1/max(median, 1)+0.0004))
	t := (math.Log(r.Value+0.5) - centre) / (sd * math.Sqrt(1+1/k))
	r.PValue = ptr(studentTwoSided(t, k-1))

	effect := 0.0
	if r.Value != median {
		effect = 1 - min(r.Value, median)/max(r.Value, median)
	}
	r.Effect, r.EffectLow = ptr(effect), ptr(effect)
	return r
}

// samePhase returns the rows of the newest windows that began in the same hour
// of the week as start, or in the same hour of the day while those are few. The
// hours are UTC.
func samePhase(start window.Time, history []Past) []float64 {
	week := ofPhase(start, history, 7*24*time.Hour)
	if len(week) >= volumeLeast {
		return week
	}
	return ofPhase(start, history, 24*time.Hour)
}

func ofPhase(start window.Time, history []Past, cycle time.Duration) []float64 {
	var rows []float64
	for _, p := range slices.Backward(history) {
		if len(rows) == volumeMost {
			break
		}
		if hourOf(p.Start, cycle) == hourOf(start, cycle) {
			rows = append(rows, float64(p.Rows))
		}
	}
	return rows
}

// hourOf numbers the hours of a cycle that is counted from the Unix epoch.
func hourOf(t window.Time, cycle time.Duration) int64 {
	hour, hours := time.Hour.Milliseconds(), int64(cycle/time.Hour)
	n := int64(t) / hour
	if int64(t)%hour < 0 {
		n-- // hours before 1970 are counted downwards too
	}
	return (n%hours + hours) % hours
}

// medianOf is the mean of the two in the middle, which is none of the kinds of
// quantile that gonum has.
func medianOf(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}

// studentTwoSided is the probability that Student's t with nu degrees of
// freedom is at least as far from 0 as t.
func studentTwoSided(t, nu float64) float64 {
	return 2 * distuv.StudentsT{Sigma: 1, Nu: nu}.Survival(math.Abs(t))
}
