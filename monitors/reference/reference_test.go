package reference

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"driftwatch/monitors/profile"
	"driftwatch/monitors/source/file"
)

func sample(t testing.TB) *Reference {
	t.Helper()
	number := profile.New(profile.Options{Kind: profile.Number})
	number.AddRows(4)
	number.AddNull(1)
	number.ObserveNumbers([]float64{1, 2, 2.5})
	country := profile.New(profile.Options{Kind: profile.Category})
	country.AddRows(4)
	country.ObserveCategory([]byte("BR"))
	unknown := uint64(1)
	part := profile.New(profile.Options{Kind: profile.Category})
	part.AddRows(1)
	part.ObserveCategory([]byte("BR"))
	r, err := New(
		Segment{Rows: 4, UnknownRows: &unknown, Fields: []Field{{"price", number}, {"country", country}, {"empty", profile.New(profile.Options{Kind: profile.Text})}}},
		Segment{Name: "country=BR", Rows: 1, Fields: []Field{{"country", part}}}, Segment{Name: "c=x"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func encode(t testing.TB, r *Reference) []byte {
	t.Helper()
	b, err := r.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestFileKeepsLinks: a device is written to, not replaced by a file, nor is a link.
func TestFileKeepsLinks(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "target")
	if err := os.WriteFile(target, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{os.DevNull, target} {
		link := filepath.Join(dir, "link to "+filepath.Base(to))
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
		if err := sample(t).WriteFile(link); err != nil {
			t.Errorf("write to a link to %s: %v", to, err)
		}
		if got, err := os.Readlink(link); got != to {
			t.Errorf("the link to %s was replaced: %v", to, err)
		}
	}
	if is, err := IsProfile(target); !is || err != nil {
		t.Errorf("what the link points to is no profile: %v", err)
	}
}

func TestFile(t *testing.T) {
	r := sample(t)
	path := filepath.Join(t.TempDir(), "a.profile")
	if err := os.WriteFile(path, []byte("something older"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	if is, err := IsProfile(path); !is || err != nil {
		t.Errorf("it is not known as a profile file: %v", err)
	}
	back, err := ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if back.Hash != r.Hash || back.Rows != 4 || len(back.Fields) != 3 || back.Fields[0].Name != "country" || back.Profile("nothing") != nil {
		t.Errorf("%+v", back)
	}
	if mean, ok := back.Profile("price").Mean(); !ok || mean != 5.5/3 {
		t.Errorf("mean %v", mean)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if err := r.WriteFile(filepath.Join(path, "x")); err == nil {
		t.Error("a file below a file is written")
	}
	if len(back.Segments) != 2 || back.Segments[1].Name != "country=BR" || back.Segments[1].Rows != 1 || back.Segments[1].Profile("country") == nil {
		t.Errorf("segments %+v", back.Segments)
	}
	if back.UnknownRows == nil || *back.UnknownRows != 1 || back.Segments[1].UnknownRows != nil {
		t.Errorf("rows with unknown fields %v and %v, want 1 and not counted", back.UnknownRows, back.Segments[1].UnknownRows)
	}
}

func TestNamesDiffer(t *testing.T) {
	p := profile.New(profile.Options{Kind: profile.Number})
	for name, parts := range map[string][]Segment{
		"two fields of a name":      {{Fields: []Field{{"a", p}, {"a", p}}}},
		"two fields in a segment":   {{}, {Name: "s", Fields: []Field{{"a", p}, {"a", p}}}},
		"two segments of a name":    {{}, {Name: "s"}, {Name: "s"}},
		"two wholes":                {{}, {}},
		"a segment in place of all": {{Name: "s"}},
	} {
		if _, err := New(parts[0], parts[1:]...); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// seal makes the checksum of a changed body right.
func seal(body []byte) []byte {
	sum := sha256.Sum256(body)
	return append(bytes.Clone(body), sum[:]...)
}

func TestDecodeRefuses(t *testing.T) {
	whole := encode(t, sample(t))
	body := whole[:len(whole)-checksize]
	head := body[:len(magic)]
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	tests := []struct {
		name string
		b    []byte
		want string
	}{
		{"nothing", nil, "is not a profile file"},
		{"other file", []byte("a,b\n1,2\n3,4\n5,6\n7,8\n9,10\n"), "is not a profile file"},
		{"cut", whole[:len(whole)-1], "checksum"},
		{"cut short", whole[:12], "cut off"},
		{"older version", seal(join(head, []byte{1, 4, 0})), "has version 1 and this program reads version 2: make it again"},
		{"newer version", seal(join(head, []byte{3}, body[len(magic)+1:])), "has version 3 and this program reads version 2: it is of a newer driftwatch"},
		{"more at the end", seal(join(body, []byte{0})), "after its last segment"},
		{"no segments", seal(join(head, []byte{2, 0})), "ends too early"},
		{"no segments but a count", seal(join(head, []byte{2, 0xff, 0xff, 0xff, 0xff, 0x0f})), "ends too early"},
		{"no fields but a count", seal(join(head, []byte{2, 1, 0, 4, 0, 0xff, 0xff, 0xff, 0xff, 0x0f})), "ends too early"},
		{"long name", seal(join(head, []byte{2, 1, 0, 4, 0, 1, 0xff, 0xff, 0xff, 0xff, 0x0f, 'a', 0})), "ends too early"},
		{"padded number", seal(join(head, []byte{2, 1, 0, 0x84, 0, 0, 0})), "canonical"},
		{"segments in another order", seal(join(head, []byte{2, 3, 0, 0, 0, 0, 1, 'b', 0, 0, 0, 1, 'a', 0, 0, 0})), "canonical"},
		{"the whole is missing", seal(join(head, []byte{2, 1, 1, 'a', 0, 0, 0})), "stands for all rows"},
		{"empty profile", seal(join(head, []byte{2, 1, 0, 4, 0, 1, 1, 'a', 0})), `profile of field "a"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Decode(tt.b); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
	for i := range whole {
		changed := bytes.Clone(whole)
		changed[i] ^= 1 << (i % 8)
		if _, err := Decode(changed); err == nil {
			t.Errorf("a change of byte %d is not noticed", i)
		}
	}
}

// FuzzDecode: what is decoded encodes to the same bytes, whatever the body.
func FuzzDecode(f *testing.F) {
	whole := encode(f, sample(f))
	f.Add(whole[len(magic) : len(whole)-checksize])
	f.Add([]byte{2, 1, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, body []byte) {
		b := seal(append([]byte(magic), body...))
		r, err := Decode(b)
		if err != nil {
			return
		}
		if !bytes.Equal(encode(t, r), b) {
			t.Errorf("%x is decoded and encodes to other bytes", b)
		}
	})
}

// TestOrder: the order in which fields and segments are given does not matter.
func TestOrder(t *testing.T) {
	want := sample(t)
	rapid.Check(t, func(t *rapid.T) {
		whole := want.Segment
		whole.Fields = rapid.Permutation(want.Fields).Draw(t, "fields")
		got, err := New(whole, rapid.Permutation(want.Segments).Draw(t, "segments")...)
		if err != nil || got.Hash != want.Hash {
			t.Errorf("hash %s, %v; want %s", got.Hash, err, want.Hash)
		}
	})
}

func TestReader(t *testing.T) {
	untyped := func(s string) file.Cell { return file.Cell{Kind: file.Untyped, Text: []byte(s)} }
	text := func(s string) file.Cell { return file.Cell{Kind: file.String, Text: []byte(s)} }
	literal := func(s string) file.Cell { return file.Cell{Kind: file.Number, Text: []byte(s)} }
	tests := []struct {
		name   string
		cell   file.Cell
		kind   profile.Kind
		coerce bool
		number float64
		text   string // "-": invalid
	}{
		{"CSV number", untyped("-1.5e3"), profile.Number, false, -1500, ""},
		{"CSV hexadecimal", untyped("0x10"), profile.Number, false, 0, "-"},
		{"CSV infinity", untyped("Inf"), profile.Number, false, 0, "-"},
		{"CSV NaN", untyped("NaN"), profile.Number, false, 0, "-"},
		{"CSV underscore", untyped("1_000"), profile.Number, false, 0, "-"},
		{"CSV overflow", untyped("1e400"), profile.Number, false, 0, "-"},
		{"string in a number field", text("12"), profile.Number, false, 0, "-"},
		{"string that is coerced", text("12"), profile.Number, true, 12, ""},
		{"boolean in a number field", file.Cell{Kind: file.Bool, Bool: true}, profile.Number, false, 0, "-"},
		{"time of Parquet in a number field", file.Cell{Kind: file.Time, Float: 5}, profile.Number, false, 0, "-"},
		{"integer", file.Cell{Kind: file.Integer, Int: 7}, profile.Number, false, 7, ""},
		{"time of Parquet", file.Cell{Kind: file.Time, Float: 1.5}, profile.Timestamp, false, 1.5, ""},
		{"time before 1970", file.Cell{Kind: file.Time, Float: -1}, profile.Timestamp, false, 0, "-"},
		{"RFC 3339", text("2026-01-02T03:04:05.678Z"), profile.Timestamp, false, 1767323045.678, ""},
		{"milliseconds", file.Cell{Kind: file.Integer, Int: 1767323045678}, profile.Timestamp, false, 1767323045.678, ""},
		{"time without a zone", untyped("2026-01-02 03:04:05.678"), profile.Timestamp, false, 1767323045.678, ""},
		{"time with a T and no zone", text("2026-01-02T03:04:05"), profile.Timestamp, false, 1767323045, ""},
		{"time with a space and a zone", text("2026-01-02 03:04:05+00:00"), profile.Timestamp, false, 1767323045, ""},
		{"date", untyped("2026-01-02"), profile.Timestamp, false, 1767312000, ""},
		{"date before 1970", untyped("1926-01-02"), profile.Timestamp, false, 0, "-"},
		{"no date", untyped("2026-13-02"), profile.Timestamp, false, 0, "-"},
		{"CSV seconds", untyped("1767323045"), profile.Timestamp, false, 1767323045, ""},
		{"boolean as a timestamp", file.Cell{Kind: file.Bool}, profile.Timestamp, false, 0, "-"},
		{"category", text("x"), profile.Category, false, 0, "x"},
		{"number as a category", literal("1.50"), profile.Category, false, 0, "1.50"},
		{"integer as a category", file.Cell{Kind: file.Integer, Int: 1 << 62}, profile.Category, false, 0, "4611686018427387904"},
		{"boolean as a category", file.Cell{Kind: file.Bool, Bool: true}, profile.Category, false, 0, "true"},
		{"object as a category", file.Cell{Kind: file.Nested}, profile.Category, false, 0, "-"},
		{"number as text", literal("1"), profile.Text, false, 0, "-"},
		{"CSV text", untyped("1"), profile.Text, false, 0, "1"},
		{"boolean", file.Cell{Kind: file.Bool}, profile.Boolean, false, 0, "false"},
		{"CSV boolean", untyped("TRUE"), profile.Boolean, false, 0, "true"},
		{"CSV 0", untyped("0"), profile.Boolean, false, 0, "false"},
		{"string as a boolean", text("true"), profile.Boolean, false, 0, "-"},
		{"string coerced to a boolean", text("true"), profile.Boolean, true, 0, "true"},
		{"CSV maybe", untyped("maybe"), profile.Boolean, false, 0, "-"},
	}
	for _, kind := range []profile.Kind{profile.Number, profile.Timestamp, profile.Boolean, profile.Category} {
		r := reader{spec: FieldSpec{Kind: kind}}
		out := r.column([]file.Cell{untyped("NA"), untyped("NULL"), text("NA")})
		if want := map[bool]int{true: 2}[kind != profile.Category]; out.nulls != want {
			t.Errorf("%d of NA and NULL are null in a %s, want %d", out.nulls, kind, want)
		}
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := reader{spec: FieldSpec{Kind: tt.kind, Coerce: tt.coerce}}
			out := r.column([]file.Cell{{}, tt.cell, {Kind: file.Null}})
			if out.missing != 1 || out.nulls != 1 || out.invalid+len(out.numbers)+len(out.texts) != 1 {
				t.Fatalf("%+v", out)
			}
			switch {
			case tt.text == "-":
				if out.invalid != 1 {
					t.Errorf("it is valid: %+v", out)
				}
			case tt.kind.Numeric():
				if len(out.numbers) != 1 || out.numbers[0] != tt.number {
					t.Errorf("numbers %v, want %v", out.numbers, tt.number)
				}
			case len(out.texts) != 1 || string(out.texts[0]) != tt.text:
				t.Errorf("texts %q, want %q", out.texts, tt.text)
			}
		})
	}
}

// TestGuides: a file of many values gets a grid, a watch list, and the same
// bytes whatever the order of its rows; a file judged against it counts into them.
func TestGuides(t *testing.T) {
	var forward, backward strings.Builder
	forward.WriteString("x,name\n")
	backward.WriteString("x,name\n")
	line := func(b *strings.Builder, i int) {
		b.WriteString(strings.Repeat("1", 1+i%7) + "." + strings.Repeat("3", i%5) + string(rune('0'+i%10)) + string(rune('0'+i/10%10)) + string(rune('0'+i/100%10)) +
			string(rune('0'+i/1000%10)) + ",n" + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676%26)) + "\n")
	}
	const n = 6000
	for i := range n {
		line(&forward, i)
		line(&backward, n-1-i)
	}
	dir := t.TempDir()
	fields := []FieldSpec{{Name: "x", Kind: profile.Number, Buckets: 256}, {Name: "name", Kind: profile.Category, Buckets: 256}, {Name: "gone", Kind: profile.Number}}
	var refs []*Reference
	for name, text := range map[string]string{"f.csv": forward.String(), "b.csv": backward.String()} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Load(path, fields, nil)
		if err != nil {
			t.Fatal(err)
		}
		refs = append(refs, r)
	}
	if refs[0].Hash != refs[1].Hash || len(refs[0].Fields) != 2 || refs[0].Rows != n {
		t.Fatalf("%+v\n%+v", refs[0], refs[1])
	}
	x, ok := refs[0].Profile("x").Guide()
	if !ok || len(x.Edges()) < 500 || refs[0].Profile("x").Exact() {
		t.Errorf("the number has no grid")
	}
	names, ok := refs[0].Profile("name").Guide()
	if !ok || len(names.Names()) < 500 {
		t.Errorf("the category has no watch list")
	}
	in, err := file.Open([]string{filepath.Join(dir, "b.csv")}, file.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	fields[0].Guide, fields[1].Guide = x, names
	judged, err := Judged(in, fields)
	if err != nil || judged.Hash != refs[0].Hash {
		t.Errorf("the same data judged against themselves are other profiles: %v", err)
	}
}
