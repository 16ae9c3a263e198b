package integration

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
)

const historyMonitor = `streams:
  - {name: s, topic: t, time: {field: ts}, max_ahead: 5s}
monitors:
  - name: m
    stream: s
    where: {model: a}
    window: {size: 10s, lateness: 2s, idle: 1h}
    segments: [[c]]
    max_segments: 2
    fields: [{name: x, type: number}, {name: c, type: category}]
`

// TestProfileOfHistory: a profile of a span of the stream that is a window is
// the profile of that window, byte for byte, and nobody notices that it was made.
func TestProfileOfHistory(t *testing.T) {
	t.Parallel()
	brokers, _ := kafkatest.Fake(t)
	cl := kafkatest.Plain(t, brokers)
	kafkatest.CreateTopic(t, cl, "t", 2)
	rng := rand.New(rand.NewPCG(1, 1))
	record := func(i int, model string) *kgo.Record {
		event := start.Add(time.Duration(i)*20*time.Millisecond + time.Duration(rng.IntN(1500))*time.Millisecond)
		value := fmt.Appendf(nil, `{"ts":%d,"model":%q,"x":%d,"c":"c%d"}`, event.UnixMilli(), model, rng.IntN(1000), rng.IntN(5))
		// Producers lag, and their clocks differ by less than max_ahead.
		return kafkatest.Record("t", int32(i%2), nil, value, event.Add(time.Duration(rng.IntN(6000)-3000)*time.Millisecond))
	}
	tx := kafkatest.Transactional(t, brokers, "tx")
	var waiting []*kgo.Record
	rows := 0
	for i := range 2000 {
		switch {
		case i%400 == 7:
			kafkatest.Produce(t, cl, waiting...)
			waiting = nil
			kafkatest.InTransaction(t, tx, false, record(i, "a"))
		case i%400 == 9:
			waiting = append(waiting, kafkatest.Record("t", 0, nil, []byte("no JSON"), start))
		case i%3 == 1:
			waiting = append(waiting, record(i, "b"))
		default:
			waiting = append(waiting, record(i, "a"))
			rows++
		}
	}
	kafkatest.Produce(t, cl, waiting...)
	path := config(t, brokers, map[string]string{"monitor.yaml": historyMonitor})
	d := daemontest.Start(t, path)
	d.Ready()
	d.Until("three windows are closed", func() bool { return len(windows(d, "m")) >= 3 })
	w := windows(d, "m")[1]
	status, want := d.Get("/api/v1/monitors/m/windows/" + w.End.String() + "/profile")
	if status != http.StatusOK {
		t.Fatalf("the window's profile: status %d: %s", status, want)
	}
	d.Stop()

	file := filepath.Join(filepath.Dir(path), "history.profile")
	profile := func(args ...string) (stdout, stderr string, code int) {
		return daemontest.Run(t, append([]string{"profile", "-c", path, "--monitor", "m", "-o", file}, args...)...)
	}
	out, errOut, code := profile("--from", w.Start.String(), "--to", w.End.String())
	got, err := os.ReadFile(file)
	if err != nil || code != 0 || string(got) != want {
		t.Errorf("exit code %d, %s%s%d bytes, want the %d of the window: %v", code, out, errOut, len(got), len(want), err)
	}
	if !strings.Contains(out, fmt.Sprintf("%d rows, 2 fields, 3 segments, hash ", w.Rows)) || !strings.Contains(errOut, "records that cannot be used") {
		t.Errorf("it says %q and %q", out, errOut)
	}
	whole, errOut, _ := profile("--from", "2000-01-01")
	if !strings.Contains(whole, fmt.Sprintf(" %d rows", rows)) {
		t.Errorf("all records: %s%s, want %d rows", whole, errOut, rows)
	}
	for says, args := range map[string][]string{
		"has an event time in that span":            {"--to", "2001-01-01"},
		"go with --monitor and without inputs":      {"--from", "2001-01-01", "x.csv"},
		"give data files, or --monitor with --from": {},
		"--to is not later than --from":             {"--from", "2001-01-02", "--to", "2001-01-02"},
		`--from is "noon", not a time like`:         {"--from", "noon"},
	} {
		if _, errOut, code := profile(args...); code == 0 || !strings.Contains(errOut, says) {
			t.Errorf("%v: exit code %d, %q, want %q", args, code, errOut, says)
		}
	}
}
