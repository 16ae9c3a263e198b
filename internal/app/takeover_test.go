package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"driftwatch/alerting"
	"driftwatch/internal/kafkatest"
	"driftwatch/internal/watch"
)

// TestGenerationThatCannotStart: one that fails when it is started, after it was
// built, gives way to the one before, which goes on where it was.
func TestGenerationThatCannotStart(t *testing.T) {
	brokers, _ := kafkatest.Fake(t)
	cl := kafkatest.Plain(t, brokers)
	kafkatest.CreateTopic(t, cl, "t", 1)
	dir := t.TempDir()
	for name, content := range map[string]string{
		"driftwatch.yaml": fmt.Sprintf("kafka: {brokers: [%q]}\nweb: {listen: \"127.0.0.1:0\"}\nmonitors: [m.yaml]\nreload: {watch: off}\n", brokers[0]),
		"m.yaml":          "streams: [{name: s, topic: t}]\nmonitors: [{name: m, stream: s, window: {size: 1h}, fields: [{name: x, type: number}]}]\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path, log := filepath.Join(dir, "driftwatch.yaml"), slog.New(slog.DiscardHandler)
	d, g, err := newDaemon(Options{Config: path, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.run(ctx, g) }()

	sent := 0
	send := func() {
		t.Helper()
		at := time.Date(2026, 1, 2, 0, 0, sent, 0, time.UTC)
		kafkatest.Produce(t, cl, kafkatest.Record("t", 0, nil, []byte(`{"x":1}`), at))
		sent++
		for deadline := time.After(time.Minute); ; {
			if s := d.snapshot(); len(s.Streams) == 1 && s.Streams[0].Records == uint64(sent) {
				return
			}
			select {
			case <-time.After(10 * time.Millisecond):
			case err := <-ended:
				t.Fatalf("the daemon ended: %v", err)
			case <-deadline:
				t.Fatalf("the records are not read: %+v", d.snapshot().Streams)
			}
		}
	}
	send()
	bad, err := build(path, log, &watch.Files{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	bad.config.Alerting.Route = &alerting.Route{Receiver: "nobody"}
	if err := d.offer(ctx, bad); err == nil || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("the generation's start gives %v", err)
	}
	send()
	if err := d.reloader.Ask(ctx); err != nil {
		t.Error(err)
	}
	send()
	cancel()
	if err := errors.Join(<-ended, d.store.Close()); err != nil {
		t.Error(err)
	}
}
