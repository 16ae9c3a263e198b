package checks

import (
	"math"
	"testing"
)

func TestJSGolden(t *testing.T) {
	golden(t, "js", []expectation{
		{"number_10_bins", "js", "value"},
		{"number_10_bins", "p_value", "p"},
		{"number_three_values", "js", "value"},
		{"category_empty_and_unseen", "js", "value"},
		{"category_plain", "js", "value"},
	})
}

// TestJSPublished holds the example of scipy, which is in nats.
func TestJSPublished(t *testing.T) {
	bits := tableOf([]uint64{10, 0}, []uint64{5, 5}).measure(jsDivergence, unsmoothed).value
	near(t, "js", math.Sqrt(bits*math.Ln2), 0.46450140402245893, 1e-12)
}
