package checks

import (
	"testing"
)

func TestInvalidPromise(t *testing.T) {
	testPromises(t, "invalid", []promise{
		{Limits{}, 0.01, false, ""},
	})
}
