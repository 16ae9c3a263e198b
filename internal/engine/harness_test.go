package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/profile"
	"driftwatch/monitors/source"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// epoch is where the tests' streams begin: before synctest's clock starts, so
// that the clock has passed the end of their last windows.
var epoch = time.Date(1999, 12, 31, 3, 0, 0, 0, time.UTC)

// memory is a source whose logs are slices. The real ones have tests of their
// own; here it is the engine that is tried.
type memory struct {
	mu    sync.Mutex
	logs  map[source.Partition][]source.Record
	start map[source.Partition]int64
	batch func() int           // records of the next batch; nil: all
	delay func() time.Duration // before the next batch; nil: none
	over  bool                 // nothing will follow
	topic string               // id of the topic
}

func newMemory(topic string, partitions int) *memory {
	m := &memory{logs: map[source.Partition][]source.Record{}, start: map[source.Partition]int64{}}
	for i := range partitions {
		m.logs[source.Partition{Topic: topic, ID: i}] = nil
	}
	return m
}

// add appends a record with the given event time (in seconds after epoch) that
// the log received delay later.
func (m *memory) add(p int, event, delay time.Duration, value float64) {
	at := epoch.Add(event)
	m.addRaw(p, at.Add(delay), fmt.Appendf(nil, `{"ts":%q,"x":%v,"c":"c%d"}`, at.Format(time.RFC3339Nano), value, int(value)%7))
}

func (m *memory) addRaw(p int, logged time.Time, value []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	part := source.Partition{Topic: "t", ID: p}
	m.logs[part] = append(m.logs[part], source.Record{
		Offset: m.start[part] + int64(len(m.logs[part])), Timestamp: logged, Value: value,
	})
}

func (m *memory) Resolve(_ context.Context, p source.Partition, s source.Start) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s.Latest {
		return m.start[p] + int64(len(m.logs[p])), nil
	}
	next := m.start[p]
	for _, rec := range m.logs[p] {
		if s.At.IsZero() || !rec.Timestamp.Before(s.At) {
			break
		}
		next = rec.Offset + 1
	}
	return next, nil
}

func (m *memory) Problem(string) string             { return "" }
func (m *memory) Log(p source.Partition) source.Log { return &memoryLog{m, p} }
func (m *memory) partitions() (all []source.Partition) {
	for p := range m.logs {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b source.Partition) int { return a.ID - b.ID })
	return all
}

type memoryLog struct {
	*memory
	p source.Partition
}

func (l *memoryLog) Fetch(ctx context.Context, from int64) (source.Batch, error) {
	if l.delay != nil {
		l.mu.Lock()
		d := l.delay()
		l.mu.Unlock()
		pause(ctx, d)
	}
	b, err := l.read(from)
	if err == nil && len(b.Records) == 0 && !b.Final {
		pause(ctx, 500*time.Millisecond)
		b, err = l.read(from)
	}
	return b, errors.Join(err, ctx.Err())
}

func (l *memoryLog) read(from int64) (source.Batch, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	start, end := l.start[l.p], l.start[l.p]+int64(len(l.logs[l.p]))
	if from > end {
		return source.Batch{}, &source.TruncatedError{Partition: l.p, From: from, Start: start, End: end, TopicID: l.topic}
	}
	b := source.Batch{From: max(from, start), TopicID: l.topic, End: end}
	b.Lost = b.From - from
	n := int(b.End - b.From)
	if l.batch != nil {
		n = min(n, l.batch())
	}
	b.Records = slices.Clone(l.logs[l.p][b.From-start:][:n])
	b.Next = b.From + int64(n)
	b.Final = l.over && b.AtEnd()
	return b, nil
}

// whole is the membership of one process that reads everything.
type whole struct{ parts []source.Partition }

func (w whole) Run(ctx context.Context, assign func(context.Context, []source.Partition) error) error {
	if err := assign(ctx, w.parts); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func (w whole) Commit(context.Context, map[source.Partition]source.Position) error { return nil }

// setup is one engine under test.
type setup struct {
	source  *memory
	store   *store.Store
	spec    monitors.Spec
	stream  monitors.Stream
	rules   *rules.Set
	start   source.Start
	from    window.Time
	to      window.Time
	every   time.Duration // between checkpoints
	keep    time.Duration // profiles of windows; 0: for good
	file    *monitors.Baseline
	members Membership // nil: all partitions
	wrap    Source     // nil: source
	crowded func() bool
	update  func(func(*store.Tx) error) error // nil: of the store
	mu      sync.Mutex
	current *snapshot.Snapshot
}

func newSetup(t testing.TB, src *memory) *setup {
	t.Helper()
	st, err := store.OpenTemporary(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return &setup{
		source: src, store: st, rules: &rules.Set{}, every: time.Second,
		stream: monitors.Stream{
			Name: "s", Topic: "t", Format: "json", Time: &monitors.TimeField{Field: "ts"}, MaxAhead: time.Hour, Samples: true,
			ID: "c",
		},
		spec: monitors.Spec{
			Name: "m", Stream: "s", Alpha: 0.001, Buckets: 64, UnknownFields: true,
			Window: monitors.Window{Size: 10 * time.Second, Pane: 10 * time.Second, Lateness: 2 * time.Second, Idle: time.Minute, MaxOpen: 4},
			Fields: []monitors.Field{
				{Name: "x", Type: profile.Number, Role: monitors.Feature},
				{Name: "c", Type: profile.Category, Role: monitors.Feature},
			},
		},
	}
}

func (s *setup) engine(t testing.TB) *Engine {
	t.Helper()
	return newEngine(t, s.options(t))
}

func newEngine(t testing.TB, o Options) *Engine {
	t.Helper()
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func (s *setup) options(t testing.TB) Options {
	t.Helper()
	plan, err := monitors.NewPlan(s.stream, []*monitors.Monitor{{Spec: s.spec, Reference: s.file}})
	if err != nil {
		t.Fatal(err)
	}
	members := s.members
	if members == nil {
		members = whole{s.source.partitions()}
	}
	from := s.wrap
	if from == nil {
		from = s.source
	}
	return Options{
		Plans: []*monitors.Plan{plan}, Programs: map[string]*rules.Program{"m": s.rules.ForMonitor(rules.Monitor{
			Name: "m", Fields: []rules.FieldInfo{{Name: "x", Type: "number", Role: monitors.Feature}}, Grid: s.spec.Window.Shape().Grid,
		})},
		Source: from, Membership: members, Store: s.store, Start: s.start, From: s.from, To: s.to, Checkpoint: s.every,
		Retention: 24 * time.Hour, Profiles: cmp.Or(s.keep, 24*time.Hour),
		Receivers: []string{"r"}, Route: func(rules.Event) []string { return []string{"r"} },
		Describe: func(*snapshot.Snapshot) {}, Crowded: s.crowded, update: s.update,
		Publish: func(v *snapshot.Snapshot) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.current = v
		},
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
}

// runFor runs an engine for a time and ends it.
func (s *setup) runFor(t testing.TB, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	if err := s.engine(t).Run(ctx); err != nil {
		t.Fatal(err)
	}
}

func (s *setup) snapshot() *snapshot.Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current
}

// windows returns the stored windows' bytes, by end.
func (s *setup) windows(t testing.TB) map[window.Time]string {
	t.Helper()
	out := map[window.Time]string{}
	err := s.store.View(func(tx *store.Tx) error {
		tx.Windows("m", window.None, window.Newest, func(end window.Time, b []byte) bool {
			out[end] = string(b)
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// panes returns the stored closed panes' bytes, by end.
func (s *setup) panes(t testing.TB) map[window.Time]string {
	t.Helper()
	out := map[window.Time]string{}
	err := s.store.View(func(tx *store.Tx) error {
		tx.Profiles("m", window.None, func(end window.Time, b []byte) bool {
			out[end] = string(b)
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// parsed is a stored window as the tests look at it.
type parsed struct {
	Start     window.Time `json:"start"`
	End       window.Time `json:"end"`
	Partial   bool        `json:"partial"`
	Reference string      `json:"reference"`
	Cut       []struct {
		Partition  int
		From, Next int64
		Idle       bool
	} `json:"cut"`
	Segments []struct {
		Segment string                   `json:"segment"`
		Rows    uint64                   `json:"rows"`
		Checks  map[string]checks.Result `json:"checks"`
	} `json:"segments"`
}

// list returns the stored windows, oldest first.
func (s *setup) list(t testing.TB) (list []parsed) {
	t.Helper()
	for _, b := range s.windows(t) {
		var p parsed
		if err := json.Unmarshal([]byte(b), &p); err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b parsed) int { return int(a.End - b.End) })
	return list
}

// rows maps the ends of windows, in seconds after epoch, to their rows.
func (s *setup) rows(t testing.TB) map[int]uint64 {
	t.Helper()
	rows := map[int]uint64{}
	for _, w := range s.list(t) {
		rows[int(w.End.Time().Sub(epoch).Seconds())] = w.Segments[0].Rows
	}
	return rows
}

// traffic fills the source with records whose disorder stays below the
// lateness of two seconds.
func traffic(m *memory, rng *rand.Rand, records int) {
	for i := range records {
		event := time.Duration(i) * 100 * time.Second / time.Duration(records)
		event += time.Duration(rng.IntN(1900)) * time.Millisecond
		m.add(rng.IntN(len(m.logs)), event, 2*time.Second, float64(rng.IntN(500)))
	}
}
