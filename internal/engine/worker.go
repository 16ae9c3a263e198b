package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors"
	"driftwatch/monitors/decode"
	"driftwatch/monitors/source"
	"driftwatch/monitors/window"
)

// worker reads one partition of a stream and owns its panes. All of it belongs
// to one goroutine; it talks with the sequencer by reports and by mail.
type worker struct {
	plan      *monitors.Plan
	partition source.Partition
	start     source.Start
	from, to  window.Time // panes that do not lie between them are left out
	source    Source
	horizon   *atomic.Int64 // of the stream: a watermark at or beyond it is not moved on
	reports   chan<- *report
	fetched   func(stream string, p source.Partition, offset int64, took time.Duration)
	log       *slog.Logger
	mail      *mailbox
	stop      context.CancelFunc // set when it is started
	done      chan struct{}      // closed when it has ended

	state     partitionState
	watermark window.Time
	newest    window.Time
	tracks    []*track
	decoder   decode.Decoder
	row       *monitors.Row

	batch    source.Batch // being worked through while open
	open     bool
	at       int // its next record
	end      int64
	atEnd    bool
	full     bool      // its late records are to be handed over
	past     bool      // all that is asked for is sealed
	final    bool      // the log is over, or past what is asked for, and was worked through
	quiet    time.Time // since when no record came
	answered answered
	samples  []snapshot.Sample
	sealed   []sealedPane
	fetching bool
}

// track is one monitor in one partition.
type track struct {
	monitor  *monitors.Monitor
	identity string // of what the store's panes belong to
	windows  window.Shape
	tracker  *window.Tracker
	panes    map[window.Time]*openPane      // by end: those that are not closed
	last     [2]window.Time                 // the pane of the newest record, from and to
	amends   map[window.Time]*monitors.Pane // by end of a pane: its late records since the newest checkpoint
	late     uint64
	amended  uint64      // of the late ones
	lateTo   int64       // records before it are in late already
	whole    window.Time // panes that end at or before it are whole,
	partial  window.Time // later ones up to this lack records
	gap      bool        // the monitor did not see the records before the next one
	skip     place       // records before it were counted by an earlier reading
}

type sealedPane struct {
	monitor int
	pane    *monitors.Pane
}

// report is what a worker tells the sequencer after it changed. It shares
// nothing with the worker save for sealed panes, which no longer change.
type report struct {
	worker     *worker
	partition  snapshot.Partition
	records    uint64
	bytes      uint64
	lost       uint64
	errors     map[string]uint64
	atEnd      bool
	final      bool
	quiet      time.Time
	monitors   []trackReport
	sealed     []sealedPane
	samples    []snapshot.Sample
	checkpoint *checkpoint
	ended      bool
}

type trackReport struct {
	border  window.Time
	whole   window.Time
	partial window.Time
	late    uint64
	amended uint64
	ends    []window.Time // of unclosed panes, ascending
}

// idle reports whether the partition was at the end of its log without records
// for at least d, or its log is over. Of a log that does not answer nobody knows
// its end.
func (r *report) idle(now time.Time, d time.Duration) bool {
	return r.final || r.atEnd && r.worker.answered.idle(now, r.quiet, d)
}

// answered is when a partition's log was last heard of, in Unix nanoseconds.
// The worker sets it, the sequencer reads it too.
type answered struct{ atomic.Int64 }

// unheard is how long a log that has nothing new may take to say so.
const unheard = 20 * time.Second

func (a *answered) idle(now, quiet time.Time, d time.Duration) bool {
	at := time.Unix(0, a.Load())
	return at.Sub(quiet) >= d && now.Sub(at) < unheard
}

func newWorker(plan *monitors.Plan, p source.Partition) (*worker, error) {
	d, err := plan.NewDecoder()
	if err != nil {
		return nil, err
	}
	w := &worker{
		plan: plan, partition: p, to: window.Newest, watermark: window.None, newest: window.None,
		decoder: d, row: plan.NewRow(), done: make(chan struct{}), mail: newMailbox(),
	}
	w.state.Next = unresolved
	for _, m := range plan.Monitors {
		w.tracks = append(w.tracks, &track{
			monitor: m, windows: m.Windows(), whole: window.None, partial: window.None, panes: map[window.Time]*openPane{},
			amends: map[window.Time]*monitors.Pane{},
		})
	}
	return w, nil
}

// unresolved is the offset of a partition that was never read.
const unresolved = -1

func (w *worker) String() string {
	return fmt.Sprintf("partition %d of topic %q", w.partition.ID, w.partition.Topic)
}

type fetched struct {
	batch source.Batch
	err   error
}

// run reads until ctx ends and then sends a last report with a checkpoint.
func (w *worker) run(ctx context.Context) {
	defer close(w.done)
	defer func() { w.send(nil, true) }()
	w.quiet = time.Now()
	if !w.resolve(ctx) {
		return
	}
	ask, got := make(chan int64), make(chan fetched)
	go w.fetch(ctx, ask, got)
	defer func() { close(ask); drain(got) }()
	for ctx.Err() == nil {
		w.work(ctx)
		next := ask
		if w.fetching || w.open || w.final {
			next = nil
		}
		select {
		case <-ctx.Done():
		case next <- w.state.Next:
			w.fetching = true
		case f := <-got:
			w.fetching = false
			w.receive(f)
		case <-w.mail.wake:
			w.readMail()
		}
	}
}

func drain(got <-chan fetched) {
	for range got { //nolint:revive // until fetch has ended
	}
}

// fetch serves run, so that a worker that waits for records still reads its mail.
func (w *worker) fetch(ctx context.Context, ask <-chan int64, got chan<- fetched) {
	defer close(got)
	log, behind := w.source.Log(w.partition), false
	for from := range ask {
		began := time.Now()
		b, err := log.Fetch(ctx, from)
		left := err == nil && !b.AtEnd()
		switch {
		case err != nil:
			pause(ctx, time.Second)
		case behind || left: // it did not have to wait for records
			w.fetched(w.plan.Stream.Name, w.partition, from, time.Since(began))
		}
		behind = left
		got <- fetched{b, err}
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// resolve finds where to begin in a partition that was never read.
func (w *worker) resolve(ctx context.Context) bool {
	if w.state.Next != unresolved {
		return true
	}
	wait := 100 * time.Millisecond
	for {
		offset, gap, err := w.begin(ctx)
		if err == nil {
			w.state.Next, w.state.Gap = offset, gap
			w.send(w.checkpoint(), false) // so that no window closes before the start is stored
			return true
		}
		if ctx.Err() == nil {
			w.log.Debug("the start of a partition is not known yet", "topic", w.partition.Topic, "partition", w.partition.ID, "error", err)
		}
		select {
		case <-ctx.Done():
			return false
		case <-w.mail.wake:
			w.readMail()
		case <-time.After(wait):
			wait = min(2*wait, 5*time.Second)
		}
	}
}

// begin returns where reading begins, and whether windows may lack records that
// lie before. All of those are older than the time that windows are asked from
// on, unless they are gone.
func (w *worker) begin(ctx context.Context) (offset int64, gap bool, err error) {
	offset, err = w.source.Resolve(ctx, w.partition, w.start)
	if err != nil || offset == 0 || w.from <= 0 {
		return offset, offset != 0, err
	}
	first, err := w.source.Resolve(ctx, w.partition, source.Start{})
	return offset, offset == first, err
}

func (w *worker) receive(f fetched) {
	if f.err != nil {
		w.fault(f.err)
		return
	}
	if w.isRemade(f.batch.TopicID) {
		w.startOver(0, f.batch.TopicID)
		return
	}
	w.state.TopicID = cmp.Or(f.batch.TopicID, w.state.TopicID)
	w.answered.Store(time.Now().UnixNano())
	w.batch, w.at, w.open = f.batch, 0, true
	w.end = f.batch.End
	if f.batch.Lost > 0 {
		// What is read again for some monitor only may be gone by now.
		first := w.state.Next + f.batch.Lost
		w.state.Lost += uint64(max(0, first-max(w.state.Next, w.state.Counted)))
		w.missed(first)
		w.log.Warn("records were gone before they could be read", "topic", w.partition.Topic, "partition", w.partition.ID, "lost", f.batch.Lost)
	}
}

// fault handles what the log cannot get over by itself.
func (w *worker) fault(err error) {
	var cut *source.TruncatedError
	switch {
	case errors.As(err, &cut) && w.isRemade(cut.TopicID):
		w.startOver(0, cut.TopicID)
	case errors.As(err, &cut):
		w.startOver(cut.Start, cut.TopicID)
	case !errors.Is(err, context.Canceled):
		w.log.Error("a partition cannot be read", "topic", w.partition.Topic, "partition", w.partition.ID, "error", err)
	}
}

// isRemade reports whether a topic is another one than that which was read.
func (w *worker) isRemade(topicID string) bool {
	return topicID != "" && w.state.TopicID != "" && topicID != w.state.TopicID
}

// startOver reads a log that was made again, or lost its tail, from its start.
// Open panes are dropped. Of a truncated log they would hold records twice; of a
// new one they would mix two logs, which no cut can describe. What was known
// to be in the log and was not read is lost.
func (w *worker) startOver(at int64, topicID string) {
	lost, why := max(0, w.end-w.state.Next), "a partition was truncated"
	if w.isRemade(topicID) {
		why = "a topic was made again"
	}
	w.log.Warn(why+"; it is read from its start, and windows that were open are partial",
		"topic", w.partition.Topic, "partition", w.partition.ID, "read_to", w.state.Next, "start", at, "lost", lost)
	w.state.Lost += uint64(lost)
	w.missed(math.MaxInt64)
	w.state.Next, w.end, w.atEnd = at, 0, false
	w.state.TopicID = cmp.Or(topicID, w.state.TopicID)
	dropped := w.forgetOpen()
	c := w.checkpoint()
	for i := 0; c != nil && i < len(dropped); i++ {
		c.panes[dropped[i]] = nil
	}
	w.send(c, false)
}

// missed notes that records before first are gone. Windows that are open may lack
// some, also if there never is a next one.
func (w *worker) missed(first int64) {
	w.state.Gap = true
	for _, k := range w.tracks {
		if w.watermark != window.None && k.skip.Offset < first {
			k.lacks(k.windows.End(w.watermark))
		}
	}
}

// lacks notes that records are missing from panes that are not sealed, up to one.
func (k *track) lacks(through window.Time) {
	if k.partial <= k.tracker.Closed() {
		k.whole = k.tracker.Border()
	}
	k.partial = max(k.partial, through)
}

// blocked reports whether the partition is too far ahead of the slowest one.
func (w *worker) blocked() bool {
	return w.watermark != window.None && int64(w.watermark) >= w.horizon.Load()
}

// work goes through the batch until its end or until the partition is too far
// ahead.
func (w *worker) work(ctx context.Context) {
	for w.open && w.workOn(ctx) {
	}
}

// workOn goes on with the batch, and reports. There is more to do at once if it
// stopped only to hand over late records.
func (w *worker) workOn(ctx context.Context) (more bool) {
	before, atEnd, final := w.at, w.atEnd, w.final
	for w.at < len(w.batch.Records) && !w.past && !w.full && !w.blocked() && ctx.Err() == nil {
		rec := &w.batch.Records[w.at]
		w.at++
		w.observe(rec)
		w.state.Next = rec.Offset + 1
	}
	w.open = w.at < len(w.batch.Records) && !w.past
	if !w.open && !w.past {
		w.state.Next = max(w.state.Next, w.batch.Next)
	}
	if w.at > before {
		w.quiet = time.Now()
	}
	w.atEnd = !w.open && w.batch.AtEnd()
	if !w.open && (w.batch.Final || w.past) {
		w.finish()
	}
	if w.at > before || w.atEnd != atEnd || w.final != final {
		var c *checkpoint
		if more = w.full; more {
			w.full, c = false, w.checkpoint()
		}
		w.send(c, false)
	}
	return more
}

// send reports to the sequencer, which receives until all workers have ended.
func (w *worker) send(c *checkpoint, last bool) {
	r := w.report()
	r.checkpoint, r.ended = c, last
	if last && w.state.Next != unresolved {
		r.checkpoint = w.checkpoint()
	}
	w.reports <- r
}

// report says how the worker stands, and hands over what it sealed.
func (w *worker) report() *report {
	r := &report{
		worker: w, atEnd: w.atEnd, final: w.final, quiet: w.quiet, sealed: w.sealed, samples: w.samples,
		records: w.state.Records, bytes: w.state.Bytes, lost: w.state.Lost, errors: maps.Clone(w.state.Errors),
		partition: snapshot.Partition{
			ID: w.partition.ID, Next: max(0, w.state.Next), End: w.end, Watermark: w.watermark, Newest: w.newest,
		},
	}
	w.sealed, w.samples = nil, nil
	for _, k := range w.tracks {
		r.monitors = append(r.monitors, trackReport{
			border: k.tracker.Border(), whole: k.whole, partial: k.partial, late: k.late, amended: k.amended,
			ends: slices.Sorted(maps.Keys(k.panes)),
		})
	}
	return r
}

func (w *worker) checkpoint() *checkpoint {
	c, err := w.takeCheckpoint()
	if err != nil {
		w.log.Error("a checkpoint cannot be made", "topic", w.partition.Topic, "partition", w.partition.ID, "error", err)
		return nil
	}
	return c
}
