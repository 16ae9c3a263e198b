// Package mute is about the times in which people do not want to be told: a
// cron expression says when each begins, and a duration how long it is. It reads
// no clock: times are arguments.
package mute

import (
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"driftwatch/internal/yamlx"
)

// Times are times that come again and again. The zero Times never come.
type Times []Time

// Time begins whenever its cron expression says, in UTC, and lasts For.
type Time struct {
	Cron string
	For  time.Duration

	next func(time.Time) time.Time
}

// Read reads [{cron: "0 22 * * 5", for: 60h}].
func Read(c yamlx.Cursor) Times {
	var times Times
	for _, item := range c.OneOrList() {
		m := item.Map()
		t := Time{}
		at := m.Need("cron")
		t.Cron, t.next = ReadCron(at)
		t.For = m.Need("for").Duration(0, time.Minute)
		m.Done()
		if t.next == nil || t.For == 0 {
			continue // that was reported
		}
		times = append(times, t)
	}
	return times
}

// ReadCron reads an expression of five fields, or a word such as @daily. It returns
// the function that gives the next time after another one, both in UTC, or nil
// after an error.
func ReadCron(c yamlx.Cursor) (expression string, next func(time.Time) time.Time) {
	word := c.Name()
	switch {
	case word == "":
		return "", nil
	case strings.Contains(word, "TZ="):
		c.Must("be without a time zone: these times are UTC")
		return "", nil
	case strings.HasPrefix(word, "@every"):
		c.Must("say when the time begins; %q has no beginning", word)
		return "", nil
	}
	schedule, err := cron.ParseStandard(word)
	if err != nil {
		c.Must("be a cron expression such as \"0 22 * * 5\", not %q: %v", word, err)
		return "", nil
	}
	if schedule.Next(time.Unix(0, 0).UTC()).IsZero() {
		c.Warnf("never-comes", "the time %q never comes", word)
	}
	return word, schedule.Next
}

// Free reports whether so long a time ever passes without any of these times.
func (t Times) Free(length time.Duration) bool {
	at := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC) // any time will do
	for range steps {
		var next, end time.Time
		for i := range t {
			begins := t[i].next(at.Add(-t[i].For))
			if !begins.IsZero() && (next.IsZero() || begins.Before(next)) {
				next, end = begins, begins.Add(t[i].For)
			}
		}
		if next.IsZero() || next.Sub(at) >= length && next.After(at) {
			return true
		}
		at = end
	}
	return false
}

// steps is how many times are looked at, which is a week of every five minutes.
const steps = 2000

// Overlap reports whether any of the times has a part in [from, to).
func (t Times) Overlap(from, to time.Time) bool {
	for i := range t {
		// The first that ends after from has to begin before to.
		begins := t[i].next(from.UTC().Add(-t[i].For))
		if !begins.IsZero() && begins.Before(to) {
			return true
		}
	}
	return false
}
