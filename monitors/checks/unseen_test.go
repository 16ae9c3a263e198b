package checks

import (
	"fmt"
	"testing"
)

func TestUnseenGolden(t *testing.T) {
	golden(t, "unseen", []expectation{
		{"category_empty_and_unseen", "unseen", "value"},
	})
}

// TestUnseenGoodTuring: of 1,000 values 90 categories occur once and 40 twice; 60 of 500
// are in none of them.
func TestUnseenGoodTuring(t *testing.T) {
	ref, cur := map[string]int{"common": 1000 - 90 - 80}, map[string]int{"common": 440, "new": 60}
	for i := range 90 {
		ref[fmt.Sprint("once", i)] = 1
	}
	for i := range 40 {
		ref[fmt.Sprint("twice", i)] = 2
	}
	r := compute(t, "unseen", Input{Reference: categories(ref), Current: categories(cur)})
	near(t, "value", r.Value, 0.12, 1e-12)
	near(t, "effect", *r.Effect, 0.03, 1e-12)
	near(t, "p", *r.PValue, 0.06244942914607252, 1e-9)
}

// TestUnseenNone: where no value is unseen, at least as many are seen surely.
func TestUnseenNone(t *testing.T) {
	same := categories(map[string]int{"a": 500, "b": 40, "once": 1})
	r := compute(t, "unseen", Input{Reference: same, Current: same})
	near(t, "value", r.Value, 0, 0)
	near(t, "p", *r.PValue, 1, 0)
}
