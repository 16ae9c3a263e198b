package rules

import (
	"slices"
	"strings"
	"time"

	"driftwatch/internal/yamlx"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/window"
)

// Earlier returns the newest window of a monitor that ends at or before a time,
// or nil if there is none, or none any more. The same time must give the same
// window.
type Earlier func(end window.Time) *checks.Window

// Change asks how far a value is from that of earlier windows.
type Change struct {
	Threshold
	Relative bool // in shares of the earlier value, and not in the check's unit
	Against  Against
}

// Against are the earlier windows. Exactly one part is set.
type Against struct {
	Windows int           // the mean of so many windows before
	Ago     time.Duration // the same window so long ago
}

// defaultTrailing is how many windows the trailing mean is of.
const defaultTrailing = 10

// mostTrailing bounds the windows that are looked at for each new one.
const mostTrailing = 100

// readChange reads {above: 50%, against: previous}.
func readChange(c yamlx.Cursor) *Change {
	m := c.Map()
	ch := &Change{Against: Against{Windows: 1}}
	var u unit
	ch.Threshold = readThreshold(m, "", u.read)
	ch.Relative = u.relative
	against := m.Need("against")
	if against.Present() {
		ch.Against = readAgainst(against)
	}
	m.Done()
	if c.IsMap() && ch.empty() {
		c.Errorf("missing-key", "change needs one of above, below, outside")
	}
	return ch
}

// readAgainst reads previous, a length of time, trailing or {trailing: 24}.
func readAgainst(c yamlx.Cursor) Against {
	if c.IsMap() {
		m := c.Map()
		a := Against{Windows: m.Need("trailing").Int(defaultTrailing, 2, mostTrailing)}
		m.Done()
		return a
	}
	switch word, ok := c.Literal(); {
	case !ok:
	case word == "previous":
		return Against{Windows: 1}
	case word == "trailing":
		return Against{Windows: defaultTrailing}
	default:
		if ago, err := yamlx.ParseDuration(word); err == nil && ago > 0 {
			return Against{Ago: ago}
		}
		c.Must("be previous, trailing or a length of time such as 1d or 1w, not %q%s", word, yamlx.DidYouMean(word, []string{"previous", "trailing"}))
	}
	return Against{Windows: 1}
}

// unit reads the numbers of one change, which are all with % or all without.
type unit struct{ known, relative bool }

func (u *unit) read(c yamlx.Cursor) (float64, bool) {
	v, relative, ok := c.Percent()
	switch {
	case !ok:
	case u.known && relative != u.relative:
		c.Errorf("type", "some numbers of the change are in %% and some are not")
	default:
		u.known, u.relative = true, relative
	}
	return v, ok
}

// of says in words what is asked of the change of a check.
func (c *Change) of(check string) string {
	return c.subject(check) + " is " + c.words(c.write())
}

// subject is the change of a check in words.
func (c *Change) subject(check string) string {
	return "change of " + check + " against " + c.Against.String()
}

// write returns what writes the numbers of the change.
func (c *Change) write() func(float64) string {
	if c.Relative {
		return func(v float64) string { return number(float64(100*v)) + "%" }
	}
	return number
}

// String is the windows in words.
func (a Against) String() string {
	switch {
	case a.Ago > 0:
		return "the same window " + yamlx.FormatDuration(a.Ago) + " before"
	case a.Windows == 1:
		return "the window before"
	}
	return "the mean of the " + number(float64(a.Windows)) + " windows before"
}

// judge compares a result with that of the same check in earlier windows. What
// they say counts as it does for the rule itself: not in partial, muted or small
// windows.
func (c *Change) judge(sc scope, name string, r checks.Result) finding {
	base, known := c.base(sc, name)
	if !known {
		return finding{check: name, why: "the windows before cannot be compared with"}
	}
	by := span{r.Low - base.High, r.High - base.Low}
	if c.Relative {
		if by, known = relative(r, base); !known {
			return finding{check: name, why: "the value before is 0"}
		}
	}
	change := r.Value - base.Value
	shown := checks.Result{Value: r.Value, Low: r.Low, High: r.High, Bins: r.Bins, Reference: &base.Value, Change: &change}
	return finding{verdict: truth(c.holds(by)), check: name, result: shown, asked: by, against: c.Against.String(), far: c.far(by)}
}

// relative is a change in shares of the value before; none is known of a value
// that is or may be 0.
func relative(now, before checks.Result) (span, bool) {
	if before.Low <= 0 && before.High >= 0 {
		return span{}, false
	}
	share := func(v, b float64) float64 { return (v - b) / max(b, -b) }
	// It grows with v; in b it has no turn where b has one sign.
	return span{
		min(share(now.Low, before.Low), share(now.Low, before.High)),
		max(share(now.High, before.Low), share(now.High, before.High)),
	}, true
}

// reach is how long before a window those begin that it is compared with, where
// windows have this length.
func (c *Change) reach(length time.Duration) time.Duration {
	return max(c.Against.Ago, time.Duration(c.Against.Windows)*length)
}

// base is the value that is compared with.
func (c *Change) base(sc scope, name string) (checks.Result, bool) {
	if c.Against.Ago > 0 {
		end := sc.grid.Back(sc.window.End, c.Against.Ago)
		w := sc.earlier(end)
		if w == nil || w.End != end || w.Start != sc.grid.Back(sc.window.Start, c.Against.Ago) {
			return checks.Result{}, false
		}
		return sc.in(w, name)
	}
	return c.mean(sc, name)
}

// mean is that of the windows before that do not overlap. At least half of them
// must have a value.
func (c *Change) mean(sc scope, name string) (checks.Result, bool) {
	var sum checks.Result
	n, at := 0, sc.window
	for range c.Against.Windows {
		if at = sc.earlier(at.Start); at == nil {
			break
		}
		if r, ok := sc.in(at, name); ok {
			sum.Value, sum.Low, sum.High = sum.Value+r.Value, sum.Low+r.Low, sum.High+r.High
			n++
		}
	}
	if 2*n < c.Against.Windows {
		return checks.Result{}, false
	}
	of := float64(n)
	return checks.Result{Value: sum.Value / of, Low: sum.Low / of, High: sum.High / of}, true
}

// in is the result of the same check of the same field and segment in another
// window.
func (s scope) in(w *checks.Window, check string) (checks.Result, bool) {
	if w.Partial || s.rule.Mute.Overlap(w.Start.Time(), w.End.Time()) {
		return checks.Result{}, false
	}
	i, found := slices.BinarySearchFunc(w.Segments, s.segment.Name, func(seg checks.Segment, name string) int { return strings.Compare(seg.Name, name) })
	if !found || w.Segments[i].Rows < s.rule.MinRows {
		return checks.Result{}, false
	}
	s.window, s.segment = w, &w.Segments[i]
	if s.field != nil {
		if s.field = s.sameField(); s.field == nil {
			return checks.Result{}, false
		}
	}
	name, r := s.result(check)
	r = s.value(name, r)
	return r, r.Skipped == ""
}

// sameField returns the field of this name in the segment, which has them in the
// same order unless the monitor was changed.
func (s scope) sameField() *checks.Field {
	fields := s.segment.Fields
	if s.at < len(fields) && fields[s.at].Name == s.field.Name {
		return &fields[s.at]
	}
	for i := range fields {
		if fields[i].Name == s.field.Name {
			return &fields[i]
		}
	}
	return nil
}
