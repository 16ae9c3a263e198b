package profile

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func remembering(kind Kind, buckets int, m *Memory) *Profile {
	return New(Options{Kind: kind, Buckets: buckets, Memory: m})
}

// TestRememberedValuesNeedNoPass: a guide made of what was remembered is that of
// further passes over the values.
func TestRememberedValuesNeedNoPass(t *testing.T) {
	for i, s := range shapes {
		for _, n := range []int{1, 900, 60_000} {
			t.Run(fmt.Sprintf("%s/%d", s.name, n), func(t *testing.T) {
				v := drawShape(i, n, 5)
				p := remembering(Number, 64, NewMemory(1<<20))
				p.ObserveNumbers(v)
				p.AddRows(uint64(n))
				if NewGuideBuilder(p.Clone()).NeedsPass() == p.Exact() {
					t.Fatal("a clone remembers")
				}
				b := NewGuideBuilder(p)
				if b.NeedsPass() {
					t.Fatal("it needs a pass")
				}
				want := withGuide(t, numberProfile(64, nil, v), v, nil)
				if !bytes.Equal(encode(t, b.Profile()), encode(t, want)) {
					t.Error("another guide than by passes")
				}
			})
		}
	}
}

func TestRememberedCategories(t *testing.T) {
	for _, distinct := range []int{10, 300, 100_000} {
		t.Run(fmt.Sprint(distinct), func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, 4))
			v := make([][]byte, 70_000)
			for i := range v {
				v[i] = fmt.Appendf(nil, "%d", int(float64(distinct)*r.Float64()*r.Float64()))
			}
			p := remembering(Category, 64, NewMemory(1<<20))
			p.ObserveCategories(v)
			p.AddRows(uint64(len(v)))
			got := withGuide(t, p, nil, v) // names take a pass
			if want := withGuide(t, categoryProfile(64, nil, v), nil, v); !bytes.Equal(encode(t, got), encode(t, want)) {
				t.Error("another watch list than by passes")
			}
		})
	}
	ids := remembering(Text, 64, NewMemory(1<<20))
	for i := range 70_000 {
		ids.ObserveCategory(fmt.Appendf(nil, "id %d", i))
	}
	if NewGuideBuilder(ids).NeedsPass() {
		t.Error("ids, of which none is frequent, need a pass")
	}
}

// TestMemoryIsBounded: what has no room is searched by passes, and the room of
// one is given to the next.
func TestMemoryIsBounded(t *testing.T) {
	const room = 3 * chunkKeys
	m := NewMemory(8 * room)
	v := drawShape(0, room, 7)
	first, second := remembering(Number, 64, m), remembering(Number, 64, m)
	first.ObserveNumbers(v[:2*chunkKeys])
	second.ObserveNumbers(v)
	if !NewGuideBuilder(second).NeedsPass() {
		t.Error("five chunks had room in three")
	}
	if NewGuideBuilder(first).NeedsPass() {
		t.Error("the one that had room forgot")
	}
	third := remembering(Number, 64, m)
	third.ObserveNumbers(v)
	if NewGuideBuilder(third).NeedsPass() {
		t.Error("the room was not given back")
	}
	if left := m.chunks.Load(); left != room/chunkKeys {
		t.Errorf("room for %d chunks is left of %d", left, room/chunkKeys)
	}
}

func TestMergedProfileForgets(t *testing.T) {
	v := drawShape(0, 10_000, 8)
	p := remembering(Number, 64, NewMemory(1<<20))
	p.ObserveNumbers(v[:5000])
	if err := p.Merge(numberProfile(64, nil, v[5000:])); err != nil {
		t.Fatal(err)
	}
	p.AddRows(5000)
	got := withGuide(t, p, v, nil)
	if want := withGuide(t, numberProfile(64, nil, v), v, nil); !bytes.Equal(encode(t, got), encode(t, want)) {
		t.Error("the guide is not that of all the values")
	}
}

func TestSortKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOf(rapid.OneOf(rapid.Uint64(), rapid.Uint64Range(0, 5000), rapid.Just(^uint64(0)))).Draw(t, "keys")
		want := slices.Sorted(slices.Values(keys))
		if got := sortKeys(slices.Clone(keys)); !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func BenchmarkSortKeys(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	keys := make([]uint64, 1_000_000)
	for i := range keys {
		keys[i] = keyOf(r.NormFloat64())
	}
	scratch := make([]uint64, len(keys))
	b.ReportAllocs()
	for b.Loop() {
		copy(scratch, keys)
		sortKeys(scratch)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(keys)), "ns/key")
}
