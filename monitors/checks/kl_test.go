package checks

import (
	"testing"
)

func TestKLGolden(t *testing.T) {
	golden(t, "kl", []expectation{
		{"number_10_bins", "kl", "value"},
		{"number_three_values", "kl", "value"},
		{"category_empty_and_unseen", "kl", "value"},
		{"category_plain", "kl", "value"},
	})
}

// TestKLPublished holds the example of Hopsworks.
func TestKLPublished(t *testing.T) {
	near(t, "kl", sumOf(klDivergence, hopsworks()), 0.3348, 1e-3)
}
