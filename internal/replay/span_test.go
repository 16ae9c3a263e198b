package replay

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"driftwatch/monitors"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/source"
	"driftwatch/monitors/window"
)

// pausing is traffic without records from the fourth to the eighth minute, and in the
// thirteenth.
func pausing() *logs {
	l := traffic()
	for i, p := range l.parts {
		p = slices.DeleteFunc(p, func(r source.Record) bool {
			m := r.Timestamp.Sub(epoch) / time.Minute
			return m >= 3 && m < 8 || m == 12
		})
		for j := range p {
			p[j].Offset = int64(j)
		}
		l.parts[i] = p
	}
	return l
}

// changes are the alerts of a result from a time on, with all that they say, and
// whether one was firing then.
func changes(t *testing.T, r *Result, from window.Time) (said []string, firing bool) {
	t.Helper()
	all, err := r.changes()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if a.WindowStart < from {
			firing = a.Fired != nil && a.EndsAt == nil
			continue
		}
		said = append(said, fmt.Sprintf("%s at %v: %s", a.State, a.WindowEnd, a.Annotations["said"]))
	}
	return said, firing
}

// TestSpanOfChanges: rules that compare with earlier windows say in a span of the
// history what they say in all of it, also where the stream pauses, windows count
// rows, or what is compared depends on a reference itself. Spans begin at each minute
// at which no alert fires: that is what a replay from there cannot know.
func TestSpanOfChanges(t *testing.T) {
	tumbling := func(*monitors.Spec) {}
	sliding := func(s *monitors.Spec) { s.Window.Size = 3 * time.Minute }
	counting := func(s *monitors.Spec) {
		s.Window = monitors.Window{Rows: 150, Pane: 10 * time.Second, Lateness: 2 * time.Second, Idle: time.Hour, MaxOpen: 4}
	}
	alone := func(s *monitors.Spec) { s.Reference = monitors.Reference{} }
	for _, c := range []struct {
		name, check, against string
		logs                 func() *logs
		spec                 func(*monitors.Spec)
	}{
		{"previous", "mean", "previous", traffic, tumbling},
		{"trailing", "mean", "{trailing: 4}", traffic, tumbling},
		{"ago", "mean", "3m", traffic, tumbling},
		{"of psi", "psi", "previous", traffic, tumbling},
		{"of psi, ago", "psi", "3m", traffic, tumbling},
		{"previous, sliding", "mean", "previous", traffic, sliding},
		{"trailing, sliding", "mean", "{trailing: 2}", traffic, sliding},
		{"previous, over pauses", "mean", "previous", pausing, alone},
		{"trailing, over pauses", "mean", "{trailing: 4}", pausing, alone},
		{"of psi, over pauses", "psi", "{trailing: 2}", pausing, tumbling},
		{"previous, counting", "mean", "previous", traffic, counting},
		{"trailing, counting", "mean", "trailing", traffic, counting},
		{"trailing, counting over pauses", "mean", "{trailing: 5}", pausing, counting},
	} {
		t.Run(c.name, func(t *testing.T) {
			spec := minutely()
			c.spec(&spec)
			rules := changeRule(c.check, c.against)
			all, err := replayedWith(t, c.logs(), rules, spec, time.Time{}, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			defer all.Close()
			compared := 0
			for minute := 8; minute < 18; minute++ {
				from := epoch.Add(time.Duration(minute) * time.Minute)
				if compareChanges(t, all, c.logs(), rules, spec, from) {
					compared++
				}
			}
			if compared == 0 {
				t.Error("an alert is firing at all times: nothing was compared")
			}
		})
	}
}

// compareChanges replays from a time on and compares with what all says from there,
// unless an alert fires then or none changes any more.
func compareChanges(t *testing.T, all *Result, l *logs, rules string, spec monitors.Spec, from time.Time) bool {
	t.Helper()
	want, firing := changes(t, all, window.FromTime(from))
	if firing || len(want) == 0 {
		return false
	}
	some, err := replayedWith(t, l, rules, spec, from, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	defer some.Close()
	if got, _ := changes(t, some, window.FromTime(from)); !slices.Equal(got, want) {
		t.Errorf("from %v on:\n got %q\nwant %q", from, got, want)
	}
	if got, want := ends(t, some), ends(t, all); len(got) == 0 || !slices.Equal(got, want[len(want)-len(got):]) {
		t.Errorf("from %v on: windows end at %v, want the last of %v", from, got, want)
	}
	return true
}

func ends(t *testing.T, r *Result) (list []window.Time) {
	t.Helper()
	err := r.Windows(func(w *checks.Window) error {
		list = append(list, w.End)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Windows that count rows begin where those before them end: all is read at once for
// rules that compare them, and nothing is read twice.
func TestSpanOfCountingWindowsIsReadOnce(t *testing.T) {
	spec := minutely()
	spec.Reference = monitors.Reference{}
	spec.Window = monitors.Window{Rows: 150, Pane: 10 * time.Second, Lateness: 2 * time.Second, Idle: time.Hour, MaxOpen: 4}
	l := &opened{logs: traffic()}
	r, err := Run(t.Context(), optionsOf(t, l, changeRule("mean", "previous"), spec, epoch.Add(10*time.Minute), time.Time{}))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if l.n != 2 {
		t.Errorf("2 partitions were opened %d times", l.n)
	}
}

// opened counts how often logs are opened.
type opened struct {
	*logs
	n int
}

func (o *opened) Log(p source.Partition) source.Log {
	o.n++
	return o.logs.Log(p)
}

// changeRule says what the value of x was, wherever it rose.
func changeRule(check, against string) string {
	return fmt.Sprintf("groups: [{name: g, monitor: m, rules: [{alert: Up, fields: x, when: {check: %s, change: {above: 0, against: %s}}, annotations: {said: '{{ .Value }} was {{ .Reference }}'}}]}]", check, against)
}

// Where windows find all that they are compared with, no more is read than it takes.
func TestSpanReadsNoMoreThanItTakes(t *testing.T) {
	for name, c := range map[string]struct {
		logs *logs
		most uint64
	}{"without pauses": {traffic(), 2400}, "over pauses": {pausing(), 4000}} {
		t.Run(name, func(t *testing.T) {
			spec := minutely()
			spec.Reference = monitors.Reference{}
			r, err := replayedWith(t, c.logs, changeRule("mean", "previous"), spec, epoch.Add(13*time.Minute), time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if s, err := r.Summary(); err != nil || s.Records == 0 || s.Records > c.most {
				t.Errorf("%d records were read, %v", s.Records, err)
			}
		})
	}
}
