package profile

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// mergeTree merges profiles pairwise in a random tree.
func mergeTree(t *rapid.T, parts []*Profile) *Profile {
	for len(parts) > 1 {
		i := rapid.IntRange(0, len(parts)-1).Draw(t, "left")
		p := parts[i]
		parts = slices.Delete(parts, i, i+1)
		j := rapid.IntRange(0, len(parts)-1).Draw(t, "right")
		if err := p.Merge(parts[j]); err != nil {
			t.Fatal(err)
		}
		parts[j] = p
	}
	return parts[0]
}

// split deals values to some profiles in a random order.
func split[V any](t *rapid.T, v []V, observe func([]V) *Profile) []*Profile {
	v = rapid.Permutation(v).Draw(t, "order")
	var parts []*Profile
	for n := rapid.IntRange(0, 5).Draw(t, "cuts"); n > 0; n-- {
		cut := rapid.IntRange(0, len(v)).Draw(t, "cut")
		parts = append(parts, observe(v[:cut]))
		v = v[cut:]
	}
	return append(parts, observe(v))
}

func TestNumbersInAnyOrderSplitAndTree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SliceOfN(drawNumber(), 0, 200).Draw(t, "values")
		limit := rapid.IntRange(1, 60).Draw(t, "buckets")
		var g *Guide
		if rapid.Bool().Draw(t, "guided") {
			r := rapid.SliceOfN(drawNumber(), 0, 50).Draw(t, "reference")
			g, _ = withGuide(t, numberProfile(8, nil, r), r, nil).Guide()
		}
		whole := encode(t, numberProfile(limit, g, v))
		parts := split(t, v, func(v []float64) *Profile {
			return numberProfile(limit+rapid.IntRange(0, 9).Draw(t, "more"), g, v)
		})
		parts = append(parts, numberProfile(limit, g, nil)) // one part has the least cap
		if got := encode(t, mergeTree(t, parts)); !bytes.Equal(got, whole) {
			t.Fatalf("another order gives other bytes:\n%x\n%x", got, whole)
		}
	})
}

func TestCategoriesInAnyOrderSplitAndTree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SliceOfN(drawCategory(), 0, 200).Draw(t, "values")
		limit := rapid.IntRange(1, 60).Draw(t, "buckets")
		var g *Guide
		if rapid.Bool().Draw(t, "guided") {
			r := rapid.SliceOfN(drawCategory(), 0, 50).Draw(t, "reference")
			g, _ = withGuide(t, categoryProfile(8, nil, r), nil, r).Guide()
		}
		whole := encode(t, categoryProfile(limit, g, v))
		parts := split(t, v, func(v [][]byte) *Profile {
			return categoryProfile(limit+rapid.IntRange(0, 9).Draw(t, "more"), g, v)
		})
		parts = append(parts, categoryProfile(limit, g, nil))
		if got := encode(t, mergeTree(t, parts)); !bytes.Equal(got, whole) {
			t.Fatalf("another order gives other bytes:\n%x\n%x", got, whole)
		}
	})
}

func TestGuidesThatDifferAreDroppedInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SliceOfN(drawNumber(), 0, 100).Draw(t, "values")
		guides := []*Guide{
			nil, newGuide([]uint64{keyOf(1)}, nil), newGuide([]uint64{keyOf(1)}, nil), newGuide([]uint64{keyOf(-1), keyOf(3)}, nil),
		}
		var used []*Guide
		parts := split(t, v, func(v []float64) *Profile {
			g := rapid.SampledFrom(guides).Draw(t, "guide")
			used = append(used, g)
			return numberProfile(4, g, v)
		})
		want := used[0]
		for _, g := range used {
			if !g.equal(want) {
				want = nil
			}
		}
		whole := encode(t, numberProfile(4, want, v))
		if got := encode(t, mergeTree(t, parts)); !bytes.Equal(got, whole) {
			t.Fatalf("another tree gives other bytes:\n%x\n%x", got, whole)
		}
	})
}

func TestMergeLeavesItsArgument(t *testing.T) {
	for _, n := range []int{3, 100} {
		p, q := numberProfile(16, nil, drawShape(0, n, 1)), numberProfile(16, nil, drawShape(1, n, 2))
		before := encode(t, q)
		if err := p.Merge(q); err != nil {
			t.Fatal(err)
		}
		p.ObserveNumbers([]float64{1, 2, 3})
		if !bytes.Equal(encode(t, q), before) {
			t.Errorf("%d values: the argument changed", n)
		}
	}
}

func TestMergeWithItself(t *testing.T) {
	v := drawShape(0, 300, 1)
	p := numberProfile(16, nil, v)
	if err := p.Merge(p); err != nil {
		t.Fatal(err)
	}
	if want := numberProfile(16, nil, append(v, v...)); !bytes.Equal(encode(t, p), encode(t, want)) {
		t.Error("merging with itself is not counting twice")
	}
}

func TestMergeOfOtherKinds(t *testing.T) {
	p, q := New(Options{Kind: Number}), New(Options{Kind: Category})
	if err := p.Merge(q); err == nil || err.Error() != "merge profiles: a number field and a category field" {
		t.Errorf("got %v", err)
	}
}

func TestCloneIsApart(t *testing.T) {
	for _, test := range []struct {
		name string
		make func(n int) *Profile
	}{
		{"numbers", func(n int) *Profile { return numberProfile(16, newGuide([]uint64{keyOf(0)}, nil), drawShape(0, n, 1)) }},
		{"categories", func(n int) *Profile { return categoryProfile(16, nil, categories(n, 500, 1)) }},
	} {
		for _, n := range []int{0, 10, 500} {
			p := test.make(n)
			before := encode(t, p)
			c := p.Clone()
			if !bytes.Equal(encode(t, c), before) {
				t.Errorf("%s %d: the clone differs", test.name, n)
			}
			if err := c.Merge(test.make(700)); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(encode(t, p), before) {
				t.Errorf("%s %d: the original changed with its clone", test.name, n)
			}
		}
	}
}

func TestCounts(t *testing.T) {
	p := New(Options{Kind: Number})
	p.AddRows(20)
	p.AddNull(2)
	p.AddInvalid(1)
	p.AddOutOfRange(3)
	p.AddNotAllowed(4)
	p.AddNotMatching(5)
	p.ObserveNumbers(append(slices.Clone(awkward), 7)) // 20 finite, 3 not
	want := Counts{Rows: 20, Present: 20, Null: 2, Invalid: 4, OutOfRange: 3, NotAllowed: 4, NotMatching: 5}
	if got := p.Counts(); got != want {
		t.Errorf("more values than rows: got %+v, want %+v", got, want)
	}
	p.AddRows(10)
	want.Rows, want.Missing = 30, 4
	if got := p.Counts(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestValuesOfAnotherKindAreInvalid(t *testing.T) {
	p, q := New(Options{Kind: Boolean}), New(Options{Kind: Timestamp})
	p.ObserveNumbers([]float64{1, 2})
	q.ObserveCategories([][]byte{[]byte("x")})
	if got := p.Counts(); got.Invalid != 2 || got.Present != 0 {
		t.Errorf("numbers in a boolean field: %+v", got)
	}
	if got := q.Counts(); got.Invalid != 1 || got.Present != 0 {
		t.Errorf("a category in a timestamp field: %+v", got)
	}
}

func TestGuideOfTheOtherSortIsIgnored(t *testing.T) {
	names := newGuide([]uint64{1}, []string{"x"})
	grid := newGuide([]uint64{keyOf(1)}, nil)
	for _, p := range []*Profile{New(Options{Kind: Number, Guide: names}), New(Options{Kind: Text, Guide: grid})} {
		if _, ok := p.Guide(); ok {
			t.Errorf("%v: the guide was taken", p.Kind())
		}
	}
}

// The promise of sizes, at the default cap and with a grid.
func TestSizeOfNumbers(t *testing.T) {
	for i, s := range shapes {
		v := drawShape(i, 200_000, 1)
		p := withGuide(t, numberProfile(0, nil, v), v, nil)
		memory, bytes := p.Size(), len(encode(t, p))
		t.Logf("%-26s memory %6d, encoded %5d bytes, shift %d, %d buckets", s.name, memory, bytes, p.hist.shift, len(p.hist.buckets))
		if memory > 200<<10 || bytes > 64<<10 {
			t.Errorf("%s: %d bytes of memory, %d encoded", s.name, memory, bytes)
		}
	}
}

func TestSizeGrowsWithDistinctValues(t *testing.T) {
	v := make([]float64, 100_000)
	for i := range v {
		v[i] = float64(i % 3)
	}
	p := numberProfile(0, nil, v)
	if n := p.Size(); n > 1024 {
		t.Errorf("three values take %d bytes", n)
	}
	if n := len(encode(t, p)); n > 128 {
		t.Errorf("three values take %d bytes encoded", n)
	}
	if n := New(Options{Kind: Number}).Size(); n > 512 {
		t.Errorf("an empty profile takes %d bytes", n)
	}
}

func TestMemoryIsFlatOverAMillionValues(t *testing.T) {
	g := newGuide([]uint64{keyOf(-1), keyOf(0), keyOf(1)}, nil)
	p := New(Options{Kind: Number, Guide: g})
	p.ObserveNumbers(drawShape(0, 100_000, 0))
	before := p.Size()
	block := drawShape(0, 100_000, 1)
	allocated := testing.AllocsPerRun(9, func() { p.ObserveNumbers(block) })
	if after := p.Size(); after > before || allocated > 0 {
		t.Errorf("%d bytes after 100,000 values, %d after a million; %v allocations in 100,000", before, after, allocated)
	}
}
