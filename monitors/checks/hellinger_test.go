package checks

import (
	"testing"
)

func TestHellingerGolden(t *testing.T) {
	golden(t, "hellinger", []expectation{
		{"number_10_bins", "hellinger", "value"},
		{"number_three_values", "hellinger", "value"},
		{"category_empty_and_unseen", "hellinger", "value"},
		{"category_plain", "hellinger", "value"},
	})
}
