package decode

import (
	"fmt"
	"testing"
)

// record has 21 fields in 330 bytes, all kinds of values.
const record = `{"ts":1700000000123,"request_id":"8f14e45f-ceea-467f","model":"churn","version":"3.1","country":"BR",` +
	`"device":"android","plan":"gold","age":37,"tenure":14.5,"amount":1234.56,"balance":-87.25,"visits":12,` +
	`"clicks":230,"premium":true,"trial":false,"score":0.73912,"label":null,"city":"Curitiba","channel":"web","latency":12.75,"n":1}`

var recordPaths = []string{"ts", "request_id", "model", "version", "country", "device", "plan", "age", "tenure", "amount",
	"balance", "visits", "clicks", "premium", "trial", "score", "label", "city", "channel", "latency", "n"}

type sink struct{ leaves, unknown int }

func (s *sink) Leaf(int, Value) { s.leaves++ }
func (s *sink) Unknown([]byte)  { s.unknown++ }

func BenchmarkJSON(b *testing.B) {
	if len(record) < 325 || len(record) > 345 {
		b.Fatalf("the record has %d bytes", len(record))
	}
	for _, n := range []int{21, 5, 0} {
		b.Run(fmt.Sprintf("fields=%d", n), func(b *testing.B) {
			d, err := NewJSON(recordPaths[:n])
			if err != nil {
				b.Fatal(err)
			}
			payload, s := []byte(record), &sink{}
			b.SetBytes(int64(len(payload)))
			b.ReportAllocs()
			for b.Loop() {
				if err := d.Decode(payload, s); err != nil {
					b.Fatal(err)
				}
			}
			if s.leaves+s.unknown != 21*b.N {
				b.Fatalf("%d leaves and %d unknown in %d records", s.leaves, s.unknown, b.N)
			}
		})
	}
}

func BenchmarkFloat(b *testing.B) {
	for _, text := range []string{"37", "1234.56", "0.7391234567890123"} {
		b.Run(text, func(b *testing.B) {
			v := Value{Type: Number, Text: []byte(text)}
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := v.Float(); !ok {
					b.Fatal(text)
				}
			}
		})
	}
}

func BenchmarkParseTime(b *testing.B) {
	for _, v := range []Value{
		{Type: Number, Text: []byte("1700000000123")},
		{Type: String, Text: []byte("2026-01-02T03:04:05.678Z")},
	} {
		b.Run(string(v.Text), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ParseTime(v, ""); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
