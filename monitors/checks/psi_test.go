package checks

import (
	"testing"
)

func TestPSIGolden(t *testing.T) {
	golden(t, "psi", []expectation{
		{"number_10_bins", "psi", "value"},
		{"number_10_bins", "psi_effect", "effect"},
		{"number_10_bins", "p_value", "p"},
		{"number_three_values", "psi", "value"},
		{"number_three_values", "psi_effect", "effect"},
		{"number_three_values", "p_value", "p"},
		{"category_empty_and_unseen", "psi", "value"},
		{"category_rare_group_below_5", "p_value", "p"},
		{"category_rare_group_below_5", "psi_effect", "effect"},
		{"category_plain", "psi", "value"},
	})
}

// TestPSIPublished holds examples of Deequ and Hopsworks.
func TestPSIPublished(t *testing.T) {
	r := []uint64{428, 425, 414, 427, 440, 447, 380, 386, 444, 386}
	c := []uint64{426, 437, 429, 391, 469, 433, 360, 443, 371, 418}
	near(t, "psi", sumOf(psiDivergence, tableOf(r, c)), 0.007406694184014186, 1e-12)
	near(t, "psi of two bins", sumOf(psiDivergence, hopsworks()), 0.7167, 1e-4)
}

// hopsworks is an example of two bins.
func hopsworks() table { return tableOf([]uint64{4000, 6000}, []uint64{8000, 2000}) }
