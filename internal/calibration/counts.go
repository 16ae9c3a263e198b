package calibration

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/profile"
	"driftwatch/monitors/window"
)

// shareJobs simulate the checks of shares: rows that are null, or have an undeclared
// field, at some rate on both sides. Only their numbers matter, so no row is drawn.
func (p Plan) shareJobs() []job {
	var jobs []job
	for _, rate := range []float64{0.001, 0.01, 0.1, 0.5} {
		for _, r := range p.References {
			for _, w := range p.Windows {
				jobs = append(jobs, job{float64(p.Draws(r, w)), func(times int) Findings { return p.shares(rate, [2]int{r, w}, times) }})
			}
		}
	}
	return jobs
}

func (p Plan) shares(rate float64, sizes [2]int, times int) Findings {
	r, w := sizes[0], sizes[1]
	name := fmt.Sprintf("share of %v", rate)
	rng := p.rng(name, r, w, times)
	t := newTally(p, Cell{Population: name, Reference: r, Window: w})
	side := func(rows int) *profile.Profile {
		q := profile.New(profile.Options{Kind: profile.Number})
		q.AddRows(uint64(rows))
		q.AddNull(binomial(rng, rows, rate))
		return q
	}
	for range times * p.Draws(r, w) {
		all := compute(side(r), side(w))
		results := map[string]*checks.Result{"nulls": all["nulls"], "missing": all["missing"]} // missing: all other rows
		in := checks.Input{
			ReferenceRows: uint64(r), ReferenceUnknownRows: binomial(rng, r, rate),
			Rows: uint64(w), UnknownRows: binomial(rng, w, rate),
		}
		results["unknown_fields"] = segmentResult("unknown_fields", in)
		t.add(results)
	}
	return Findings{Cells: t.cells()}
}

func segmentResult(check string, in checks.Input) *checks.Result {
	c, _ := checks.Find(check)
	r := c.Compute(in)
	return &r
}

// binomial draws how many of n rows have what occurs at a rate.
func binomial(rng *rand.Rand, n int, rate float64) uint64 {
	return uint64(distuv.Binomial{N: float64(n), P: rate, Src: rng}.Rand())
}

// volumeJobs simulate the check volume: some days of hourly windows whose rows
// are of the same distribution, Poisson or with noise of a tenth and a half.
func (p Plan) volumeJobs() []job {
	var jobs []job
	for _, days := range []int{7, 28} {
		for _, noise := range []float64{0, 0.1, 0.5} {
			for _, w := range p.Windows {
				n := p.Draws(p.References[0], min(w, 200))
				jobs = append(jobs, job{float64(n), func(times int) Findings { return p.volumes(days, noise, w, n*times) }})
			}
		}
	}
	return jobs
}

func (p Plan) volumes(days int, noise float64, w, draws int) Findings {
	name := fmt.Sprintf("rows, noise %v, %d days", noise, days)
	rng := p.rng(name, w, draws)
	p.Fields = math.MaxInt // a window has one number of rows
	t := newTally(p, Cell{Population: name, Reference: days, Window: w})
	rows := func() uint64 {
		mean := float64(w) * math.Exp(noise*rng.NormFloat64())
		return uint64(distuv.Poisson{Lambda: mean, Src: rng}.Rand())
	}
	start := window.FromTime(time.Date(2026, 3, 4, 15, 0, 0, 0, time.UTC))
	for range draws {
		in := checks.Input{Rows: rows(), Start: start}
		for age := days; age > 0; age-- {
			in.History = append(in.History, checks.Past{Start: start.Add(-time.Duration(age) * 24 * time.Hour), Rows: rows()})
		}
		t.add(map[string]*checks.Result{"volume": segmentResult("volume", in)})
	}
	return Findings{Cells: t.cells()}
}
