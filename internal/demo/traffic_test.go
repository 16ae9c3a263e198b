package demo

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"testing"
	"time"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// ticksOf returns the ticks of [from, to) after the start.
func ticksOf(t Traffic, from, to time.Duration) []Tick {
	var out []Tick
	for n := int(from / TickLength); n < int(to/TickLength); n++ {
		out = append(out, t.Tick(n))
	}
	return out
}

func TestTrafficIsAFunctionOfSeedAndTick(t *testing.T) {
	traffic := Traffic{Seed: 7, Start: start}
	forward, backward := make([][]byte, 500), make([][]byte, 500)
	for n := range forward {
		forward[n] = flat(traffic.Tick(n))
	}
	for n := len(backward) - 1; n >= 0; n-- {
		backward[n] = flat(Traffic{Seed: 7, Start: start}.Tick(n))
	}
	for n := range forward {
		if !bytes.Equal(forward[n], backward[n]) {
			t.Fatalf("tick %d differs when drawn again", n)
		}
		if bytes.Equal(forward[n], flat(Traffic{Seed: 8, Start: start}.Tick(n))) {
			t.Fatalf("tick %d is the same for another seed", n)
		}
	}
}

func flat(t Tick) []byte {
	b, err := json.Marshal(t)
	if err != nil {
		panic(err)
	}
	return b
}

// TestPhases looks at the share of nulls and at the distance from the training
// data in each part of the timetable. With 2,000 values against 20,000 the
// distance of equal distributions is below 0.046 in 999 of 1,000 cases.
func TestPhases(t *testing.T) {
	traffic := Traffic{Seed: 1, Start: start}
	trained := columns(training(traffic))
	for _, c := range []struct {
		name         string
		from, to     time.Duration
		drift, nulls bool
	}{
		{"first window", 0, 10 * time.Second, false, false},
		{"last ordinary window", 50 * time.Second, time.Minute, false, false},
		{"drift and nulls", DriftBegin, DriftBegin + 10*time.Second, true, true},
		{"drift alone", NullsEnd, NullsEnd + 10*time.Second, true, false},
		{"last drifted window", DriftEnd - 10*time.Second, DriftEnd, true, false},
		{"after it", DriftEnd, DriftEnd + 10*time.Second, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := columns(sent(ticksOf(traffic, c.from, c.to)))
			for name, values := range now.values {
				d := distance(trained.values[name], values)
				if drifts := name == "monthly_charge" || name == "score"; drifts && c.drift {
					if d < 0.12 {
						t.Errorf("%s: distance %.3f from the training data, want a clear drift", name, d)
					}
				} else if d > 0.046 {
					t.Errorf("%s: distance %.3f from the training data, want none", name, d)
				}
			}
			if share := now.nulls["monthly_charge"]; (share > 0.2) != c.nulls || (share > 0.05) != c.nulls {
				t.Errorf("share of nulls %.3f, want many: %v", share, c.nulls)
			}
		})
	}
}

// TestLabelsDoNotDrift: the label guess moves with the score, but by less than
// anybody should be woken for.
func TestLabelsDoNotDrift(t *testing.T) {
	traffic := Traffic{Seed: 1, Start: start}
	p := churnShare(training(traffic))
	q := churnShare(sent(ticksOf(traffic, DriftBegin, DriftEnd)))
	half := func(x, m float64) float64 { return x*math.Log2(x/m) + (1-x)*math.Log2((1-x)/(1-m)) }
	m := (p + q) / 2
	js := math.Sqrt((half(p, m) + half(q, m)) / 2)
	v := math.Sqrt((p - q) * (p - q) / 2 * (1/(p+q) + 1/(2-p-q)))
	if js > 0.085 || v > 0.085 || q <= p {
		t.Errorf("labels: share of churn %.4f in training, %.4f in drift, Jensen-Shannon %.3f, V %.3f; the floors are 0.1", p, q, js, v)
	}
}

func TestDamage(t *testing.T) {
	traffic := Traffic{Seed: 3, Start: start}
	inputs, broken, null, empty := 0, 0, 0, 0
	for _, tick := range ticksOf(traffic, 0, 5*time.Minute) {
		for _, m := range tick.Committed {
			if m.Topic != InputsTopic {
				if !json.Valid(m.Value) {
					t.Fatalf("a damaged prediction: %q", m.Value)
				}
				continue
			}
			inputs++
			switch {
			case m.Value == nil:
				null++
			case len(m.Value) == 0:
				empty++
			case !json.Valid(m.Value):
				broken++
			}
		}
	}
	if inputs != 60_000 {
		t.Fatalf("%d inputs in five minutes, want 60,000", inputs)
	}
	if null == 0 || empty == 0 || broken == 0 {
		t.Errorf("null %d, empty %d, not JSON %d: want some of each", null, empty, broken)
	}
	if share := float64(null+empty+broken) / float64(inputs); share > 0.004 {
		t.Errorf("%.4f of the inputs are unusable, want a few in a thousand", share)
	}
}

func TestEachFaultChangesTheRecord(t *testing.T) {
	m := Traffic{Seed: 1, Start: start}.Tick(0).Committed[0]
	seen := map[string]string{}
	for _, f := range faults {
		got := f.damage(bytes.Clone(m.Value))
		if bytes.Equal(got, m.Value) {
			t.Errorf("%s: the record is as it was", f.name)
		}
		if other, ok := seen[string(got)]; ok && len(got) > 0 {
			t.Errorf("%s and %s do the same", f.name, other)
		}
		seen[string(got)] = f.name
	}
}

func TestDelays(t *testing.T) {
	traffic := Traffic{Seed: 5, Start: start}
	all, moment, long := 0, 0, 0
	for _, tick := range ticksOf(traffic, 0, 3*time.Minute) {
		for _, m := range tick.Committed {
			var r row
			if json.Unmarshal(m.Value, &r) != nil || r.At.IsZero() {
				continue // inputs carry the same times, but some are damaged
			}
			if r.At.Before(start) || r.At.After(m.Time) {
				t.Fatalf("event at %s, sent at %s, start %s", r.At, m.Time, start)
			}
			all++
			switch d := m.Time.Sub(r.At); {
			case d >= 20*time.Second:
				long++
			case d > 0:
				moment++
			}
		}
	}
	if s := float64(long) / float64(all); s < 0.0005 || s > 0.003 {
		t.Errorf("share of late records %.4f", s)
	}
	if s := float64(moment) / float64(all); s < 0.01 || s > 0.03 {
		t.Errorf("share of records out of order %.4f", s)
	}
}

func TestAbortedBatches(t *testing.T) {
	var at []int
	for n, tick := range ticksOf(Traffic{Seed: 1, Start: start}, 0, time.Minute) {
		if len(tick.Aborted) > 0 {
			at = append(at, n)
			if len(tick.Aborted) != 2*abortedSize || !bytes.Contains(tick.Aborted[0].Value, []byte(`"age":999`)) {
				t.Errorf("tick %d: %d aborted messages, first %s", n, len(tick.Aborted), tick.Aborted[0].Value)
			}
		}
	}
	if !slices.Equal(at, []int{200, 600, 1000}) {
		t.Errorf("aborted batches in ticks %v", at)
	}
}

func TestRequestsKeepToTheirPartition(t *testing.T) {
	counts := map[int32]int{}
	for _, tick := range ticksOf(Traffic{Seed: 1, Start: start}, 0, 10*time.Second) {
		for i := 0; i < len(tick.Committed); i += 2 {
			in, out := tick.Committed[i], tick.Committed[i+1]
			if in.Partition != out.Partition || !bytes.Equal(in.Key, out.Key) {
				t.Fatalf("input %s in partition %d, prediction %s in %d", in.Key, in.Partition, out.Key, out.Partition)
			}
			counts[in.Partition]++
		}
	}
	for p := range int32(Partitions) {
		if counts[p] < 300 {
			t.Errorf("partition %d has %d of 2,000 records", p, counts[p])
		}
	}
}

func BenchmarkTick(b *testing.B) {
	b.ReportAllocs()
	traffic := Traffic{Seed: 1, Start: start}
	for n := 0; b.Loop(); n++ {
		traffic.Tick(n)
	}
}
