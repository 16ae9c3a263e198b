package profile

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestKeysKeepOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Float64().Draw(t, "a"), rapid.Float64().Draw(t, "b")
		if (a < b) != (keyOf(a) < keyOf(b)) || (a == b) != (keyOf(a) == keyOf(b)) {
			t.Fatalf("%g and %g have keys %#x and %#x", a, b, keyOf(a), keyOf(b))
		}
		if valueOf(keyOf(a)) != a {
			t.Fatalf("%g became %g", a, valueOf(keyOf(a)))
		}
	})
}

func TestNeighbouringKeysAreNeighbouringNumbers(t *testing.T) {
	for _, v := range []float64{0, 1, -1, math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64, 0x1p-1022, -math.MaxFloat64} {
		if next := math.Nextafter(v, math.Inf(1)); keyOf(next) != keyOf(v)+1 {
			t.Errorf("%g: key %#x, the next number's %#x", v, keyOf(v), keyOf(next))
		}
	}
	if math.Signbit(valueOf(keyOf(math.Copysign(0, -1)))) {
		t.Error("zero comes back negative")
	}
}
