package engine

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"driftwatch/monitors"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/digest"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// revisions are windows of one monitor that were made anew with late records, on
// their way into the store.
type revisions struct {
	monitor *monitor
	due     []window.Time // what is done with this
	windows []*checks.Window
	failed  uint64 // windows that stay as they are
	state   rules.State
	judged  map[window.Time]judged // what has changed of it
	events  []rules.Event
}

// revision is one window that is made anew.
type revision struct {
	old    *checks.Window
	judged judged
	pane   *monitors.Pane // with the late records
	rows   uint64         // of these
	cuts   []checks.PaneCuts
}

// revisionsTogether bounds the windows of one monitor and transaction.
const revisionsTogether = 16

// revise makes closed windows anew that late records came for, and stores them. It
// reports whether there were any.
func (s *sequencer) revise() bool {
	if len(s.closings) > 0 { // they could not be stored
		return false
	}
	for _, m := range s.monitors {
		if !m.due {
			continue
		}
		if r := s.makeRevisions(m); r != nil {
			s.revised = append(s.revised, r)
		}
	}
	if len(s.revised) == 0 {
		return false
	}
	s.commitUntilDone()
	s.revised = nil // what could not be stored is still due
	return true
}

// makeRevisions makes some of the monitor's due windows anew, or returns nil if
// none is due.
func (s *sequencer) makeRevisions(m *monitor) *revisions {
	r := &revisions{monitor: m, state: m.state, judged: map[window.Time]judged{}}
	err := s.opts.Store.View(func(tx *store.Tx) error {
		if r.due = tx.Due(m.Spec.Name, revisionsTogether); len(r.due) > 0 {
			m.again.past = m.pastOf(tx, r.due[0])
		}
		return nil
	})
	if err != nil || len(r.due) == 0 {
		m.due, m.again = err != nil, blocksAgain{}
		return nil
	}
	if m.again.windows == nil {
		m.again.windows, m.again.references = monitors.NewBlocks(m.Monitor), monitors.NewBlocks(m.Monitor)
	}
	var changed *revision // the first window with another verdict
	for _, end := range r.due {
		old, fresh, err := s.makeRevision(m, end)
		if err != nil {
			r.failed++
			if m.unrevised+r.failed == 1 {
				s.opts.Log.Warn("a closed window cannot be made anew with its late records and stays as it is; others like it are only counted",
					"monitor", m.Spec.Name, "window", end, "reason", err)
			}
			continue
		}
		if fresh == nil {
			continue
		}
		r.windows = append(r.windows, fresh)
		if changed == nil && old.judged.Rules == m.program.Identity() && !m.program.Agrees(old.old, fresh) {
			changed = old
		}
	}
	if changed != nil {
		if err := s.stepAgain(r, changed); err != nil {
			s.opts.Log.Error("rules cannot judge windows again that late records changed", "monitor", m.Spec.Name, "error", err)
		}
	}
	return r
}

// blocksAgain are merged panes of windows that are made anew, and of what they
// are compared with: others than those of the newest window.
type blocksAgain struct {
	windows, references *monitors.Blocks
	past                []store.Volume // of those that the next ones are compared with
}

var (
	errReference = errors.New("what it was compared with is not there any more")
	errJudgement = errors.New("it was judged under another configuration, or elsewhere")
	errProfile   = errors.New("its profile is not kept any more, or is of another version of the monitor")
)

// makeRevision evaluates a window with its late records, as it was the first time
// but for them. It returns no window if the store has that result already.
func (s *sequencer) makeRevision(m *monitor, end window.Time) (*revision, *checks.Window, error) {
	var r *revision
	err := s.opts.Store.View(func(tx *store.Tx) (err error) {
		r, err = m.readRevision(tx, end)
		return err
	})
	if err != nil || r == nil {
		return nil, nil, err
	}
	then := m.asOf(r.old)
	reference, ok := s.referenceOf(then, r)
	if !ok {
		return nil, nil, errReference
	}
	w := m.Evaluate(monitors.Closing{
		Pane: r.pane, Cut: r.old.Cut, Partial: r.old.Partial,
		History: then.historyBefore(r.old.Start), Reference: reference,
	})
	w.Revision, w.Amended = int(r.rows), checks.JoinCuts(r.cuts)
	return r, w, nil
}

// asOf is what of the monitor a window is a function of, as it was when the window
// closed.
func (m *monitor) asOf(w *checks.Window) *monitor {
	then := *m
	before, _ := slices.BinarySearchFunc(m.history, w.Start, func(p checks.Past, start window.Time) int { return cmp.Compare(p.Start, start) })
	then.history = m.history[:before]
	then.blocks, then.past = m.again.references, m.again.past
	return &then
}

// pastOf returns the windows that one which closed earlier, and those after it, may be
// compared with. Late records are stored with the next checkpoint, by when windows
// that are caught up with may be far beyond what is kept for the next one.
func (m *monitor) pastOf(tx *store.Tx, end window.Time) (past []store.Volume) {
	r := &m.Spec.Reference
	from := m.Windows().Back(tx.Volume(m.Spec.Name, end).Start, max(r.Trailing, r.Offset))
	if len(m.past) > 0 && m.past[0].End <= from {
		return m.past
	}
	tx.Volumes(m.Spec.Name, func(v store.Volume) bool {
		past = append(past, v)
		return v.End > from
	})
	slices.Reverse(past)
	return past
}

// readRevision reads all that a new revision of a window is made of, or nil if the
// window is not there any more or holds all its late records.
func (m *monitor) readRevision(tx *store.Tx, end window.Time) (*revision, error) {
	name := m.Spec.Name
	b := tx.Window(name, end)
	if b == nil {
		return nil, nil
	}
	r := &revision{old: &checks.Window{}}
	if err := json.Unmarshal(b, r.old); err != nil {
		return nil, fmt.Errorf("read it: %w", err)
	}
	var err error
	if r.pane, err = readSpan(tx, m.Monitor, m.again.windows, tx.Volume(name, end)); err != nil || r.pane == nil {
		return nil, errors.Join(errProfile, err)
	}
	j := tx.Judged(name, end)
	if j == nil {
		return nil, errJudgement
	}
	if err := json.Unmarshal(j, &r.judged); err != nil {
		return nil, fmt.Errorf("read what it was judged by: %w", err)
	}
	if r.judged.Judgement != m.Judgement() {
		return nil, errJudgement
	}
	if err := m.mergeLate(tx, r); err != nil {
		return nil, err
	}
	if int(r.rows) == r.old.Revision {
		return nil, nil
	}
	return r, nil
}

// mergeLate adds the late records of the window's panes.
func (m *monitor) mergeLate(tx *store.Tx, r *revision) error {
	for _, end := range tx.LateEnds(m.Spec.Name, r.old.Start, r.old.End) {
		late, err := m.readLate(tx, end)
		if err != nil {
			return fmt.Errorf("read its late records: %w", err)
		}
		if late == nil {
			continue
		}
		if err := r.pane.Merge(late); err != nil {
			return err
		}
		r.rows += late.Rows()
		r.cuts = append(r.cuts, checks.PaneCuts{End: end, Cuts: late.Cuts})
	}
	return nil
}

// referenceOf returns what a window was compared with at the first time, or false
// if that is not there any more.
func (s *sequencer) referenceOf(then *monitor, r *revision) (b *monitors.Baseline, ok bool) {
	switch {
	case r.judged.Pinned && then.pin == nil:
		return nil, false
	case !r.judged.Pinned:
		then.pin = nil
		if r.old.Reference == "" || len(then.Spec.Reference.Segment) > 0 { // none, or within the window
			return nil, true
		}
	}
	b = s.reference(then, r.old.Start, r.old.End)
	return b, b != nil && b.Hash == r.old.Reference
}

// stepAgain lets the rules judge all windows from the first on that has another
// verdict, as they would have if it had been so at once.
func (s *sequencer) stepAgain(r *revisions, first *revision) error {
	m, state, joins := r.monitor, first.judged.Before, false
	var fail error
	err := s.opts.Store.View(func(tx *store.Tx) error {
		tx.WindowsFrom(m.Spec.Name, first.old.End, func(end window.Time, b []byte) bool {
			if joins, fail = r.judgeFrom(tx, end, state); joins || fail != nil {
				return false
			}
			w := r.window(end)
			if w == nil {
				w = &checks.Window{}
				fail = json.Unmarshal(b, w)
			}
			state, _ = m.program.Step(state, w, r.earlier(tx))
			return fail == nil
		})
		return fail
	})
	switch {
	case err != nil:
		r.judged = nil
	case !joins:
		r.state, r.events = rules.Replace(m.state, state)
	}
	return err
}

// judgeFrom notes the state from which a window is judged again. The new course
// joins the old one if it is the same as the first time, with no window to come
// that is made anew.
func (r *revisions) judgeFrom(tx *store.Tx, end window.Time, state rules.State) (joins bool, err error) {
	b := tx.Judged(r.monitor.Spec.Name, end)
	if b == nil {
		return false, nil
	}
	var j judged
	if err := json.Unmarshal(b, &j); err != nil {
		return false, fmt.Errorf("read what window %v was judged by: %w", end, err)
	}
	identity := r.monitor.program.Identity()
	last := end > r.windows[len(r.windows)-1].End && !r.monitor.program.LooksBack()
	if last && j.Rules == identity && j.Before.Equal(state) {
		return true, nil
	}
	j.Rules, j.Before = identity, state
	r.judged[end] = j
	return false, nil
}

// earlier returns stored windows, made anew if they are.
func (r *revisions) earlier(tx *store.Tx) rules.Earlier {
	return func(end window.Time) (w *checks.Window) {
		tx.Windows(r.monitor.Spec.Name, window.None, end, func(end window.Time, b []byte) bool {
			if w = r.window(end); w == nil {
				w = &checks.Window{}
				if json.Unmarshal(b, w) != nil {
					w = nil // a rule on change cannot be judged
				}
			}
			return false
		})
		return w
	}
}

// window returns a window that was made anew, or nil.
func (r *revisions) window(end window.Time) *checks.Window {
	i := slices.IndexFunc(r.windows, func(w *checks.Window) bool { return w.End == end })
	if i < 0 {
		return nil
	}
	return r.windows[i]
}

func (s *sequencer) writeRevisions(tx *store.Tx, r *revisions) error {
	name := r.monitor.Spec.Name
	for _, end := range r.due {
		if err := tx.DropDue(name, end); err != nil {
			return err
		}
	}
	for _, w := range r.windows {
		s.opts.Moves.change(name, w.End)
		b, err := json.Marshal(w)
		if err != nil {
			return err
		}
		if err := errors.Join(tx.PutRevision(name, w.End, b), tx.PutDigest(name, w.End, digest.Append(nil, w))); err != nil {
			return err
		}
	}
	for end, j := range r.judged {
		s.opts.Moves.change(name, end)
		b, err := json.Marshal(j)
		if err != nil {
			return err
		}
		if err := tx.PutJudged(name, end, b); err != nil {
			return err
		}
	}
	return s.writeRules(tx, name, r.state, r.events)
}

// showRevisions takes over what was stored.
func (s *sequencer) showRevisions(r *revisions) {
	m := r.monitor
	m.state = r.state
	s.unmoved[m.Spec.Name] = true
	m.unrevised += r.failed
	m.lookback = pastWindows{}
	for i, w := range m.recent {
		if fresh := r.window(w.End); fresh != nil {
			m.recent[i] = fresh
		}
	}
	s.tell(r.events)
}
