package decode

import (
	"errors"
	"fmt"
	"time"

	"driftwatch/monitors/window"
)

// ParseTime reads an event time. With a layout of package time the value is a
// String, or a Number like 20260102, in that layout. Without one it is a String in RFC 3339, or a number,
// also written as a String, of seconds, milliseconds, microseconds or
// nanoseconds since 1970: which one is told by the digits before the point, up
// to 11, 14, 17 and 20 of them (so seconds reach the year 5138). Parts of a
// millisecond are cut off. Times before 1970 are errors: they are a missing
// time in disguise, like the year 1 that many languages have for "no time".
func ParseTime(v Value, layout string) (window.Time, error) {
	switch {
	case v.Type == Missing:
		return 0, errors.New("the time is missing")
	case v.Type == Number && layout == "":
		return unixTime(v.Text)
	case v.Type != String && v.Type != Number:
		return 0, fmt.Errorf("a time cannot be %s", typeNames[v.Type])
	case layout != "":
		t, err := time.Parse(layout, string(v.Text))
		if err != nil {
			return 0, fmt.Errorf("%s is not a time in the layout %q", clip(v.Text), layout)
		}
		return since1970(t)
	}
	var t time.Time
	if err := t.UnmarshalText(v.Text); err == nil {
		return since1970(t)
	}
	return unixTime(v.Text)
}

var typeNames = [...]string{Missing: "missing", Null: "null", Bool: "a boolean", Number: "a number",
	String: "a string", Object: "an object", Array: "an array"}

func since1970(t time.Time) (window.Time, error) {
	w := window.FromTime(t)
	if w < 0 {
		return 0, fmt.Errorf("the time %s is before 1970", t.UTC().Format(time.RFC3339))
	}
	return w, nil
}

func unixTime(text []byte) (window.Time, error) {
	d, ok := parseDecimal(text)
	if !ok {
		return 0, fmt.Errorf("%s is not a time: neither RFC 3339 nor a number", clip(text))
	}
	if d.mantissa == 0 {
		return 0, nil
	}
	if d.negative {
		return 0, fmt.Errorf("the time %s is before 1970", clip(text))
	}
	shift := 3 // from the unit to milliseconds, as a power of ten
	whole := digitCount(d.mantissa) + d.exponent
	for limit := 11; whole > limit; limit += 3 {
		if shift -= 3; shift < -6 {
			return 0, fmt.Errorf("the time %s is too far in the future", clip(text))
		}
	}
	return window.Time(scale(d.mantissa, d.exponent+shift)), nil
}

// powers are the powers of ten below 2^64.
var powers = func() (p [20]uint64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = 10 * p[i-1]
	}
	return p
}()

func digitCount(m uint64) int {
	n := 0
	for n < len(powers) && m >= powers[n] {
		n++
	}
	return n
}

// scale returns m * 10^e without its fraction; the caller knows that it fits.
func scale(m uint64, e int) int64 {
	switch {
	case e >= 0:
		return int64(m * powers[e])
	case -e < len(powers):
		return int64(m / powers[-e])
	}
	return 0
}

// clip quotes the beginning of a text for a message.
func clip(text []byte) string {
	if len(text) > 40 {
		return fmt.Sprintf("%q...", text[:40])
	}
	return fmt.Sprintf("%q", text)
}
