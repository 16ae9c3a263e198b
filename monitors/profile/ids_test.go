package profile

import (
	"bytes"
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// someIDs returns n ids of at most distinct different ones.
func someIDs(n, distinct int, seed uint64) [][]byte {
	ids := make([][]byte, n)
	for i := range ids {
		k := uint64(i)
		if i >= distinct {
			k = mix(seed+uint64(i)) % uint64(distinct)
		}
		ids[i] = strconv.AppendUint([]byte("id-"), k, 10)
	}
	return ids
}

func idsOf(ids [][]byte) *IDs {
	s := &IDs{}
	for _, id := range ids {
		s.Observe(id)
	}
	return s
}

func encodeIDs(t tester, s *IDs) []byte {
	t.Helper()
	b, err := s.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Any order, any split and any merge of the same ids gives the same bytes, on
// both sides of the number that is kept.
func TestIDsAreAFunctionOfTheirMultiset(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		distinct := rapid.OneOf(rapid.IntRange(1, 50), rapid.IntRange(IDsKept-2, IDsKept+2), rapid.IntRange(1, 3*IDsKept)).Draw(t, "distinct")
		n := distinct + rapid.IntRange(0, 3000).Draw(t, "repeated")
		seed := rapid.Uint64().Draw(t, "seed")
		ids := someIDs(n, distinct, seed)
		want := encodeIDs(t, idsOf(ids))

		parts := make([]*IDs, rapid.IntRange(1, 4).Draw(t, "parts"))
		for i := range parts {
			parts[i] = &IDs{}
		}
		step := int(mix(seed)%uint64(n))*2 + 1
		for gcd(step, n) != 1 {
			step++
		}
		for i := range ids { // a permutation: the step has no divisor in common with n
			parts[mix(uint64(i)^seed)%uint64(len(parts))].Observe(ids[i*step%n])
		}
		merged := &IDs{}
		for _, p := range rapid.Permutation(parts).Draw(t, "merge order") {
			back, err := DecodeIDs(encodeIDs(t, p))
			if err != nil {
				t.Fatal(err)
			}
			merged.Merge(back)
		}
		if got := encodeIDs(t, merged); !bytes.Equal(got, want) {
			t.Fatalf("%d ids, %d distinct, in %d parts are other bytes", n, distinct, len(parts))
		}
		if size := merged.Size(); size > IDsBytes+1000 {
			t.Fatalf("%d ids take %d bytes, more than %d", n, size, IDsBytes)
		}
	})
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func TestIDCounts(t *testing.T) {
	ids := [][]byte{[]byte("a"), []byte("b"), []byte("a"), []byte(""), []byte("a"), []byte("")}
	want := IDCounts{Total: 6, Distinct: 3, Exact: true, Sampled: 3, Values: 6, Repeated: 2}
	if got := idsOf(ids).Counts(); got != want {
		t.Errorf("six ids: %+v, want %+v", got, want)
	}
	if got := (&IDs{}).Counts(); got != (IDCounts{Exact: true}) {
		t.Errorf("none: %+v", got)
	}
	if got := idsOf(someIDs(IDsKept+500, IDsKept, 1)).Counts(); !got.Exact || got.Distinct != IDsKept || got.Values != got.Total {
		t.Errorf("as many as are kept: %+v", got)
	}
	got := idsOf(someIDs(300_000, 200_000, 1)).Counts()
	if got.Exact || got.Sampled != IDsKept || math.Abs(got.Distinct/200_000-1) > 4*DistinctError {
		t.Errorf("200,000 distinct ids: %+v", got)
	}
	if perID := float64(got.Values) / float64(got.Sampled); math.Abs(perID-1.5) > 0.05 {
		t.Errorf("an id of the sample occurs %v times, not 1.5", perID)
	}
}

func TestDamagedIDsAreRefused(t *testing.T) {
	for _, s := range []*IDs{{}, idsOf(someIDs(40, 30, 1)), idsOf(someIDs(2*IDsKept, 2*IDsKept, 1))} {
		b := encodeIDs(t, s)
		for n := 0; n < len(b); n += 1 + len(b)/500 {
			if _, err := DecodeIDs(b[:n]); err == nil {
				t.Fatalf("the first %d of %d bytes are accepted", n, len(b))
			}
			b[n] ^= 0x80
			if _, err := DecodeIDs(b); err == nil {
				t.Fatalf("byte %d of %d is not looked at", n, len(b))
			}
			b[n] ^= 0x80
		}
	}
}

func BenchmarkObserveIDs(b *testing.B) {
	ids := someIDs(10_000, 10_000, 1)
	b.ReportAllocs()
	for b.Loop() {
		s := &IDs{}
		for _, id := range ids {
			s.Observe(id)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1e4, "ns/id")
}
