package profile

import (
	"encoding/binary"
	"errors"
	"unicode/utf8"
)

var (
	errShort     = errors.New("it ends too early")
	errMinimal   = errors.New("a number is not in its shortest form")
	errTooLarge  = errors.New("a number is too large")
	errName      = errors.New("a name is not UTF-8 of at most 64 bytes")
	errAscending = errors.New("keys are not in ascending order")
)

// reader takes an encoding apart. After the first error all it returns is zero,
// so a caller may look at err once, before it allocates or believes anything.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err, r.b = err, nil
	}
}

// require fails with err unless ok.
func (r *reader) require(ok bool, err error) {
	if !ok {
		r.fail(err)
	}
}

func (r *reader) bytes(n int) []byte {
	if len(r.b) < n {
		r.fail(errShort)
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) byte() byte {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

// uvarint returns a number of at most most.
func (r *reader) uvarint(most uint64) uint64 {
	v, n := binary.Uvarint(r.b)
	switch {
	case n == 0:
		r.fail(errShort)
	case n < 0 || v > most:
		r.fail(errTooLarge)
	case n > 1 && r.b[n-1] == 0:
		r.fail(errMinimal)
	default:
		r.b = r.b[n:]
		return v
	}
	return 0
}

// length returns the length of a list whose entries have at least size bytes: no
// more memory is asked for than the bytes at hand can fill.
func (r *reader) length(most uint64, size int) int {
	n := r.uvarint(most)
	if n > uint64(len(r.b)/size) {
		r.fail(errShort)
		return 0
	}
	return int(n)
}

func (r *reader) uint64() uint64 {
	if b := r.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// offset returns a number below 1<<shift in as few bytes as that needs.
func (r *reader) offset(shift uint) uint64 {
	var b [8]byte
	copy(b[:], r.bytes(int(shift+7)/8))
	v := binary.LittleEndian.Uint64(b[:])
	r.require(v>>shift == 0, errTooLarge)
	return v
}

func (r *reader) name() string {
	b := r.bytes(r.length(nameBytes, 1))
	r.require(utf8.Valid(b), errName)
	if r.err != nil {
		return ""
	}
	return string(b)
}

func (r *reader) names(n int) []string {
	s := make([]string, n)
	for i := range s {
		s[i] = r.name()
	}
	return s
}
