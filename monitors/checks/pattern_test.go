package checks

import (
	"testing"
)

func TestPatternPromise(t *testing.T) {
	testPromises(t, "pattern", []promise{
		{Limits{}, 0, false, "no pattern is declared"},
		{Limits{Pattern: true}, 0, false, ""},
	})
}
