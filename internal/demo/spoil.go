package demo

import (
	"bytes"
	"math/rand/v2"
	"regexp"
)

// spoilShare is the share of input records that a faulty client has damaged.
const spoilShare = 0.004

// A fault damages the payload of an input record. The first ones make the
// record unusable, the last ones only a field of it.
type fault struct {
	name   string
	damage func([]byte) []byte
}

var faults = []fault{
	{"cut off", func(b []byte) []byte { return b[:len(b)*2/3] }},
	{"null value", func([]byte) []byte { return nil }},
	{"empty value", func([]byte) []byte { return []byte{} }},
	{"not JSON", func([]byte) []byte { return []byte("<html>502 Bad Gateway</html>") }},
	{"invalid UTF-8", func(b []byte) []byte { return bytes.Replace(b, []byte(`"plan":"`), []byte("\"plan\":\"\xff"), 1) }},
	{"name twice", func(b []byte) []byte { return bytes.Replace(b, []byte(`{`), []byte(`{"plan":"none",`), 1) }},
	{"no time", func(b []byte) []byte { return bytes.Replace(b, []byte(`"ts":`), []byte(`"sent":`), 1) }},
	{"unreadable time", func(b []byte) []byte { return bytes.Replace(b, []byte(`"ts":`), []byte(`"ts":"yesterday","sent":`), 1) }},
	{"far future", func(b []byte) []byte { return bytes.Replace(b, []byte(`"ts":`), []byte(`"ts":9214646400,"sent":`), 1) }},
	{"text in a number", func(b []byte) []byte { return failureCount.ReplaceAll(b, []byte(`"payment_failures":"none"`)) }},
	{"unknown field", func(b []byte) []byte { return bytes.Replace(b, []byte(`{`), []byte(`{"debug":true,`), 1) }},
}

var failureCount = regexp.MustCompile(`"payment_failures":\d+`)

// spoil damages a few messages and leaves the others as they are.
func spoil(rng *rand.Rand, m Message) Message {
	if rng.Float64() < spoilShare {
		m.Value = faults[rng.IntN(len(faults))].damage(m.Value)
	}
	return m
}
