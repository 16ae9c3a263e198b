package checks

import (
	"testing"
)

func TestLInfinityGolden(t *testing.T) {
	golden(t, "l_infinity", []expectation{
		{"category_empty_and_unseen", "l_infinity", "value"},
		{"category_plain", "l_infinity", "value"},
	})
}
