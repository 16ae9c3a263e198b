package decode

import (
	"testing"
	"time"

	"driftwatch/monitors/window"
)

func TestParseTime(t *testing.T) {
	number := func(s string) Value { return Value{Type: Number, Text: []byte(s)} }
	text := func(s string) Value { return Value{Type: String, Text: []byte(s)} }
	tests := []struct {
		name   string
		value  Value
		layout string
		want   window.Time // -1: an error
	}{
		{"seconds", number("1700000000"), "", 1700000000000},
		{"decimal seconds", number("1700000000.1239"), "", 1700000000123},
		{"exponent", number("1.7e9"), "", 1700000000000},
		{"milliseconds", number("1700000000123"), "", 1700000000123},
		{"decimal milliseconds", number("1700000000123.999"), "", 1700000000123},
		{"microseconds", number("1700000000123456"), "", 1700000000123},
		{"nanoseconds", number("1700000000123456789"), "", 1700000000123},
		{"nanoseconds in a string", text("1700000000123456789"), "", 1700000000123},
		{"seconds of 2262", number("9223372037"), "", 9223372037000},
		{"seconds of 5138", number("99999999999"), "", 99999999999000},
		{"nanoseconds after 2262", number("9300000000000000000"), "", 9300000000000},
		{"nanoseconds beyond 64 bits", number("19300000000000000000"), "", 19300000000000},
		{"too many digits", number("100000000000000000000"), "", -1},
		{"huge exponent", number("1e999999999999"), "", -1},
		{"tiny exponent", number("1e-999999999999"), "", 0},
		{"zero", number("0"), "", 0},
		{"negative", number("-1"), "", -1},
		{"fraction of a second", number("0.0019"), "", 1},
		{"RFC 3339", text("2026-01-02T03:04:05.6789Z"), "", 1767323045678},
		{"RFC 3339 with an offset", text("2026-01-02T03:04:05-03:00"), "", 1767333845000},
		{"year 2262", text("2262-04-12T00:00:00Z"), "", window.FromTime(time.Date(2262, 4, 12, 0, 0, 0, 0, time.UTC))},
		{"year 9999", text("9999-12-31T23:59:59Z"), "", 253402300799000},
		{"year 1", text("0001-01-01T00:00:00Z"), "", -1},
		{"before 1970", text("1969-12-31T23:59:59.999Z"), "", -1},
		{"not a time", text("yesterday"), "", -1},
		{"empty", text(""), "", -1},
		{"layout", text("02.01.2026 03:04"), "02.01.2006 15:04", 1767323040000},
		{"layout of a number", number("20260102"), "20060102", 1767312000000},
		{"layout does not fit", text("2026-01-02T03:04:05Z"), "2006-01-02", -1},
		{"missing", Value{}, "", -1},
		{"null", Value{Type: Null}, "", -1},
		{"boolean", Value{Type: Bool, Bool: true}, "", -1},
		{"object", Value{Type: Object}, "", -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseTime(tt.value, tt.layout)
			if err != nil {
				got = -1
			}
			if got != tt.want {
				t.Errorf("%d, %v; want %d", got, err, tt.want)
			}
		})
	}
}
