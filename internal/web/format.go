package web

import (
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

func monitorLink(name string) string { return rules.MonitorPath(name) }

// windowPage is the page of one window.
func windowPage(monitor, segment string, end window.Time) string {
	return monitorLink(monitor) + "/windows/" + end.String() + params("segment", segment)
}

// fieldLink is the page of a field; without an end of its newest window.
func fieldLink(monitor, field, segment, check string, end window.Time) string {
	return monitorLink(monitor) + "/fields/" + url.PathEscape(field) + params("end", endText(end), "segment", segment, "check", check)
}

// monitorPage is the page of a monitor as it was asked for.
func monitorPage(monitor, segment, check string, windows int, end window.Time) string {
	n := ""
	if windows != defaultColumns {
		n = strconv.Itoa(windows)
	}
	return monitorLink(monitor) + params("check", check, "end", endText(end), "segment", segment, "windows", n)
}

// endText is a window's end in an address; "" of the newest.
func endText(end window.Time) string {
	if end == window.None {
		return ""
	}
	return end.String()
}

// params writes the parameters that are not empty, in their order.
func params(pairs ...string) string {
	var b strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			continue
		}
		b.WriteString(map[bool]string{true: "?", false: "&"}[b.Len() == 0])
		b.WriteString(pairs[i] + "=" + url.QueryEscape(pairs[i+1]))
	}
	return b.String()
}

// clock is a time as people read it, in UTC like all times here.
func clock(t window.Time) string {
	if t == window.None {
		return "never"
	}
	return t.Time().Format("2 Jan 2006 15:04:05")
}

func clockOf(t *window.Time) string {
	if t == nil {
		return "never"
	}
	return clock(*t)
}

// shortClock is a time without its year, and without seconds that are 0.
func shortClock(t window.Time) string {
	if t.Time().Second() == 0 {
		return t.Time().Format("2 Jan 15:04")
	}
	return t.Time().Format("2 Jan 15:04:05")
}

func clockSpan(start, end window.Time) string {
	if start.Time().Format(time.DateOnly) == end.Time().Format(time.DateOnly) {
		return clock(start) + " – " + end.Time().Format("15:04:05")
	}
	return clock(start) + " – " + clock(end)
}

// number writes about three figures, and whole numbers as such.
func number(v float64) string {
	switch a := math.Abs(v); {
	case a < 1e7 && v == math.Trunc(v):
		return strconv.FormatInt(int64(v), 10)
	case a < 0.001, a >= 1e7:
		return strconv.FormatFloat(v, 'e', 1, 64)
	case a < 10:
		return strconv.FormatFloat(v, 'f', 3, 64)
	case a < 1000:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}

func resultText(r checks.Result) string {
	if r.Skipped != "" {
		return "–"
	}
	return number(r.Value)
}

// count groups the digits of a whole number with spaces that do not break.
func count(n uint64) string {
	s := strconv.FormatUint(n, 10)
	var b strings.Builder
	for i, r := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteRune('\u202f')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// sizeText is a number of bytes in the unit that suits it.
func sizeText(n int64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	v, units := float64(n), "KMGTPE"
	i := -1
	for ; v >= unit && i < len(units)-1; i++ {
		v /= unit
	}
	return fmt.Sprintf("%.3g %ciB", v, units[i])
}

// instantText is a time by the wall clock.
func instantText(t *time.Time) string {
	if t == nil {
		return "never"
	}
	return wallText(*t)
}

func wallText(t time.Time) string { return t.UTC().Format("2 Jan 2006 15:04:05") }

func errorsText(m map[string]uint64) string {
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(m)) {
		if m[reason] > 0 {
			parts = append(parts, reason+" "+count(m[reason]))
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// secondsText is a duration without parts that are zero: 1h, 90s, 7d.
func secondsText(s float64) string {
	d := time.Duration(s * float64(time.Second))
	const day = 24 * time.Hour
	switch {
	case d >= day && d%day == 0:
		return fmt.Sprintf("%dd", d/day)
	case d >= time.Hour && d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d >= time.Minute && d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}

// revised says how many late records a window holds.
func revised(n int) string {
	if n == 1 {
		return "1 late record"
	}
	return count(uint64(n)) + " late records"
}

// plural writes a number of things.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(uint64(max(0, n))) + " " + many
}
