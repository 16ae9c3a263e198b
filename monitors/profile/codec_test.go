package profile

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// specimens are profiles of every form that the encoding has.
func specimens(t tester) []*Profile {
	t.Helper()
	// Made with integers only: the same on every processor.
	var numbers []float64
	var names [][]byte
	for i := range uint64(2000) {
		numbers = append(numbers, math.Ldexp(float64(int64(mix(i))>>11), int(mix(i+2000)%40)-60))
		names = append(names, strconv.AppendUint(nil, mix(i)%500*(mix(i+1)%3), 10))
	}
	number := numberProfile(16, nil, numbers)
	number.AddNull(300)
	category := categoryProfile(16, nil, names)
	return []*Profile{
		New(Options{Kind: Boolean}),
		New(Options{Kind: Timestamp, Buckets: 1}),
		numberProfile(0, nil, awkward),
		numberProfile(1, nil, awkward),
		number,
		withGuide(t, number, numbers, nil),
		withGuide(t, numberProfile(0, nil, numbers), numbers, nil),
		categoryProfile(0, nil, names),
		category,
		withGuide(t, category, nil, names),
		withGuide(t, categoryProfile(0, nil, names), nil, names),
	}
}

func TestRoundTrip(t *testing.T) {
	for i, p := range specimens(t) {
		b := encode(t, p)
		q, err := Decode(b)
		if err != nil {
			t.Errorf("specimen %d: %v", i, err)
			continue
		}
		if !bytes.Equal(encode(t, q), b) {
			t.Errorf("specimen %d: other bytes after decoding", i)
		}
		more := p.Clone()
		if err := more.Merge(q); err != nil {
			t.Fatal(err)
		}
		if err := q.Merge(p); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(encode(t, q), encode(t, more)) {
			t.Errorf("specimen %d: a decoded profile merges otherwise", i)
		}
	}
}

func TestRoundTripOfRandomNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SliceOfN(drawNumber(), 0, 100).Draw(t, "values")
		b := encode(t, numberProfile(rapid.IntRange(1, 40).Draw(t, "buckets"), nil, v))
		q, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(encode(t, q), b) {
			t.Fatal("other bytes after decoding")
		}
	})
}

func TestAppendBinaryAppends(t *testing.T) {
	p := numberProfile(4, nil, awkward)
	b, err := p.AppendBinary([]byte("before"))
	if err != nil || !bytes.Equal(b, append([]byte("before"), encode(t, p)...)) {
		t.Errorf("got %x, %v", b, err)
	}
}

func TestEncodeRefuses(t *testing.T) {
	if _, err := New(Options{}).AppendBinary(nil); err == nil || err.Error() != "encode profile: no field has kind 0" {
		t.Errorf("no kind: %v", err)
	}
	p := New(Options{Kind: Number})
	p.AddRows(1 << 60)
	if _, err := p.AppendBinary(nil); err == nil {
		t.Error("too many rows: no error")
	}
}

func TestEveryFlippedByteIsRefused(t *testing.T) {
	for i, p := range specimens(t) {
		b := encode(t, p)
		for at := range b {
			for _, bits := range []byte{1, 0x80, 0xff} {
				b[at] ^= bits
				if _, err := Decode(b); err == nil {
					t.Fatalf("specimen %d: byte %d ^ %#x is accepted", i, at, bits)
				}
				b[at] ^= bits
			}
		}
	}
}

func TestEveryCutIsRefused(t *testing.T) {
	for i, p := range specimens(t) {
		b := encode(t, p)
		for n := range b {
			if _, err := Decode(b[:n]); err == nil {
				t.Fatalf("specimen %d: the first %d bytes are accepted", i, n)
			}
		}
		if _, err := Decode(append(b, 0)); err == nil {
			t.Fatalf("specimen %d: a byte more is accepted", i)
		}
	}
}

// sealed gives a body a valid checksum.
func sealed(body []byte) []byte {
	return binary.LittleEndian.AppendUint32(slices.Clone(body), crc32.Checksum(body, castagnoli))
}

func TestDecodeErrors(t *testing.T) {
	// An exact number profile: header, cap, 6 counts, shift, buckets, sums, guide.
	header := []byte{'D', 'W', 'P', 1, byte(Number)}
	counts := []byte{0, 0, 0, 0, 0, 0}
	noSums, noGuide := []byte{0, 0, 0, 0, 0, 0}, []byte{0}
	body := func(parts ...[]byte) []byte { return sealed(slices.Concat(parts...)) }
	zero := binary.AppendUvarint(nil, keyOf(0))
	tests := []struct {
		name, want string
		b          []byte
	}{
		{"nothing", "not a profile", nil},
		{"another file", "not a profile", []byte("PAR1 and so on")},
		{"newer version", "its version is 2, this program reads version 1", []byte{'D', 'W', 'P', 2, 1, 0, 0, 0, 0}},
		{"header only", "it ends too early", header},
		{"checksum", "damaged: the checksum differs", append(slices.Clone(header), 1, 2, 3, 4, 5)},
		{"kind", "no field has kind 9", sealed([]byte{'D', 'W', 'P', 1, 9})},
		{"no cap", errBucket.Error(), body(header, []byte{0}, counts, []byte{0, 0}, noSums, noGuide)},
		{"cap", errTooLarge.Error(), body(header, []byte{0xff, 0xff, 0xff, 0x7f}, counts, []byte{0, 0}, noSums, noGuide)},
		{"long zero", errMinimal.Error(), body(header, []byte{16}, []byte{0x80, 0, 0, 0, 0, 0, 0}, []byte{0, 0}, noSums, noGuide)},
		{"shift without need", errShift.Error(), body(header, []byte{16}, counts, []byte{3, 0}, noSums, noGuide)},
		{"shift", errShift.Error(), body(header, []byte{16}, counts, []byte{65, 0}, noSums, noGuide)},
		{"more buckets than bytes", errShort.Error(), body(header, []byte{16}, counts, []byte{0, 16})},
		{"infinity", errBucket.Error(), body(header, []byte{16}, counts, []byte{0, 1}, binary.AppendUvarint(nil, greatestKey+1), []byte{1}, noSums, noGuide)},
		{"empty bucket", errBucket.Error(), body(header, []byte{16}, counts, []byte{0, 1}, zero, []byte{0}, noSums, noGuide)},
		{"same bucket", errAscending.Error(), body(header, []byte{16}, counts, []byte{0, 2}, zero, []byte{1, 0, 1}, noSums, noGuide)},
		{"sum of nothing", errSum.Error(), body(header, []byte{16}, counts, []byte{0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, noGuide)},
		{"sum of zero", errSum.Error(), body(header, []byte{16}, counts, []byte{0, 1}, zero, []byte{1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, noGuide)},
		{"empty guide", errTally.Error(), body(header, []byte{16}, counts, []byte{0, 0}, noSums, []byte{1, 0})},
		{"left over", errRest.Error(), body(header, []byte{16}, counts, []byte{0, 0}, noSums, noGuide, []byte{0})},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Decode(test.b)
			if err == nil || !strings.HasSuffix(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "decode profile: ") {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
	if _, err := Decode(body(header, []byte{16}, counts, []byte{0, 0}, noSums, noGuide)); err != nil {
		t.Errorf("the frame of these tests is not valid: %v", err)
	}
}

// Bytes all over the body are changed in turn under a valid checksum: what is
// accepted must be canonical and must not trip any of its readers.
func TestForgedBytes(t *testing.T) {
	for _, p := range specimens(t) {
		b := encode(t, p)
		body := b[:len(b)-4]
		for at := 0; at < len(body); at += 1 + len(body)/300 {
			for _, bits := range []byte{1, 0x7f, 0x80} {
				body[at] ^= bits
				checkDecode(t, sealed(body))
				body[at] ^= bits
			}
		}
	}
}

// checkDecode decodes and, if the bytes are accepted, uses the profile.
func checkDecode(t tester, b []byte) {
	t.Helper()
	p, err := Decode(b)
	if err != nil {
		return
	}
	if !bytes.Equal(encode(t, p), b) {
		t.Fatalf("accepted, but not canonical:\n%x\n%x", b, encode(t, p))
	}
	if n := p.Size(); n > 64*len(b)+3*hllRegisters {
		t.Fatalf("%d bytes became %d", len(b), n)
	}
	var sum uint64
	for _, c := range p.Cells() {
		sum += c.R
	}
	p.Sample()
	if _, ok := p.Quantile(0.3); ok && sum != p.Counts().Present {
		t.Fatalf("cells hold %d of %d values", sum, p.Counts().Present)
	}
	p.Mean()
	p.StdDev()
	p.Distinct()
	q := p.Clone()
	if err := q.Merge(p); err != nil {
		t.Fatal(err)
	}
	if !p.Kind().Numeric() {
		if _, _, err := AlignCategories(p, q); err != nil {
			t.Fatal(err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, p := range specimens(f) {
		b := encode(f, p)
		f.Add(b[:len(b)-4])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		checkDecode(t, body)
		checkDecode(t, sealed(body))
	})
}

// Stored profiles must stay readable: these bytes change only with the version.
func TestEncodingIsStable(t *testing.T) {
	small := numberProfile(0, nil, []float64{-1.5, 0, 0, 2, 1e3})
	small.AddRows(2)
	small.AddNull(1)
	category := categoryProfile(0, nil, [][]byte{[]byte("BR"), []byte("PT"), []byte("BR")})
	tests := []struct {
		name, want string
		p          *Profile
	}{
		{"numbers", "4457500101801007010000000000048080808080808084400180808080808080fc3f0280808080808080804001808080808080d047011001000000000000a80f100100000000000006002101000000006424f4000036b7fdc5", small},
		{"categories", "4457500102801003000000000000028a9cb6f0859ba8931502fbd2d2d8bcbd8fe1cd0101024252025054007530b127", category},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := hex.EncodeToString(encode(t, test.p)); got != test.want {
				t.Errorf("got %s", got)
			}
		})
	}
	var all []byte
	for _, p := range specimens(t) {
		all = append(all, encode(t, p)...)
	}
	if got := crc32.Checksum(all, castagnoli); got != 0x7ceb834e {
		t.Errorf("the specimens have checksum %#x", got)
	}
}
