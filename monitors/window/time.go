// Package window turns event times into windows: where the panes that they are
// made of start and end, what a partition's watermark has sealed, which records
// are late, and which panes make a window.
// It knows no clock, no records and no statistics; time is always an argument.
package window

import (
	"fmt"
	"math"
	"time"
)

// Time is an event time: milliseconds since the Unix epoch, UTC. Finer
// timestamps are floored, which cannot move a record to another window because
// windows begin and end on whole milliseconds.
type Time int64

// None is the watermark before the first record.
const None Time = math.MinInt64

// Newest is later than every event time.
const Newest Time = math.MaxInt64

// FromTime floors t to a Time.
func FromTime(t time.Time) Time { return Time(t.UnixMilli()) }

// Time returns t in UTC.
func (t Time) Time() time.Time { return time.UnixMilli(int64(t)).UTC() }

// Add returns t moved by d.
func (t Time) Add(d time.Duration) Time { return t + Time(d.Milliseconds()) }

// String is RFC 3339 in UTC, with milliseconds only where there are some.
func (t Time) String() string {
	if t == None {
		return "never"
	}
	return t.Time().Format("2006-01-02T15:04:05.999Z07:00")
}

// MarshalText writes String; None has no text and is an error.
func (t Time) MarshalText() ([]byte, error) {
	if t == None {
		return nil, fmt.Errorf("no time to write")
	}
	return []byte(t.String()), nil
}

// UnmarshalText reads RFC 3339.
func (t *Time) UnmarshalText(b []byte) error {
	v, err := time.Parse(time.RFC3339, string(b))
	if err != nil {
		return err
	}
	*t = FromTime(v)
	return nil
}
