package checks

import (
	"testing"
)

func TestRangePromise(t *testing.T) {
	zero := 0.0
	testPromises(t, "range", []promise{
		{Limits{Min: &zero}, 0.02, true, ""},
		{Limits{Max: &zero}, 0.02, true, ""},
		{Limits{}, 0, false, "no min or max is declared"},
	})
}
