package config

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"driftwatch/monitors"
	"driftwatch/monitors/profile"
)

// What a field can take is what its profile does take in the worst case: never
// more, and not much less.
func TestFieldsTakeWhatIsEstimated(t *testing.T) {
	for _, kind := range []profile.Kind{profile.Number, profile.Category} {
		for _, buckets := range []int{64, 256, 2048} {
			d := declared{}
			d.Buckets = buckets
			estimate := float64(d.fieldSize(monitors.Field{Type: kind}))
			most := 0.0
			for _, distinct := range []int{buckets / 2, buckets, 4 * buckets} {
				most = max(most, bytesOf(t, kind, buckets, distinct))
			}
			if most > estimate || most < estimate/2 {
				t.Errorf("a %v field with %d buckets takes up to %.0f bytes, and %.0f are estimated", kind, buckets, most, estimate)
			}
		}
	}
}

// bytesOf measures the profile of a field with so many distinct values.
func bytesOf(t *testing.T, kind profile.Kind, buckets, distinct int) float64 {
	t.Helper()
	const n = 40
	rng := rand.New(rand.NewPCG(1, 2))
	before := heap()
	all := make([]*profile.Profile, n)
	for i := range all {
		all[i] = profile.New(profile.Options{Kind: kind, Buckets: buckets})
		for v := range distinct {
			if kind == profile.Number {
				all[i].ObserveNumbers([]float64{rng.NormFloat64()})
			} else {
				all[i].ObserveCategory(fmt.Appendf(nil, "%064d", v))
			}
		}
	}
	after := heap()
	runtime.KeepAlive(all)
	return (after - before) / n
}

func heap() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
