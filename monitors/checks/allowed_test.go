package checks

import (
	"testing"
)

func TestAllowedPromise(t *testing.T) {
	testPromises(t, "allowed", []promise{
		{Limits{}, 0, false, "no allowed values are declared"},
		{Limits{Allowed: true}, 0, false, ""},
	})
}
