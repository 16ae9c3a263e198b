package notify_test

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"driftwatch/alerting/notify"
	"driftwatch/alerting/notify/notifytest"
	"driftwatch/alerting/summary"
)

var update = flag.Bool("update", false, "write the golden files")

func TestDigestText(t *testing.T) {
	calm := summary.Make(summary.Input{Name: "daily", From: time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC), To: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)})
	known := calm.From.Add(time.Minute)
	calm.Totals.Monitors, calm.Totals.Windows, calm.Totals.Rows, calm.Known = 3, 1, 1, &known
	for path, d := range map[string]*summary.Digest{"testdata/digest.txt": notifytest.Digest(), "testdata/calm.txt": &calm} {
		got := notify.DigestText(d)
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil || got != string(want) {
			t.Errorf("%s changed (run with -update to accept), %v:\n%s", path, err, got)
		}
		for line := range strings.Lines(got) {
			if n := len([]rune(line)); n > 200 {
				t.Errorf("a line of %d characters: %s", n, line)
			}
		}
	}
}
