package engine

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/source"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// sequencer owns what partitions share. All of it belongs to one goroutine.
type sequencer struct {
	engine   *Engine
	opts     *Options
	streams  map[string]*stream
	monitors []*monitor         // by name
	problem  string             // why nothing can be stored, or ""
	shown    *snapshot.Snapshot // the newest one
	failures uint64             // attempts to store something
	crowded  bool               // memory is short
	outbox   *Outbox
	untold   bool                              // there are events that the outbox did not make known
	unmoved  map[string]bool                   // monitors that changed since the ledger had them
	resolved []rules.Alert                     // the newest ones, newest last
	closings []*closing                        // not yet in the store
	revised  []*revisions                      // the same
	stored   time.Time                         // of the newest commit
	began    time.Time                         // when it began to read
	update   func(func(*store.Tx) error) error // of the store
}

// stream is one stream and its partitions.
type stream struct {
	plan     *monitors.Plan
	monitors []*monitor
	parts    []*partition // by number
	first    window.Time  // the least first watermark: stands in for partitions without one
	horizon  *atomic.Int64
	frozen   bool      // partitions are about to go: nothing closes
	moved    time.Time // when the ledger was told last how far its partitions were read
	samples  []snapshot.Sample
	gone     *report          // sums of partitions that this process no longer reads
	before   *snapshot.Stream // what the engine before counted, until it is known which partitions there are
}

// partition is what the sequencer knows of a worker.
type partition struct {
	worker  *worker
	last    *report
	sealed  map[int]map[window.Time]*monitors.Pane // by monitor and end
	pending *checkpoint                            // not yet in the store
	border  []window.Time                          // of each monitor, in the store
	oldest  int64                                  // offset that another process would need
	fresh   bool                                   // the group does not know oldest yet
	known   bool                                   // the ledger has it
}

// monitor is the shared state of one monitor.
type monitor struct {
	*monitors.Monitor
	references
	stream   *stream
	index    int       // in the stream's plan
	woke     time.Time // when the newest records came while all partitions were silent
	program  *rules.Program
	state    rules.State
	told     []rules.Event // that no window led to; not yet in the store
	windows  *window.Assembler
	lacks    window.Time       // windows that start before it lack panes
	merged   *monitors.Blocks  // the panes of windows that have several
	cuts     []checks.PaneCuts // of the newest closed pane, and of those that open windows hold
	total    uint64
	history  []checks.Past
	recent   []*checks.Window
	restored *checks.Window                    // the newest one that the store had; another version of the monitor may have made it
	present  *checks.Window                    // what may be shown of it, without what the monitor has no more; nil: not made yet
	shown    map[*checks.Window]*checks.Window // what may be shown of them
	lookback pastWindows

	evaluations [][]rules.Evaluation // of the newest windows, by rule

	due       bool              // late records may wait for closed windows to be made anew
	unrevised uint64            // windows that could not be
	before    *snapshot.Monitor // as of the stream
	again     blocksAgain
}

const (
	// historyKept bounds the earlier windows that the volume check looks back on.
	historyKept = 4096
	// recentKept bounds the windows in a snapshot, over all monitors.
	recentKept = 1000
	// resolvedKept bounds the resolved alerts in a snapshot.
	resolvedKept = 50
	// tick is how often idleness is looked at.
	tick = 100 * time.Millisecond
	// publishEvery bounds the age of lags and positions in a snapshot.
	publishEvery = time.Second
)

func newSequencer(e *Engine) *sequencer {
	s := &sequencer{
		engine: e, opts: &e.opts, streams: map[string]*stream{}, update: e.opts.update, unmoved: map[string]bool{},
	}
	s.outbox = newOutbox(e)
	for _, plan := range e.opts.Plans {
		st := &stream{plan: plan, first: window.None, horizon: &atomic.Int64{}, gone: &report{monitors: make([]trackReport, len(plan.Monitors))}}
		st.horizon.Store(math.MinInt64)
		s.streams[plan.Stream.Name] = st
		for i, spec := range plan.Monitors {
			m := newMonitor(spec)
			m.stream, m.index, m.program = st, i, e.opts.Programs[spec.Spec.Name]
			st.monitors = append(st.monitors, m)
		}
		s.monitors = append(s.monitors, st.monitors...)
	}
	slices.SortFunc(s.monitors, func(a, b *monitor) int { return strings.Compare(a.Spec.Name, b.Spec.Name) })
	return s
}

// goOn takes over what the engine before counted and the store does not keep.
func (s *sequencer) goOn(before *snapshot.Snapshot) {
	if before == nil {
		return
	}
	s.failures = before.Store.Failures
	for i := range before.Monitors {
		if m, err := s.find(before.Monitors[i].Name); err == nil {
			m.before = &before.Monitors[i]
			m.unrevised = m.before.Unrevised
		}
	}
	for i := range before.Streams {
		b := &before.Streams[i]
		if st := s.streams[b.Name]; st != nil && st.plan.Stream.Topic == b.Topic {
			st.before = b
		}
	}
}

func newMonitor(m *monitors.Monitor) *monitor {
	return &monitor{
		Monitor: m, windows: window.NewAssembler(m.Windows(), window.None, window.None), merged: monitors.NewBlocks(m), lacks: window.None,
	}
}

func (s *sequencer) horizonOf(stream string) *atomic.Int64 { return s.streams[stream].horizon }

// find returns a monitor by name, or a *snapshot.Refusal.
func (s *sequencer) find(name string) (*monitor, error) {
	i, ok := slices.BinarySearchFunc(s.monitors, name, func(m *monitor, name string) int {
		return strings.Compare(m.Spec.Name, name)
	})
	if !ok {
		return nil, snapshot.Missing("there is no monitor %q", name)
	}
	return s.monitors[i], nil
}

// closedBefore returns the end of a monitor's newest closed pane.
func (s *sequencer) closedBefore(name string) window.Time {
	m, err := s.find(name)
	if err != nil {
		return window.None
	}
	return m.windows.Closed()
}

// run is the sequencer's loop. It ends after the membership has ended, which
// it does after all workers have. It calls over once all logs are over.
func (s *sequencer) run(members <-chan error, over func()) error {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	var published, checkpointed time.Time
	ended := false
	s.began = time.Now()
	var touched []*stream
	for {
		ticked := false
		touched = touched[:0]
		select {
		case err := <-members:
			return errors.Join(err, s.finish())
		case r := <-s.engine.reports:
			s.receive(r)
			touched = append(touched, s.streams[r.worker.plan.Stream.Name])
		case fn := <-s.engine.ops:
			fn()
		case <-ticker.C:
			s.crowded = s.opts.Crowded()
			touched, ticked = s.allStreams(touched), true
		}
		now := time.Now()
		if ticked {
			s.listen(now)
		}
		if now.Sub(checkpointed) >= s.opts.Checkpoint {
			checkpointed = now
			s.askCheckpoints()
		}
		if s.advance(now, touched) || now.Sub(published) >= publishEvery {
			published = now
			s.publish()
		}
		if !ended && s.over() {
			ended = true
			s.publish()
			over()
		}
	}
}

// over reports whether all logs are over and all that they held is stored.
func (s *sequencer) over() bool {
	for _, st := range s.streams {
		if len(st.parts) == 0 || slices.ContainsFunc(st.parts, func(p *partition) bool { return p.last == nil || !p.last.final }) {
			return false
		}
	}
	open := func(m *monitor) bool { return m.due || s.nextEnd(m) != window.Newest }
	return len(s.streams) > 0 && len(s.closings) == 0 && !s.hasPending() && !slices.ContainsFunc(s.monitors, open)
}

func (s *sequencer) receive(r *report) {
	st := s.streams[r.worker.plan.Stream.Name]
	i := slices.IndexFunc(st.parts, func(p *partition) bool { return p.worker == r.worker })
	if i < 0 {
		return
	}
	p := st.parts[i]
	if p.last != nil && r.quiet.After(p.last.quiet) {
		st.wake(r.quiet)
	}
	p.last = r
	for _, sealed := range r.sealed {
		p.sealed[sealed.monitor][sealed.pane.End] = sealed.pane
	}
	if r.checkpoint != nil {
		if p.pending == nil {
			p.pending = r.checkpoint
		} else {
			p.pending.absorb(r.checkpoint)
		}
	}
	st.samples = append(st.samples, r.samples...)
	st.samples = st.samples[max(0, len(st.samples)-samplesKept):]
	if st.first == window.None {
		st.first = r.partition.Watermark
	}
	if r.ended {
		s.remove(st, i)
	}
}

// add brings back the state of workers and makes them known before they run, in
// one step: of a window that closed in between, they would not know that what
// they read for it is late.
func (s *sequencer) add(fresh map[source.Partition][]*worker) error {
	var restored errgroup.Group
	restored.SetLimit(runtime.GOMAXPROCS(0))
	for _, same := range fresh {
		for _, w := range same {
			if w.start.Latest && len(s.streams[w.plan.Stream.Name].parts) > 0 {
				w.start = source.Start{} // it was added to a topic that is read: all of it is new
			}
			restored.Go(func() error {
				return s.opts.Store.View(func(tx *store.Tx) error { return w.restore(tx, s.closedBefore) })
			})
		}
	}
	if err := restored.Wait(); err != nil {
		return err
	}
	for _, same := range fresh {
		for _, w := range same {
			s.addOne(w)
		}
	}
	return nil
}

func (s *sequencer) addOne(w *worker) {
	st := s.streams[w.plan.Stream.Name]
	p := &partition{worker: w, sealed: map[int]map[window.Time]*monitors.Pane{}}
	for i := range w.tracks {
		p.sealed[i] = map[window.Time]*monitors.Pane{}
	}
	st.parts = append(st.parts, p)
	slices.SortFunc(st.parts, func(a, b *partition) int { return a.worker.partition.ID - b.worker.partition.ID })
	st.before = nil
	w.handOver()
	s.receive(w.report())
}

// freeze keeps windows of the workers' streams from closing, or lets them again.
func (s *sequencer) freeze(ws map[source.Partition][]*worker, frozen bool) {
	for _, same := range ws {
		for _, w := range same {
			s.streams[w.plan.Stream.Name].frozen = frozen
		}
	}
}

// remove forgets a partition that has ended; its last checkpoint is stored.
func (s *sequencer) remove(st *stream, i int) {
	if err := s.commit(); err != nil {
		s.opts.Log.Error("the last state of a partition could not be stored; it is read again from the one before", "partition", st.parts[i].worker.String(), "error", err)
	}
	r := st.parts[i].last
	for m := range r.monitors {
		st.gone.monitors[m].late += r.monitors[m].late
		st.gone.monitors[m].amended += r.monitors[m].amended
	}
	st.gone.records += r.records
	st.gone.bytes += r.bytes
	st.gone.lost += r.lost
	if st.gone.errors == nil {
		st.gone.errors = map[string]uint64{}
	}
	for reason, n := range r.errors {
		st.gone.errors[reason] += n
	}
	st.parts = slices.Delete(st.parts, i, i+1)
}

func (s *sequencer) askCheckpoints() {
	for _, st := range s.streams {
		for _, p := range st.parts {
			p.worker.mail.post(letter{kind: letterCheckpoint})
		}
	}
}

func (s *sequencer) allStreams(to []*stream) []*stream {
	for _, plan := range s.opts.Plans {
		to = append(to, s.streams[plan.Stream.Name])
	}
	return to
}

// advance closes what can be closed of the streams, moves their horizons and
// stores what has to be stored. It reports whether something worth publishing
// happened.
func (s *sequencer) advance(now time.Time, touched []*stream) bool {
	for _, st := range touched {
		s.moveHorizon(st, now)
		if st.frozen {
			continue
		}
		for _, m := range st.monitors {
			for len(s.closings) < closingsTogether {
				c := s.nextClosing(m, now)
				if c == nil {
					break
				}
				s.heard(c, now)
				s.closings = append(s.closings, c)
			}
		}
	}
	closed := len(s.closings) > 0 || slices.ContainsFunc(s.monitors, func(m *monitor) bool { return len(m.told) > 0 })
	if closed || s.hasPending() && now.Sub(s.stored) >= tick {
		s.commitUntilDone()
		s.stored = time.Now() // not before: a slow disk must not be all that is waited for
	}
	revised := s.revise()
	s.moveUntilDone()
	return closed || revised
}

// closingsTogether bounds the windows of one transaction.
const closingsTogether = 64

// commitUntilDone stores closings and checkpoints. A store that cannot be
// written stops the data path here, with everything kept, until it can.
func (s *sequencer) commitUntilDone() {
	for pause := tick; ; pause = min(2*pause, 5*time.Second) {
		err := s.commit()
		if err == nil {
			if s.problem != "" {
				s.opts.Log.Info("the store can be written again; reading goes on", "path", s.opts.Store.Path())
			}
			s.problem = ""
			return
		}
		s.failures++
		if s.problem == "" {
			s.opts.Log.Error("the store cannot be written; nothing is read until it can", "path", s.opts.Store.Path(), "error", err)
		}
		s.problem = fmt.Sprintf("the store cannot be written: %v", err)
		s.publish()
		if s.engine.stopping.Load() {
			return // nothing is lost: it is read again from the last commit
		}
		time.Sleep(pause)
	}
}

// finish stores what the workers left when they ended.
func (s *sequencer) finish() error {
	if len(s.closings) > 0 || s.hasPending() {
		if err := s.commit(); err != nil {
			return err
		}
	}
	if err := s.move(); err != nil {
		s.opts.Log.Warn("the last state of monitors is not in the group's topic; who takes them over goes on from the one before", "error", err)
	}
	return nil
}

func (s *sequencer) hasPending() bool {
	for _, st := range s.streams {
		for _, p := range st.parts {
			if p.pending != nil {
				return true
			}
		}
	}
	return false
}

// keepRecent is how many windows of each monitor a snapshot shows.
func (s *sequencer) keepRecent() int { return max(1, min(20, recentKept/max(1, len(s.monitors)))) }

// needed is the end up to which nobody needs the monitor's closed panes: no
// window, no reference, and no partition that would be read again after a crash.
func (m *monitor) needed() window.Time {
	needed := m.reach()
	for _, p := range m.stream.parts {
		if p.border == nil {
			return window.None
		}
		needed = min(needed, p.border[m.index])
	}
	return needed
}
