//go:build integration

package integration

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
)

// TestMaintenance: a file of which most is free is made smaller while the daemon
// runs, which says what it won and goes on.
func TestMaintenance(t *testing.T) {
	brokers, _ := kafkatest.Fake(t)
	cl := kafkatest.Plain(t, brokers)
	kafkatest.CreateTopic(t, cl, "t", 1)
	path := config(t, brokers, map[string]string{"monitor.yaml": secondMonitor, "driftwatch.yaml": fmt.Sprintf(`kafka: {brokers: [%s]}
store: {path: data, maintenance: "@every 1s"}
web: {listen: "127.0.0.1:0"}
monitors: [monitor.yaml]
`, quoted(brokers))})
	leaveFree(t, filepath.Join(filepath.Dir(path), "data"))

	d := daemontest.Start(t, path)
	d.Ready()
	d.Until("the file is smaller", func() bool {
		m := d.Metrics()
		return m["driftwatch_store_bytes"] < 20e6 && m["driftwatch_store_free_bytes"] < m["driftwatch_store_bytes"]
	})
	d.Until("it is logged", func() bool { return strings.Contains(d.Log(), "the store's file was made smaller") })
	kafkatest.Produce(t, cl, goodRecord("t", 0, 0), goodRecord("t", 0, 5e9))
	d.Until("a window is closed", func() bool { return len(windows(d, "m")) == 1 })
	d.Kill()
	d = daemontest.Start(t, path)
	d.Ready()
	if n := len(windows(d, "m")); n != 1 {
		t.Errorf("%d windows after a kill, want 1", n)
	}
	d.Stop()
}

// leaveFree makes a store of 40 MB of which nearly all is free.
func leaveFree(t *testing.T, dir string) {
	t.Helper()
	s, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(func(tx *store.Tx) error {
		var errs []error
		for end := range window.Time(400) {
			errs = append(errs, tx.PutProfile("gone", end, make([]byte, 100_000)))
		}
		return errors.Join(errs...)
	})
	if err == nil {
		err = s.Update(func(tx *store.Tx) error { return tx.ForgetMonitor("gone") })
	}
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestMemoryLimit: the limit of the configuration is the runtime's, a reload changes
// it, and one that the user set goes before it.
func TestMemoryLimit(t *testing.T) {
	brokers, _ := kafkatest.Fake(t)
	kafkatest.CreateTopic(t, kafkatest.Plain(t, brokers), "t", 1)
	files := func(limit string) map[string]string {
		return map[string]string{"driftwatch.yaml": fmt.Sprintf(`kafka: {brokers: [%s]}
store: {path: data}
web: {listen: "127.0.0.1:0"}
memory: {limit: %s}
monitors: [monitor.yaml]
`, quoted(brokers), limit), "monitor.yaml": secondMonitor}
	}
	path := config(t, brokers, files("512MiB"))
	d := daemontest.Start(t, path)
	if got := d.Metrics()["go_gc_gomemlimit_bytes"]; got != 512<<20 {
		t.Errorf("the runtime's limit is %v", got)
	}
	d.Ready()
	daemontest.Files(t, filepath.Dir(path), files("256MiB"))
	if code, body := d.Post("/-/reload"); code != 200 {
		t.Fatalf("reload: %d %s", code, body)
	}
	if got := d.Metrics()["go_gc_gomemlimit_bytes"]; got != 256<<20 {
		t.Errorf("the runtime's limit is %v after a reload", got)
	}
	d.Stop()
	t.Setenv("GOMEMLIMIT", "1GiB")
	d = daemontest.Start(t, path)
	if got := d.Metrics()["go_gc_gomemlimit_bytes"]; got != 1<<30 {
		t.Errorf("the runtime's limit is %v, and the user set one of 1 GiB", got)
	}
	d.Stop()
}
