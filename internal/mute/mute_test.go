package mute

import (
	"strings"
	"testing"
	"time"

	"driftwatch/internal/yamlx"
)

func read(t *testing.T, text string) (Times, []yamlx.Diagnostic) {
	t.Helper()
	rep := &yamlx.Reporter{}
	c, ok := yamlx.Parse("m.yaml", []byte(text), rep)
	if !ok {
		t.Fatal(rep.Diagnostics())
	}
	return Read(c), rep.Diagnostics()
}

func at(t *testing.T, s string) time.Time {
	t.Helper()
	v, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestOverlap: from Friday, 9 January 2026, 22:00 to Monday 10:00, and each day
// at noon for an hour.
func TestOverlap(t *testing.T) {
	times, problems := read(t, `[{cron: "0 22 * * 5", for: 60h}, {cron: "0 12 * * *", for: 1h}]`)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"2026-01-09 20:00", "2026-01-09 22:00", false},
		{"2026-01-09 20:00", "2026-01-09 22:01", true},
		{"2026-01-11 03:00", "2026-01-11 04:00", true},
		{"2026-01-12 09:59", "2026-01-12 10:30", true},
		{"2026-01-12 10:00", "2026-01-12 12:00", false},
		{"2026-01-12 10:00", "2026-01-12 13:00", true},
		{"2026-01-12 13:00", "2026-01-13 00:00", false},
		{"2026-01-01 13:00", "2026-01-08 00:00", true}, // around several
	} {
		if got := times.Overlap(at(t, c.from), at(t, c.to)); got != c.want {
			t.Errorf("%s to %s: %v", c.from, c.to, got)
		}
	}
}

// TestFree: what is left between the times.
func TestFree(t *testing.T) {
	for text, want := range map[string][2]bool{ // of 1h, of 1d
		`[]`:                               {true, true},
		`[{cron: "0 22 * * *", for: 8h}]`:  {true, false},
		`[{cron: "0 22 * * 5", for: 60h}]`: {true, true},
		`[{cron: "*/5 * * * *", for: 1m}]`: {false, false},
		`[{cron: "0 0 * * *", for: 1d}]`:   {false, false},
		`[{cron: "0 0 30 2 *", for: 1h}]`:  {true, true},
		`[{cron: "0 0-11 * * *", for: 1h}, {cron: "30 11-23 * * *", for: 55m}]`: {false, false},
	} {
		times, _ := read(t, text)
		if got := [2]bool{times.Free(time.Hour), times.Free(24 * time.Hour)}; got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for text, want := range map[string]string{
		`[{cron: "0 22 * *", for: 60h}]`:                    `cron must be a cron expression such as "0 22 * * 5", not "0 22 * *"`,
		`[{cron: "CRON_TZ=Asia/Tokyo 0 1 * * *", for: 1h}]`: "without a time zone",
		`[{cron: "@every 1h", for: 1h}]`:                    "has no beginning",
		`[{cron: "0 0 30 2 *", for: 1h}]`:                   `"0 0 30 2 *" never comes`,
		`[{cron: "0 0 * * *"}]`:                             `key "for" is missing`,
		`[{cron: "0 0 * * *", for: 1s}]`:                    "for must be at least 1m",
		`[{cron: "0 0 * * *", for: 1h, form: 1}]`:           `unknown key "form"`,
	} {
		_, problems := read(t, text)
		if len(problems) != 1 || !strings.Contains(problems[0].Text, want) {
			t.Errorf("%s: %v, wanted %q", text, problems, want)
		}
	}
}
