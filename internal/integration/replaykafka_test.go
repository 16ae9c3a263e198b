//go:build integration

package integration

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
)

func TestReplayOnKafka(t *testing.T) { testReplay(t, []string{kafkatest.Real(t).Address}) }

// TestReplayedHistoryInPrometheus: the metrics that a replay writes become blocks
// of a real Prometheus, which answers with the values of the windows.
func TestReplayedHistoryInPrometheus(t *testing.T) {
	brokers, _ := kafkatest.Fake(t)
	replayRecords(t, brokers)
	path := config(t, brokers, replayFiles())
	file, data := filepath.Join(t.TempDir(), "history.txt"), t.TempDir()
	all := replay(t, path, "--openmetrics", file)
	if out, err := exec.Command("promtool", "tsdb", "create-blocks-from", "openmetrics", file, data).CombinedOutput(); err != nil {
		t.Fatalf("promtool: %v\n%s", err, out)
	}
	p := runPrometheus(t, "global: {}\n", data)
	const mean = `driftwatch_check_value{monitor="tumbling",segment="",field="x",check="mean"}`
	got, ok := p.samples(t, mean)
	for deadline := time.Now().Add(daemontest.Patience); !ok; got, ok = p.samples(t, mean) {
		if time.Now().After(deadline) {
			t.Fatal("Prometheus does not answer")
		}
	}
	want := 0
	for _, raw := range all.Windows {
		var w apiWindow
		if err := json.Unmarshal(raw, &w); err != nil {
			t.Fatal(err)
		}
		if at := of(t, raw); at.Monitor == "tumbling" && at.Segment == "" {
			want++
			if v, ok := got[int64(w.End)/1000]; !ok || v != *w.Fields[0].Checks["mean"].Value {
				t.Errorf("at %v Prometheus has %v (there: %v), the window %v", w.End, v, ok, *w.Fields[0].Checks["mean"].Value)
			}
		}
	}
	if len(got) != want || want < 10 {
		t.Errorf("%d samples of %d windows", len(got), want)
	}
	segments, _ := p.samples(t, `driftwatch_window_rows{monitor="tumbling",segment="c=c1"}`)
	if len(segments) != want {
		t.Errorf("%d samples of a segment's rows", len(segments))
	}
	t.Logf("%d windows of the replay are samples in Prometheus", want)
}

// samples returns all samples of the first series that a selector finds, by their
// times in seconds.
func (p *prometheus) samples(t *testing.T, selector string) (map[int64]float64, bool) {
	t.Helper()
	var answer struct {
		Data struct {
			Result []struct{ Values [][2]any }
		}
	}
	query := url.Values{"query": {selector + "[1h]"}, "time": {start.Add(30 * time.Minute).Format(time.RFC3339)}}
	if !p.get(t, "/api/v1/query?"+query.Encode(), &answer) || len(answer.Data.Result) != 1 {
		return nil, false
	}
	got := map[int64]float64{}
	for _, v := range answer.Data.Result[0].Values {
		at, _ := v[0].(float64)
		value, err := strconv.ParseFloat(fmt.Sprint(v[1]), 64)
		if err != nil {
			t.Fatal(err)
		}
		got[int64(at)] = value
	}
	return got, true
}
