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

// billedTwice keeps the customers of the pricing bug.
func billedTwice(r *row) bool { return r.Country == bugCountry && r.Device == bugDevice }

// far is a distance that equal distributions do not reach in 999 of 1,000 cases,
// of so many values against the training data.
func far(n int) float64 { return 1.95 * math.Sqrt(1/float64(n)+1/float64(TrainingRows)) }

// TestOrdinaryTraffic: outside of the chapters no column is away from the
// training data, and little is null.
func TestOrdinaryTraffic(t *testing.T) {
	traffic := Traffic{Seed: 1, Start: start}
	trained := columns(training(traffic))
	for _, from := range []time.Duration{0, BugBegin - WindowLength, BugEnd, RolloutEnd, CreepEnd, StoryEnd} {
		now := columns(sent(ticksOf(traffic, from, from+WindowLength)))
		for name, values := range now.values {
			if d := distance(trained.values[name], values); d > far(len(values)) {
				t.Errorf("%s, %s: distance %.3f from the training data", clock(from), name, d)
			}
			if share := now.nulls[name]; share > 0.04 {
				t.Errorf("%s, %s: share of nulls %.3f", clock(from), name, share)
			}
		}
	}
}

// TestPricingBug: charges are doubled for one country and device, and for nobody
// else; in all of them together that is below what a verdict needs.
func TestPricingBug(t *testing.T) {
	traffic := Traffic{Seed: 1, Start: start}
	before, during := sent(ticksOf(traffic, 0, BugEnd-BugBegin)), sent(ticksOf(traffic, BugBegin, BugEnd))
	median := func(records [][]byte, keep func(*row) bool) float64 {
		values := columns(records, keep).values["monthly_charge"]
		return values[len(values)/2]
	}
	if ratio := median(during, billedTwice) / median(before, billedTwice); ratio < 1.9 || ratio > 2.1 {
		t.Errorf("the charges of %s are %.2f times what they were", bugSegment, ratio)
	}
	others := func(r *row) bool { return !billedTwice(r) }
	a, b := columns(before, others).values["monthly_charge"], columns(during, others).values["monthly_charge"]
	if d := distance(a, b); d > 0.035 {
		t.Errorf("the charges of all others moved by %.3f", d)
	}
	for name, values := range columns(during).values {
		if d := distance(columns(before).values[name], values); d > 0.09 {
			t.Errorf("%s of all moved by %.3f: the floor of a verdict is 0.1", name, d)
		}
	}
}

// TestRollout: a growing share of the requests is from the new app; data_gb is
// null in all of these, and in few others.
func TestRollout(t *testing.T) {
	traffic := Traffic{Seed: 1, Start: start}
	isNew := func(r *row) bool { return r.Version == newVersion }
	shareBefore := 0.0
	for from := RolloutBegin; from < RolloutEnd; from += WindowLength {
		records := sent(ticksOf(traffic, from, from+WindowLength))
		of := columns(records, isNew)
		if got := of.nulls["data_gb"]; got != 1 {
			t.Errorf("%s: data_gb is null in %.3f of the new app's requests", clock(from), got)
		}
		if got := columns(records, func(r *row) bool { return !isNew(r) }).nulls["data_gb"]; got > 0.04 {
			t.Errorf("%s: data_gb is null in %.3f of the other requests", clock(from), got)
		}
		share := float64(len(of.values["age"])) / float64(len(columns(records).values["age"]))
		if share < shareBefore+0.02 {
			t.Errorf("%s: the new app's share is %.3f after %.3f", clock(from), share, shareBefore)
		}
		shareBefore = share
	}
	if got := columns(sent(ticksOf(traffic, RolloutEnd, RolloutEnd+WindowLength)), isNew); len(got.values) > 0 {
		t.Error("the new app is still there after it was rolled back")
	}
}

// TestCreep: the mean score rises in every window of the drift; no step is as
// large as a verdict needs, all together are.
func TestCreep(t *testing.T) {
	traffic := Traffic{Seed: 1, Start: start}
	scores := func(from time.Duration) []float64 {
		return columns(sent(ticksOf(traffic, from, from+WindowLength))).values["score"]
	}
	first := scores(CreepBegin - WindowLength)
	before := first
	for from := CreepBegin; from < CreepEnd; from += WindowLength {
		now := scores(from)
		if d := distance(before, now); d > 0.08 {
			t.Errorf("%s: a step of %.3f", clock(from), d)
		}
		before = now
	}
	if d := distance(first, before); d < 0.15 {
		t.Errorf("the score moved by %.3f in all", d)
	}
	for at := CreepBegin; at < CreepEnd; at += WindowLength {
		if step := phaseAt(at).creep - phaseAt(at-WindowLength).creep; math.Abs(step-creepStep) > 1e-9 {
			t.Errorf("%s: a step of %v", clock(at), step)
		}
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
	if inputs < 57_000 || inputs > 63_000 {
		t.Fatalf("%d inputs in five minutes, want about 60,000", inputs)
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
