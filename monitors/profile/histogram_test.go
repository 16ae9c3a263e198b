package profile

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// bruteBuckets groups sorted keys by their value after a shift.
func bruteBuckets(sorted []uint64, shift uint) []bucket {
	var out []bucket
	for _, k := range sorted {
		if n := len(out); n > 0 && out[n-1].least>>shift == k>>shift {
			out[n-1].join(bucket{k, k, 1, 1, 1})
		} else {
			out = append(out, bucket{k, k, 1, 1, 1})
		}
	}
	return out
}

func drawKey() *rapid.Generator[uint64] {
	return rapid.OneOf(
		rapid.Uint64(),
		rapid.Map(rapid.Uint64Range(0, 30), func(k uint64) uint64 { return k << 40 }),
		rapid.Uint64Range(1<<63-10, 1<<63+10),
		rapid.SampledFrom([]uint64{0, 1<<64 - 1}),
	)
}

func TestHistogramIsTheFinestThatFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(drawKey(), 0, 200).Draw(t, "keys")
		h := histogram{limit: rapid.IntRange(1, 50).Draw(t, "limit")}
		for rest := keys; len(rest) > 0; {
			rest = rest[h.insert(rest):]
			h.fit()
		}
		slices.SortFunc(keys, cmp.Compare[uint64])
		want := bruteBuckets(keys, h.shift)
		if got := h.sorted(); !slices.Equal(got, want) || h.total != uint64(len(keys)) {
			t.Fatalf("at shift %d: %+v, want %+v", h.shift, got, want)
		}
		if len(want) > h.limit {
			t.Fatalf("%d buckets at shift %d", len(want), h.shift)
		}
		if h.shift > 0 && len(bruteBuckets(keys, h.shift-1)) <= h.limit {
			t.Fatalf("shift %d is more than it needs", h.shift)
		}
		if n := len(bruteBuckets(keys, max(h.shift, 1)-1)); h.shift > 0 && n != h.halves() {
			t.Fatalf("%d buckets at the shift before, not %d", h.halves(), n)
		}
	})
}

func TestCountOfExactHistogram(t *testing.T) {
	var h histogram
	if h.limit = 10; h.count(3) != 0 {
		t.Error("an empty histogram counts")
	}
	h.insert([]uint64{3, 4, 3})
	for key, want := range map[uint64]uint64{3: 2, 4: 1, 5: 0} {
		if got := h.count(key); got != want {
			t.Errorf("key %d occurs %d times, want %d", key, got, want)
		}
	}
}

// Keys that all begin their search at one slot of the index are found none the less.
func TestCrowdedIndex(t *testing.T) {
	h := histogram{limit: 4000}
	var keys []uint64
	for k := uint64(1); len(keys) < 300; k++ {
		if home(k, 64-12) == 4095 {
			keys = append(keys, k)
		}
	}
	h.insert(append(keys, keys...))
	for _, k := range keys {
		if h.count(k) != 2 {
			t.Fatalf("key %d occurs %d times", k, h.count(k))
		}
	}
	if len(h.buckets) != len(keys) {
		t.Errorf("%d buckets of %d keys", len(h.buckets), len(keys))
	}
}
