package checks

import (
	"testing"
)

func TestDistinctGolden(t *testing.T) {
	golden(t, "distinct", []expectation{
		{"signed_zero", "distinct", "value"},
	})
}
