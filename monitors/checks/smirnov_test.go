package checks

import (
	"testing"
)

// TestSmirnovExpansion compares the expansion with the sum where one takes over
// from the other, for the p-values that occur.
func TestSmirnovExpansion(t *testing.T) {
	for _, d := range []float64{0.0014, 0.002, 0.003, 0.005, 0.01} {
		const n = smirnovMost
		near(t, "expansion", smirnovExpansion(n, d), smirnovTail(n, d), 1e-4)
	}
}
