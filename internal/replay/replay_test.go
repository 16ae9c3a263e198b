package replay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"driftwatch/internal/yamlx"
	"driftwatch/monitors"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/profile"
	"driftwatch/monitors/source"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// logs are slices of records that the log received when they happened, and more
// that came after the replay began.
type logs struct {
	parts [][]source.Record
	after int   // records at the ends that came later
	fail  error // of the second fetch of a log
}

func (l *logs) Partitions(context.Context) (list []source.Partition, err error) {
	for i := range l.parts {
		list = append(list, source.Partition{Topic: "t", ID: i})
	}
	return list, nil
}

func (l *logs) Resolve(_ context.Context, p source.Partition, s source.Start) (int64, error) {
	for _, r := range l.parts[p.ID] {
		if !r.Timestamp.Before(s.At) {
			return r.Offset, nil
		}
	}
	return int64(len(l.parts[p.ID])), nil
}

func (l *logs) Log(p source.Partition) source.Log {
	all := l.parts[p.ID]
	return Until(&slice{all, l.fail}, int64(len(all)-l.after))
}

type slice struct {
	all  []source.Record
	fail error
}

func (s *slice) Fetch(_ context.Context, from int64) (source.Batch, error) {
	if from > 0 && s.fail != nil {
		return source.Batch{}, s.fail
	}
	next := min(from+100, int64(len(s.all)))
	b := source.Batch{From: from, Next: next, End: int64(len(s.all))}
	b.Records = append(b.Records, s.all[from:next]...)
	return b, nil
}

// traffic is twenty windows of a minute in two partitions; x is shifted in five of them.
func traffic() *logs {
	l, rng := &logs{parts: make([][]source.Record, 2), after: 3}, rand.New(rand.NewPCG(1, 2))
	for i := range 4000 {
		at := epoch.Add(time.Duration(i) * 300 * time.Millisecond)
		x := float64(rng.IntN(100))
		if m := at.Sub(epoch) / time.Minute; m >= 10 && m < 15 {
			x += 1000
		}
		p := &l.parts[rng.IntN(2)]
		*p = append(*p, source.Record{
			Offset: int64(len(*p)), Timestamp: at, Value: fmt.Appendf(nil, `{"ts":%d,"x":%v,"c":"a\"b"}`, at.UnixMilli(), x),
		})
	}
	return l
}

const ruleFile = `groups:
  - name: g
    monitor: m
    rules:
      - {alert: Drift, when: {check: ks, drift: true}}
      - {alert: Never, when: {check: mean, above: 100000}}
`

// minutely is a monitor that compares with the windows of five minutes.
func minutely() monitors.Spec {
	return monitors.Spec{
		Name: "m", Stream: "s", Alpha: 0.001, Buckets: 64,
		Window:    monitors.Window{Size: time.Minute, Pane: time.Minute, Lateness: 2 * time.Second, Idle: time.Hour, MaxOpen: 4},
		Reference: monitors.Reference{Trailing: 5 * time.Minute}, Segments: [][]string{{"c"}}, MaxSegments: 5,
		Fields: []monitors.Field{{Name: "x", Type: profile.Number}, {Name: "c", Type: profile.Category}},
	}
}

func planOf(t *testing.T, spec monitors.Spec) *monitors.Plan {
	t.Helper()
	plan, err := monitors.NewPlan(monitors.Stream{
		Name: "s", Topic: "t", Format: "json", Time: &monitors.TimeField{Field: "ts"}, MaxAhead: time.Minute,
	}, []*monitors.Monitor{{Spec: spec}})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func replayed(t *testing.T, l *logs, spec monitors.Spec, from, to time.Time) (*Result, error) {
	t.Helper()
	return replayedWith(t, l, ruleFile, spec, from, to)
}

func replayedWith(t *testing.T, l *logs, text string, spec monitors.Spec, from, to time.Time) (*Result, error) {
	t.Helper()
	return Run(t.Context(), optionsOf(t, l, text, spec, from, to))
}

func optionsOf(t *testing.T, l Logs, text string, spec monitors.Spec, from, to time.Time) Options {
	t.Helper()
	rep := &yamlx.Reporter{}
	file, _ := yamlx.Parse("rules.yaml", []byte(text), rep)
	set := &rules.Set{}
	if set.Add(file); len(rep.Diagnostics()) > 0 {
		t.Fatal(rep.Diagnostics())
	}
	fields := []rules.FieldInfo{{Name: "x", Type: "number"}, {Name: "c", Type: "category"}}
	return Options{
		Plans: []*monitors.Plan{planOf(t, spec)}, Programs: map[string]*rules.Program{"m": set.ForMonitor(rules.Monitor{Name: "m", Fields: fields, Grid: spec.Window.Shape().Grid})},
		Logs: l, From: from, To: to, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
}

// windowsOf are the encoded windows of a result, by end.
func windowsOf(t *testing.T, r *Result) map[window.Time]string {
	t.Helper()
	out, before := map[window.Time]string{}, window.None
	err := r.Windows(func(w *checks.Window) error {
		if w.End <= before {
			t.Errorf("window %v comes after %v", w.End, before)
		}
		before = w.End
		// Where reading begins in the middle, what was before is not known.
		for i := range w.Cut {
			w.Cut[i].Watermark = nil
		}
		for i := range w.Segments {
			delete(w.Segments[i].Checks, "volume")
		}
		b, err := json.Marshal(w)
		out[w.End] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A span of the history gives the windows and the alerts that all of it gives
// there: also the first of them find what they are compared with.
func TestSpan(t *testing.T) {
	for _, c := range []struct {
		name      string
		size      time.Duration
		reference monitors.Reference
		windows   int
	}{
		{"trailing", time.Minute, monitors.Reference{Trailing: 5 * time.Minute}, 6},
		{"offset", time.Minute, monitors.Reference{Offset: 7 * time.Minute}, 6},
		{"sliding, trailing", 3 * time.Minute, monitors.Reference{Trailing: 5 * time.Minute}, 4},
		{"sliding, offset", 2 * time.Minute, monitors.Reference{Offset: 4 * time.Minute}, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			spec := minutely()
			spec.Window.Size, spec.Reference = c.size, c.reference
			if got := compareSpan(t, spec, epoch.Add(11*time.Minute), epoch.Add(17*time.Minute)); got != c.windows {
				t.Errorf("%d windows, want %d", got, c.windows)
			}
		})
	}
}

// compareSpan replays all and a span, and returns how many windows the span has.
func compareSpan(t *testing.T, spec monitors.Spec, from, to time.Time) int {
	t.Helper()
	all, err := replayed(t, traffic(), spec, time.Time{}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	defer all.Close()
	some, err := replayed(t, traffic(), spec, from, to)
	if err != nil {
		t.Fatal(err)
	}
	defer some.Close()
	want, got := windowsOf(t, all), windowsOf(t, some)
	for end, w := range got {
		if want[end] != w {
			t.Errorf("window %v differs from that of all: %.200s and %.200s", end, w, want[end])
		}
		if start := end.Add(-spec.Window.Size); start < window.FromTime(from) || end > window.FromTime(to) {
			t.Errorf("window %v was not asked for", end)
		}
	}
	return len(got)
}

func TestSummary(t *testing.T) {
	all, err := replayed(t, traffic(), minutely(), time.Time{}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	defer all.Close()
	some, err := replayed(t, traffic(), minutely(), epoch.Add(11*time.Minute), epoch.Add(17*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	defer some.Close()

	whole, err := all.Summary()
	if err != nil {
		t.Fatal(err)
	}
	part, err := some.Summary()
	if err != nil {
		t.Fatal(err)
	}
	// Drift begins in the eleventh minute. It ends after the fifteenth, but then the
	// shifted windows are what later ones are compared with.
	if whole.Windows != 20 || whole.Records != 3994 || whole.Alerts != 1 || whole.Rules[0].Fired != 1 || whole.Rules[1].Fired != 0 {
		t.Errorf("of all: %+v", whole)
	}
	if part.Alerts != 0 || part.Rules[0].Fired != 0 || part.Rules[0].Firing == 0 || part.Windows != 6 || part.Records > 3500 {
		t.Errorf("an alert that fired before the span did not fire in it, but is firing: %+v", part)
	}
	if w := 7 * 24 * 60 / 20.0; *whole.AlertsPerWeek != w {
		t.Errorf("%v alerts a week, want %v", *whole.AlertsPerWeek, w)
	}
}

// A log that cannot be read ends the replay with its error, and leaves nothing.
func TestFault(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	l := traffic()
	l.fail = errors.New("the disk is gone")
	if _, err := replayed(t, l, minutely(), time.Time{}, time.Time{}); !errors.Is(err, l.fail) {
		t.Errorf("got %v", err)
	}
	r, err := replayed(t, traffic(), minutely(), time.Time{}, time.Time{})
	if err == nil {
		err = r.Close()
	}
	if err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

var sampleLine = regexp.MustCompile(`^(driftwatch_\w+)(\{.*\}) (\S+) (\d+)$`)

// The metrics are what /metrics shows, each series in one piece and in order.
func TestOpenMetrics(t *testing.T) {
	r, err := replayed(t, traffic(), minutely(), time.Time{}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var b bytes.Buffer
	if err := r.WriteOpenMetrics(&b); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if lines[len(lines)-1] != "# EOF" {
		t.Errorf("the last line is %q", lines[len(lines)-1])
	}
	seen, last, before := map[string]int{}, "", 0
	for _, line := range lines {
		m := sampleLine.FindStringSubmatch(line)
		if m == nil {
			if !strings.HasPrefix(line, "# ") {
				t.Errorf("line %q", line)
			}
			continue
		}
		series := m[1] + m[2]
		at, _ := strconv.Atoi(m[4])
		if series == last && at <= before || series != last && seen[series] > 0 {
			t.Errorf("%s has a sample at %d after one at %d", series, at, before)
		}
		last, before = series, at
		seen[series]++
	}
	if n := seen[`driftwatch_check_value{check="psi",field="x",monitor="m",segment="c=a\"b"}`]; n != 19 {
		t.Errorf("psi has %d samples, want one for each window that has a reference", n)
	}
	if n := seen[`driftwatch_window_rows{monitor="m",segment=""}`]; n != 20 {
		t.Errorf("rows have %d samples", n)
	}
	if n := len(seen); n < 50 {
		t.Errorf("%d series", n)
	}
}
