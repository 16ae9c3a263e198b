package calibration

import (
	"cmp"
	"runtime"
	"slices"
	"sync"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/profile"
)

// comparison is one window beside its reference.
type comparison struct {
	reference, window Sample
	results           map[string]*checks.Result
}

// job is one combination of a population and sizes. run draws the windows of the
// plan, times as many.
type job struct {
	cost float64 // rows to draw, for the order
	run  func(times int) Findings
}

// Findings is what a simulation found out.
type Findings struct {
	Cells []Cell
	Fixed []Fired // what the usual fixed thresholds said of the same windows
}

// FalseAlarms draws reference and window from the same population, over all
// populations and sizes of the plan, and counts verdicts. Progress is called
// after each part.
func FalseAlarms(p Plan, progress func(done, of int)) Findings {
	var jobs []job
	for _, pop := range p.Populations {
		for _, r := range p.References {
			for _, w := range p.Windows {
				jobs = append(jobs, job{p.cost(r, w), func(times int) Findings { return p.undrifted(pop, [2]int{r, w}, times) }})
			}
		}
	}
	jobs = append(append(jobs, p.shareJobs()...), p.volumeJobs()...)
	return run(jobs, progress)
}

func (p Plan) cost(r, w int) float64 {
	n := float64(p.Draws(r, w))
	return n * (float64(w) + float64(r)/float64(perReference(r, w)))
}

// again is how many times as many windows are drawn of a job with a cell above
// its limit. Among thousands of cells some are by chance; a flaw stays.
const again = 10

func (j job) decide() Findings {
	first := j.run(1)
	if !slices.ContainsFunc(first.Cells, Cell.Exceeds) {
		return first
	}
	second := j.run(again)
	for i := range second.Cells {
		second.Cells[i].Again = true
	}
	return second
}

// run decides jobs side by side, those first that take longest, and returns
// their findings in the order of the jobs.
func run(jobs []job, progress func(done, of int)) Findings {
	order := make([]int, len(jobs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(jobs[b].cost, jobs[a].cost) })
	results := make([]Findings, len(jobs))
	next := make(chan int)
	var mu sync.Mutex
	var workers sync.WaitGroup
	done := 0
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range next {
				results[i] = jobs[i].decide()
				mu.Lock()
				done++
				progress(done, len(jobs))
				mu.Unlock()
			}
		})
	}
	for _, i := range order {
		next <- i
	}
	close(next)
	workers.Wait()
	var all Findings
	for _, f := range results {
		all.Cells, all.Fixed = append(all.Cells, f.Cells...), append(all.Fixed, f.Fixed...)
	}
	return all
}

// undrifted simulates one population and sizes of reference and window.
func (p Plan) undrifted(pop Population, sizes [2]int, times int) Findings {
	r, w := sizes[0], sizes[1]
	rng := p.rng(pop.Name, r, w, times)
	t := newTally(p, Cell{Population: pop.Name, Reference: r, Window: w})
	fixed := newFixed(pop.Name, r, w)
	var reference Sample
	var ref *profile.Profile
	for i := range times * p.Draws(r, w) {
		if i%perReference(r, w) == 0 {
			reference = pop.Draw(rng, r)
			ref = reference.Reference()
		}
		window := pop.Draw(rng, w)
		results := compute(ref, window.Window(ref))
		t.add(results)
		fixed.add(comparison{reference, window, results})
	}
	return Findings{t.cells(), fixed.fired()}
}

// compute returns the results of all checks of a field that give a verdict.
func compute(ref, window *profile.Profile) map[string]*checks.Result {
	in := checks.Input{Reference: ref, Current: window, Shared: &checks.Shared{}}
	results := map[string]*checks.Result{}
	for _, c := range checks.All() {
		if c.Floor == 0 || !checks.Fits(c, ref.Kind()) {
			continue
		}
		if r := c.Compute(in); r.Skipped == "" {
			results[c.Name] = &r
		}
	}
	return results
}

// tally judges results and counts the verdicts.
type tally struct {
	plan  Plan
	proto Cell
	count map[string]*checkTally
}

// checkTally is the tally of one check.
type checkTally struct {
	floor float64
	wide  []*checks.Result // fields of the wide window that is not yet full
	cells []Cell           // for each alpha: of one field, and of a wide window
}

func newTally(p Plan, proto Cell) *tally { return &tally{p, proto, map[string]*checkTally{}} }

// add counts a window, by its checks.
func (t *tally) add(results map[string]*checks.Result) {
	for name, r := range results {
		ct := t.count[name]
		if ct == nil {
			ct = t.start(name)
			t.count[name] = ct
		}
		for i := range t.plan.Alphas {
			ct.judge(&ct.cells[2*i], []*checks.Result{r})
		}
		ct.wide = append(ct.wide, r)
		if len(ct.wide) < t.plan.Fields {
			continue
		}
		for i := range t.plan.Alphas {
			ct.judge(&ct.cells[2*i+1], ct.wide)
		}
		ct.wide = ct.wide[:0]
	}
}

func (t *tally) start(name string) *checkTally {
	c, _ := checks.Find(name)
	ct := &checkTally{floor: c.Floor}
	for _, alpha := range t.plan.Alphas {
		cell := t.proto
		cell.Check, cell.Alpha = name, alpha
		for _, cell.Fields = range []int{1, t.plan.Fields} {
			ct.cells = append(ct.cells, cell)
		}
	}
	return ct
}

// judge counts one window of a cell.
func (t *checkTally) judge(c *Cell, fields []*checks.Result) {
	checks.Judge(t.floor, c.Alpha, fields)
	c.Windows++
	if slices.ContainsFunc(fields, func(r *checks.Result) bool { return r.Drift != nil && *r.Drift }) {
		c.False++
	}
	if len(fields) == 1 && fields[0].PValue != nil && *fields[0].PValue <= c.Alpha {
		c.Significant++
	}
}

// cells returns the cells in the order of the table of checks.
func (t *tally) cells() []Cell {
	var all []Cell
	for _, c := range checks.All() {
		if ct := t.count[c.Name]; ct != nil {
			for _, cell := range ct.cells {
				if cell.Windows > 0 {
					all = append(all, cell)
				}
			}
		}
	}
	return all
}
