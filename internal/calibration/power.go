package calibration

import (
	"fmt"
	"math/rand/v2"

	"driftwatch/monitors/checks"
)

// Drifted counts the windows in which a change of a known amount was found.
type Drifted struct {
	Change         string
	Window         int    // rows
	By             string // the check whose verdict it is, or the usual rule
	Verdict        bool   // By is a check
	Windows, Found int
}

// Rate is the share of windows in which the change was found.
func (d Drifted) Rate() float64 { return float64(d.Found) / float64(d.Windows) }

// change is a population and what became of it.
type change struct {
	name          string
	before, after Population
}

// shifts moves numbers by parts of their standard deviation.
func shifts() []change {
	var all []change
	for _, by := range []float64{0.1, 0.25, 0.5, 1} {
		all = append(all, shifted("normal", by, (*rand.Rand).NormFloat64))
	}
	return all
}

func shifted(name string, by float64, draw func(*rand.Rand) float64) change {
	return change{
		fmt.Sprintf("%s, %v sigma", name, by), Population{Number: draw},
		Population{Number: func(r *rand.Rand) float64 { return draw(r) + by }},
	}
}

// moves takes rows of the most frequent of 20 categories to the rarest.
func moves() []change {
	var all []change
	for _, by := range []float64{0.02, 0.05, 0.1, 0.2} {
		after := Zipf(20)
		after[0], after[19] = after[0]-by, after[19]+by
		all = append(all, change{fmt.Sprintf("20 categories, %v of the rows", by), Population{Shares: Zipf(20)}, Population{Shares: after}})
	}
	return all
}

// Power draws windows that have changed and counts verdicts at the default
// alpha, and what the usual rules say.
func Power(p Plan, windows []int, draws int) []Drifted {
	var all []Drifted
	for _, c := range append(shifts(), moves()...) {
		for _, w := range windows {
			all = append(all, p.found(c, w, draws)...)
		}
	}
	return all
}

func (p Plan) found(c change, w, draws int) []Drifted {
	rng := p.rng(c.name, w)
	proto := Drifted{Change: c.name, Window: w, Windows: draws}
	var names []string
	found := map[string]int{}
	rules := numberRules()
	if c.before.Number == nil {
		rules = categoryRules()
	}
	for _, k := range checks.All() {
		if k.Floor > 0 && k.NeedsReference && checks.Fits(k, c.before.Kind()) {
			names = append(names, k.Name)
		}
	}
	for range draws {
		reference, window := c.before.Draw(rng, fixedReference), c.after.Draw(rng, w)
		ref := reference.Reference()
		results := compute(ref, window.Window(ref))
		for name, r := range results {
			k, _ := checks.Find(name)
			checks.Judge(k.Floor, checks.DefaultAlpha, []*checks.Result{r})
			if r.Drift != nil && *r.Drift {
				found[name]++
			}
		}
		for _, r := range rules {
			if r.fires(comparison{reference, window, results}) {
				found[r.name]++
			}
		}
	}
	var all []Drifted
	for _, name := range names {
		proto.By, proto.Verdict, proto.Found = name, true, found[name]
		all = append(all, proto)
	}
	for _, r := range rules {
		proto.By, proto.Verdict, proto.Found = r.name, false, found[r.name]
		all = append(all, proto)
	}
	return all
}
