package decode

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

var fuzzSeeds = []string{
	`{}`, record, `{"a":{"b":[1,{"c":"\ud83d\ude00"}]},"x":-0.5e+10}`, `{"a":1,"\u0061":2}`, "{\"a\":\"\xff\"}", `{"a":"\ud800"}`,
	`{"a":[0,1,{"a":[]}],"b":null,"c":{"d":{"e":true,"e":false}}}`, ` {"a" : 1 , "b": [ ] } `, `{"a":01}`, `{"a":"12345678\"901234567"}`,
	`[]`, `{"a":1}x`, "{\"a\":\"\u2028é\x7f\"}", `{"a\\n":1,"a\n":2,"b.c":3}`, `{"":{"":1}}`, `{"x":{"y":1,"y":2}}`,
}

var fuzzPaths = []string{"a", "b", "a.b", "a.1", "a.2.a", "c.d.e", "x", "a\n", `b\.c`, ".", "ts", "country", "x.y"}

// FuzzJSON holds the decoder against jsontext: they accept the same records,
// and see the same values at the same paths.
func FuzzJSON(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		got, err := decodeAll(t, fuzzPaths, string(payload))
		if e, ok := err.(*Error); ok && e.Reason == "depth" {
			return
		}
		want, wantErr := oracle(payload)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q: error %v, jsontext %v", payload, err, wantErr)
		}
		if err != nil {
			return
		}
		for _, p := range fuzzPaths {
			if got.leaves[p] != want[p] {
				t.Errorf("%q: %s is %q, jsontext %q", payload, p, got.leaves[p], want[p])
			}
		}
		for _, p := range got.unknown {
			if _, ok := want[p]; !ok {
				t.Errorf("%q: unknown path %q is not in the record", payload, p)
			}
		}
	})
}

// oracle returns every value of a record by its path.
func oracle(payload []byte) (map[string]string, error) {
	dec := jsontext.NewDecoder(bytes.NewReader(payload))
	if dec.PeekKind() != '{' {
		return nil, fmt.Errorf("not an object")
	}
	values := map[string]string{}
	if err := walk(dec, nil, true, values); err != nil {
		return nil, err
	}
	if _, err := dec.ReadToken(); err != io.EOF {
		return nil, fmt.Errorf("more than one value")
	}
	return values, nil
}

func walk(dec *jsontext.Decoder, path []byte, top bool, values map[string]string) error {
	tok, err := dec.ReadToken()
	if err != nil {
		return err
	}
	switch tok.Kind() {
	case '{', '[':
		values[string(path)] = map[jsontext.Kind]string{'{': "an object", '[': "an array"}[tok.Kind()]
		object := tok.Kind() == '{'
		for i := 0; dec.PeekKind() != '}' && dec.PeekKind() != ']'; i++ {
			key := strconv.Itoa(i)
			if object {
				if tok, err = dec.ReadToken(); err != nil {
					return err
				}
				key = tok.String()
			}
			if err := walk(dec, AppendKey(path[:len(path):len(path)], key, top), false, values); err != nil {
				return err
			}
		}
		_, err = dec.ReadToken()
		return err
	case '"':
		values[string(path)] = fmt.Sprintf("a string %q", tok.String())
	case '0':
		values[string(path)] = fmt.Sprintf("a number %q", tok.String())
	default:
		values[string(path)] = tok.String()
	}
	return nil
}

// FuzzFloat holds ParseFloat against strconv.
func FuzzFloat(f *testing.F) {
	for _, s := range []string{"0", "-0", "1.5", "1e22", "9007199254740993", "1e400", "1e-400", "0.1e-5", "12345678901234567890123", "00012.500", ".5", "5.",
		"1_0", "0x1p3", "inf", "NaN", "1e", "+1", "-", "", ".", "1e99999999999999999999", "4.9e-324", "2.4703282292062328e-324", "1.7976931348623159e308"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := ParseFloat([]byte(s))
		want, err := strconv.ParseFloat(s, 64)
		wantOK := err == nil && !strings.ContainsAny(s, "_xXnNfF")
		if ok != wantOK || ok && math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("%q is %v %v, strconv %v %v", s, got, ok, want, err)
		}
	})
}
