package profile

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	tests := []struct{ name, value, want string }{
		{"empty", "", ""},
		{"short", "Zürich", "Zürich"},
		{"64 bytes", strings.Repeat("a", 64), strings.Repeat("a", 64)},
		{"65 bytes", strings.Repeat("a", 65), strings.Repeat("a", 64)},
		{"cut between characters", "a" + strings.Repeat("ä", 40), "a" + strings.Repeat("ä", 31)},
		{"not UTF-8", "a\xffb", "a�b"},
		{"grows when made valid", strings.Repeat("\xff", 64), strings.Repeat("�", 21)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := New(Options{Kind: Text})
			p.ObserveCategory([]byte(test.value))
			p.ObserveCategory([]byte(test.value))
			s := p.Sample()
			if len(s) != 1 || s[0].Name != test.want || s[0].Count != 2 {
				t.Errorf("got %+v, want %q", s, test.want)
			}
		})
	}
}

// Colliding values cannot be found, so the choice of a name is tested by itself.
func TestNameOfCollidingValues(t *testing.T) {
	long := strings.Repeat("a", 70)
	tests := []struct{ name, value, want string }{
		{"b", "a", "a"}, {"a", "b", "a"}, {"a", "a", "a"}, {strings.Repeat("a", 64), long, strings.Repeat("a", 64)}, {"", "x", ""},
	}
	for _, test := range tests {
		if got := lesserName(test.name, []byte(test.value)); got != test.want {
			t.Errorf("%q and %q: %q", test.name, test.value, got)
		}
	}
}

func TestSampleBeyondTheCap(t *testing.T) {
	v := categories(20_000, 5000, 1)
	counts := byHash(v)
	var hashes []uint64
	for h := range counts {
		hashes = append(hashes, h)
	}
	slices.Sort(hashes)
	s := categoryProfile(100, nil, v).Sample()
	if len(s) != sampleSize {
		t.Fatalf("%d named", len(s))
	}
	for i, n := range s {
		if n.Hash != hashes[i] || n.Count != counts[n.Hash] || hashOf([]byte(n.Name)) != n.Hash {
			t.Errorf("entry %d is %+v, want hash %d, count %d", i, n, hashes[i], counts[hashes[i]])
		}
	}
}

func TestWatchedNamesAreCountedAtAnyCardinality(t *testing.T) {
	reference := [][]byte{[]byte("BR"), []byte("PT"), []byte("PT")}
	g, _ := withGuide(t, categoryProfile(0, nil, reference), nil, reference).Guide()
	p := New(Options{Kind: Category, Guide: g})
	for i := range 30_000 {
		p.ObserveCategory([]byte("BR"))
		p.ObserveCategory(strconv.AppendInt([]byte("new "), int64(i), 10))
	}
	cats, exact, err := AlignCategories(categoryProfile(0, nil, reference), p)
	if err != nil || exact {
		t.Fatal(exact, err)
	}
	watched := cats[:2]
	slices.SortFunc(watched, func(a, b CategoryCell) int { return strings.Compare(a.Name, b.Name) })
	want := []CategoryCell{
		{Hash: hashOf([]byte("BR")), Name: "BR", R: 1, C: 30_000},
		{Hash: hashOf([]byte("PT")), Name: "PT", R: 2},
	}
	if !slices.Equal(watched, want) {
		t.Errorf("got %+v", watched)
	}
	var rest uint64
	for _, c := range cats[2:] {
		if c.R != 0 {
			t.Errorf("%+v is in the reference", c)
		}
		rest += c.C
	}
	if rest != 30_000 {
		t.Errorf("%d others", rest)
	}
}

// Vectors of the algorithm's specification.
func TestHash(t *testing.T) {
	tests := []struct {
		value string
		want  uint64
	}{
		{"", 0xef46db3751d8e999},
		{"a", 0xd24ec4f1a98c6e5b},
		{"abc", 0x44bc2cf5ad770999},
		{"The quick brown fox jumps over the lazy dog", 0x0b242d361fda71bc},
	}
	for _, test := range tests {
		if got := hashOf([]byte(test.value)); got != test.want {
			t.Errorf("%q: %#x, want %#x", test.value, got, test.want)
		}
	}
}
