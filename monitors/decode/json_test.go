package decode

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// recorder keeps what a decoder visits, as text.
type recorder struct {
	paths   []string
	leaves  map[string]string
	unknown []string
}

func (r *recorder) Leaf(i int, v Value) {
	if _, ok := r.leaves[r.paths[i]]; ok {
		panic("visited twice: " + r.paths[i])
	}
	r.leaves[r.paths[i]] = show(v)
}

func (r *recorder) Unknown(path []byte) { r.unknown = append(r.unknown, string(path)) }

func show(v Value) string {
	switch v.Type {
	case Bool:
		return fmt.Sprint(v.Bool)
	case Number, String:
		return fmt.Sprintf("%s %q", typeNames[v.Type], v.Text)
	default:
		return typeNames[v.Type]
	}
}

// decodeAll decodes payload three times with one decoder, so that what it
// learned from a record is used for the next, and checks that nothing changes.
func decodeAll(t *testing.T, paths []string, payload string) (*recorder, error) {
	t.Helper()
	d, err := NewJSON(paths)
	if err != nil {
		t.Fatal(err)
	}
	var first *recorder
	var firstErr error
	for i := range 3 {
		r := &recorder{paths: paths, leaves: map[string]string{}}
		err := d.Decode([]byte(payload), r)
		if i == 0 {
			first, firstErr = r, err
			continue
		}
		if fmt.Sprint(err) != fmt.Sprint(firstErr) {
			t.Fatalf("decode %d of %q: error %v, first %v", i, payload, err, firstErr)
		}
		if err == nil && (fmt.Sprint(r.leaves) != fmt.Sprint(first.leaves) || !slices.Equal(r.unknown, first.unknown)) {
			t.Fatalf("decode %d of %q: %v %v, first %v %v", i, payload, r.leaves, r.unknown, first.leaves, first.unknown)
		}
	}
	return first, firstErr
}

func TestJSONLeaves(t *testing.T) {
	tests := []struct {
		name, payload string
		paths         []string
		want          map[string]string
		unknown       []string
	}{
		{"types", `{"n":1.50,"s":"x","t":true,"f":false,"z":null,"o":{"q":1},"a":[1]}`,
			[]string{"n", "s", "t", "f", "z", "o", "a"},
			map[string]string{"n": `a number "1.50"`, "s": `a string "x"`, "t": "true", "f": "false", "z": "null", "o": "an object", "a": "an array"}, nil},
		{"white space", " { \"n\" :\t1 ,\r\n\"s\" : \"x\" } ", []string{"n", "s"},
			map[string]string{"n": `a number "1"`, "s": `a string "x"`}, nil},
		{"nested", `{"customer":{"age":7,"home":{"city":"Rio"}},"items":[{"price":1},{"price":2}]}`,
			[]string{"customer.age", "customer.home.city", "items.1.price"},
			map[string]string{"customer.age": `a number "7"`, "customer.home.city": `a string "Rio"`, "items.1.price": `a number "2"`}, nil},
		{"object and its member", `{"a":{"b":1,"c":2}}`, []string{"a", "a.b"},
			map[string]string{"a": "an object", "a.b": `a number "1"`}, []string{"a.c"}},
		{"array and its element", `{"a":[5,6]}`, []string{"a", "a.1", "a.7"},
			map[string]string{"a": "an array", "a.1": `a number "6"`}, nil},
		{"unknown at its highest name", `{"a":1,"x":{"y":{"z":1}},"b":{"c":1,"w":[1,{}]}}`, []string{"a", "b.c"},
			map[string]string{"a": `a number "1"`, "b.c": `a number "1"`}, []string{"x", "b.w"}},
		{"unknown member of an element", `{"a":[{"p":1,"q":2},{"r":3}]}`, []string{"a.0.p"},
			map[string]string{"a.0.p": `a number "1"`}, []string{"a.0.q"}},
		{"scalar for an object", `{"a":5}`, []string{"a.b"}, map[string]string{}, []string{"a"}},
		{"null for an object", `{"a":null}`, []string{"a.b"}, map[string]string{}, nil},
		{"array for an object", `{"a":[]}`, []string{"a.b"}, map[string]string{}, []string{"a"}},
		{"escaped key", `{"\u0061\n":1,"b":{"\"":2}}`, []string{"a\n", `b."`},
			map[string]string{"a\n": `a number "1"`, `b."`: `a number "2"`}, nil},
		{"key that looks like an escape", `{"a\\n":1,"a\n":2}`, []string{`a\\n`},
			map[string]string{`a\\n`: `a number "1"`}, []string{"a\n"}},
		{"dots in keys", `{"a.b":1,"a":{"b":2},"c.d":3}`, []string{`a\.b`, "a.b"},
			map[string]string{`a\.b`: `a number "1"`, "a.b": `a number "2"`}, []string{`c\.d`}},
		{"escapes in values", `{"s":"\u00e9\ud83d\ude00\\\/\"\b\f\n\r\t","r":"é"}`, []string{"s", "r"},
			map[string]string{"s": fmt.Sprintf("a string %q", "é😀\\/\"\b\f\n\r\t"), "r": `a string "é"`}, nil},
		{"empty key", `{"":{"":1}}`, []string{"."}, map[string]string{".": `a number "1"`}, nil},
		{"unknown below an empty key", `{"":{"":1,"x":2}}`, []string{"."}, map[string]string{".": `a number "1"`}, []string{".x"}},
		{"nothing asked", `{"a":1,"b":2}`, nil, map[string]string{}, []string{"a", "b"}},
		{"long keys and values", `{"` + strings.Repeat("k", 300) + `":"` + strings.Repeat("v", 300) + `"}`, []string{"x"},
			map[string]string{}, []string{strings.Repeat("k", 300)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decodeAll(t, tt.paths, tt.payload)
			if err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(got.leaves) != fmt.Sprint(tt.want) {
				t.Errorf("leaves %v, want %v", got.leaves, tt.want)
			}
			if !slices.Equal(got.unknown, tt.unknown) {
				t.Errorf("unknown %q, want %q", got.unknown, tt.unknown)
			}
		})
	}
}

func TestJSONErrors(t *testing.T) {
	nested := func(n int) string {
		return `{"x":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + "}"
	}
	tests := []struct{ name, payload, reason string }{
		{"empty", "", "empty"},
		{"white space", " \n", "empty"},
		{"array", "[]", "json"},
		{"number", "5", "json"},
		{"byte order mark", "\xef\xbb\xbf{}", "json"},
		{"cut", `{"a":1`, "json"},
		{"cut string", `{"a":"b`, "json"},
		{"cut escape", `{"a":"\`, "json"},
		{"after the object", `{"a":1}{}`, "json"},
		{"trailing comma", `{"a":1,}`, "json"},
		{"leading zero", `{"a":01}`, "json"},
		{"plus", `{"a":+1}`, "json"},
		{"bare point", `{"a":1.}`, "json"},
		{"NaN", `{"a":NaN}`, "json"},
		{"hexadecimal", `{"a":0x1}`, "json"},
		{"control character", "{\"a\":\"\x01\"}", "json"},
		{"bad escape", `{"a":"\x"}`, "json"},
		{"bad \\u", `{"a":"\u12g4"}`, "json"},
		{"lone high surrogate", `{"a":"\ud800"}`, "utf8"},
		{"lone low surrogate", `{"a":"\udc00x"}`, "utf8"},
		{"two high surrogates", `{"a":"\ud800\ud800"}`, "utf8"},
		{"invalid UTF-8 value", "{\"a\":\"\xff\"}", "utf8"},
		{"invalid UTF-8 skipped", "{\"x\":[\"\xc0\xaf\"]}", "utf8"},
		{"invalid UTF-8 key", "{\"\xed\xa0\x80\":1}", "utf8"},
		{"duplicate", `{"a":1,"a":2}`, "duplicate"},
		{"duplicate by escape", `{"a":1,"\u0061":2}`, "duplicate"},
		{"duplicate unknown", `{"x":1,"x":2}`, "duplicate"},
		{"duplicate in skipped object", `{"x":{"y":{"z":1,"z":2}}}`, "duplicate"},
		{"duplicate in a field's object", `{"o":{"z":1,"\u007a":2}}`, "duplicate"},
		{"duplicate long name", `{"` + strings.Repeat("k", 200) + `":1,"` + strings.Repeat("k", 200) + `":1}`, "duplicate"},
		{"too deep", nested(maxDepth + 1), "depth"},
		{"far too deep", strings.Repeat(`{"o":`, 1e6), "depth"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := decodeAll(t, []string{"a", "o"}, tt.payload)
			e, ok := err.(*Error)
			if !ok || e.Reason != tt.reason {
				t.Fatalf("error %v, want reason %s", err, tt.reason)
			}
			if e.Offset < 0 || e.Offset > len(tt.payload) || e.Detail == "" {
				t.Errorf("offset %d of %d, detail %q", e.Offset, len(tt.payload), e.Detail)
			}
		})
	}
	if _, err := decodeAll(t, nil, nested(maxDepth)); err != nil {
		t.Errorf("depth %d: %v", maxDepth, err)
	}
}

// TestJSONKeyOrder checks records whose keys come in another order each time,
// or not at all.
func TestJSONKeyOrder(t *testing.T) {
	paths := []string{"a", "b", "c"}
	d, err := NewJSON(paths)
	if err != nil {
		t.Fatal(err)
	}
	for _, keys := range []string{"abcx", "xcba", "b", "", "cab", "abcx", "ax", "xyabc"} {
		var members []string
		for _, k := range keys {
			members = append(members, fmt.Sprintf("%q:%q", string(k), string(k)))
		}
		r := &recorder{paths: paths, leaves: map[string]string{}}
		if err := d.Decode([]byte("{"+strings.Join(members, ",")+"}"), r); err != nil {
			t.Fatalf("%s: %v", keys, err)
		}
		if got := len(r.leaves) + len(r.unknown); got != len(keys) {
			t.Errorf("%s: %v %v", keys, r.leaves, r.unknown)
		}
		for k, v := range r.leaves {
			if v != fmt.Sprintf("a string %q", k) {
				t.Errorf("%s: %s is %s", keys, k, v)
			}
		}
	}
}

// TestJSONManyNames checks that an object of 200,000 names, at a place that
// paths lead to and at one they do not, is read and its duplicate found.
func TestJSONManyNames(t *testing.T) {
	var b strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&b, `"%d":1,`, i)
	}
	for _, format := range []string{"{%s%q:1}", `{"x":{%s%q:1}}`} {
		for name, reason := range map[string]string{"last": "", "199999": "duplicate", "0": "duplicate"} {
			_, err := decodeAll(t, []string{"a"}, fmt.Sprintf(format, b.String(), name))
			got := ""
			if e, ok := err.(*Error); ok {
				got = e.Reason
			}
			if got != reason {
				t.Errorf("%.8s with %s: %v, want %q", format, name, err, reason)
			}
		}
	}
}

func TestDiscover(t *testing.T) {
	d := Discover(4)
	r := &recorder{leaves: map[string]string{}}
	for _, p := range []string{`{"a":1}`, `{"b":{"c":true,"e":{}},"a":2}`, `{"b":{"c":null,"d.e":[1]}}`, `{"b":5}`} {
		clear(r.leaves)
		if err := d.Decode([]byte(p), discovering{d, r}); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"a", "b.c", `b.d\.e`, "b"}; !slices.Equal(d.Paths(), want) {
		t.Errorf("paths %q, want %q", d.Paths(), want)
	}
	if r.leaves["b"] != `a number "5"` || len(r.unknown) > 0 {
		t.Errorf("leaves %v, unknown %v", r.leaves, r.unknown)
	}
	err := d.Decode([]byte(`{"f":1}`), discovering{d, r})
	if e, ok := err.(*Error); !ok || e.Reason != "fields" {
		t.Errorf("a fifth field: %v", err)
	}
}

// discovering looks paths up as they are discovered.
type discovering struct {
	d *JSON
	r *recorder
}

func (v discovering) Leaf(i int, leaf Value) {
	v.r.paths = v.d.Paths()
	v.r.Leaf(i, leaf)
}
func (v discovering) Unknown(path []byte) { v.r.Unknown(path) }

func TestPaths(t *testing.T) {
	for _, bad := range [][]string{{"a", "a"}, {`a\b`}, {`a\`}, {"\xff"}} {
		if _, err := NewJSON(bad); err == nil {
			t.Errorf("paths %q are accepted", bad)
		}
	}
	for _, keys := range [][]string{{"a"}, {"a", "b"}, {"a.b", `c\d`, ""}, {"", ""}} {
		var path []byte
		for i, k := range keys {
			path = AppendKey(path, k, i == 0)
		}
		if got, err := SplitPath(string(path)); err != nil || !slices.Equal(got, keys) {
			t.Errorf("path %q of %q is split into %q, %v", path, keys, got, err)
		}
	}
	if _, err := New("xml", nil); err == nil {
		t.Error("format xml is known")
	}
}
