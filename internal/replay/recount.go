package replay

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"driftwatch/monitors"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/decode"
	"driftwatch/monitors/source"
	"driftwatch/monitors/window"
)

// recount counts the panes of some windows of one monitor again, from the logs, as
// their cuts say.
type recount struct {
	plan     *monitors.Plan
	monitor  *monitors.Monitor
	logs     Logs
	progress func(records int)

	panes  map[window.Time]*monitors.Pane // by end, merged in the order of partitions
	late   map[window.Time]*monitors.Pane // by end of a window: the late records that amended it
	newest map[paneOf]window.Time
	gone   []gap
}

// paneOf is one partition's part of a pane.
type paneOf struct {
	partition int
	end       window.Time
}

// gap is panes that cannot be counted again: those that end in (lo, hi].
type gap struct {
	lo, hi window.Time
	why    string
}

// job is one cut: the records in [from, next) of the panes that end in (lo, hi].
type job struct {
	checks.Cut
	lo, hi    window.Time
	watermark window.Time    // before the next record
	amends    *checks.Window // with late records of these panes; nil: they are those that came on time
}

// run counts the panes of windows, which are in the order of their ends.
func (r *recount) run(ctx context.Context, windows []*checks.Window) error {
	r.panes, r.newest = map[window.Time]*monitors.Pane{}, map[paneOf]window.Time{}
	r.late = map[window.Time]*monitors.Pane{}
	jobs := map[int][]*job{}
	counted := window.None // end of the newest pane that has its jobs
	for _, w := range windows {
		for _, j := range jobsOf(w, max(counted, w.Start)) {
			jobs[j.Partition] = append(jobs[j.Partition], j)
		}
		for _, c := range w.Amended {
			j := &job{Cut: c, lo: w.Start, hi: w.End, watermark: orNone(c.Watermark), amends: w}
			jobs[c.Partition] = append(jobs[c.Partition], j)
		}
		counted = w.End
	}
	for _, id := range slices.Sorted(maps.Keys(jobs)) {
		slices.SortStableFunc(jobs[id], func(a, b *job) int { return int(min(1, max(-1, a.From-b.From))) })
		if err := r.partition(ctx, source.Partition{Topic: r.plan.Stream.Topic, ID: id}, jobs[id]); err != nil {
			return err
		}
	}
	return nil
}

// jobsOf are the cuts of a window for its panes that end after lo: windows that
// slide have panes in common, and each is counted once.
func jobsOf(w *checks.Window, lo window.Time) (jobs []*job) {
	after := map[int]window.Time{} // end of the panes that a partition's cuts so far are of
	for _, c := range w.Cut {
		j := &job{Cut: c, lo: lo, hi: w.End, watermark: orNone(c.Watermark)}
		if t, ok := after[c.Partition]; ok {
			j.lo = max(lo, t)
		}
		if c.Through != nil {
			j.hi = *c.Through
			after[c.Partition] = j.hi
		}
		if !c.Empty() && j.lo < j.hi {
			jobs = append(jobs, j)
		}
	}
	return jobs
}

func orNone(t *window.Time) window.Time {
	if t == nil {
		return window.None
	}
	return *t
}

// partition reads one partition once, over all its jobs.
func (r *recount) partition(ctx context.Context, p source.Partition, jobs []*job) error {
	decoder, err := r.plan.NewDecoder()
	if err != nil {
		return err
	}
	c := counter{recount: r, id: p.ID, decoder: decoder, row: r.plan.NewRow(), panes: map[window.Time]*monitors.Pane{}}
	log := r.logs.Log(p)
	for at := jobs[0].From; len(jobs) > 0; {
		b, err := log.Fetch(ctx, at)
		if cut := (*source.TruncatedError)(nil); errors.As(err, &cut) {
			b, err = source.Batch{From: at, Next: at, Final: true}, nil
		}
		if err != nil {
			return err
		}
		for i := range b.Records {
			c.observe(jobs, &b.Records[i])
		}
		if r.progress != nil {
			r.progress(len(b.Records))
		}
		if b.From > at {
			r.lose(jobs, b.From, fmt.Sprintf("records of partition %d are gone: it begins at offset %d", p.ID, b.From))
		}
		at = b.Next
		jobs = slices.DeleteFunc(jobs, func(j *job) bool { return j.Next <= at })
		if b.Final {
			r.lose(jobs, math.MaxInt64, fmt.Sprintf("records of partition %d are gone: it ends at offset %d", p.ID, at))
			break
		}
		at = skip(at, jobs)
	}
	return r.merge(c.panes)
}

// lose notes that the jobs which begin before an offset cannot be done.
func (r *recount) lose(jobs []*job, before int64, why string) {
	for _, j := range jobs {
		if j.From < before {
			r.gone = append(r.gone, gap{j.lo, j.hi, why})
		}
	}
}

// skip returns the first offset from at on that a job asks for.
func skip(at int64, jobs []*job) int64 {
	if len(jobs) == 0 {
		return at
	}
	return max(at, jobs[0].From)
}

// merge adds what one partition has.
func (r *recount) merge(panes map[window.Time]*monitors.Pane) error {
	for _, end := range slices.Sorted(maps.Keys(panes)) {
		if err := r.pane(end).Merge(panes[end]); err != nil {
			return err
		}
	}
	return nil
}

// pane returns what was counted of the pane that ends at end.
func (r *recount) pane(end window.Time) *monitors.Pane {
	if r.panes[end] == nil {
		r.panes[end] = r.monitor.NewPane(r.monitor.Windows().Start(end - 1))
	}
	return r.panes[end]
}

// why says what keeps a window from being counted again, or "".
func (r *recount) why(w *checks.Window) string {
	for _, g := range r.gone {
		if g.lo < w.End && g.hi > w.Start {
			return g.why
		}
	}
	return ""
}

// counter counts the records of one partition.
type counter struct {
	*recount
	id      int
	decoder decode.Decoder
	row     *monitors.Row
	panes   map[window.Time]*monitors.Pane
}

// observe counts a record for the jobs that it is of: on time in one, or late in
// those of the windows that it amended.
func (c *counter) observe(jobs []*job, rec *source.Record) {
	if c.row.Fill(c.decoder, c.id, rec) != nil {
		return
	}
	t, err := c.row.Time(rec)
	if err != nil {
		return
	}
	shape := c.monitor.Windows()
	start, end := shape.Start(t), shape.End(t)
	for _, j := range jobs {
		if j.From > rec.Offset {
			break
		}
		if rec.Offset >= j.Next {
			continue
		}
		switch sealed := end <= shape.Sealed(j.watermark); {
		case end <= j.lo || end > j.hi:
		case j.amends == nil && !sealed:
			c.count(start, end, t)
		case j.amends != nil && (sealed || closedBefore(j.amends, c.id, end, rec.Offset)) && end > shape.Settled(j.watermark):
			c.countLate(j.amends)
		}
		j.watermark = max(j.watermark, t)
	}
}

// closedBefore reports whether the pane that ends at end was closed for a partition
// without its watermark before a record: it was idle, or had nothing in it.
func closedBefore(w *checks.Window, partition int, end window.Time, offset int64) bool {
	for _, cut := range w.Cut {
		if cut.Partition == partition && (cut.Through == nil || end <= *cut.Through) {
			return cut.Empty() || (cut.Idle || cut.Ended) && offset >= cut.Next
		}
	}
	return true
}

func (c *counter) countLate(w *checks.Window) {
	if c.late[w.End] == nil {
		c.late[w.End] = c.monitor.NewSpan(w.Start, w.End)
	}
	c.late[w.End].Observe(c.row)
}

func (c *counter) count(start, end, t window.Time) {
	p := c.panes[end]
	if p == nil {
		p = c.monitor.NewPane(start)
		c.panes[end] = p
	}
	p.Observe(c.row)
	of := paneOf{c.id, end}
	c.newest[of] = max(c.newest[of], t)
}
