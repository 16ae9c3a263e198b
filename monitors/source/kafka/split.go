package kafka

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
)

// record is what is written to a topic. A nil value removes what the key had.
type record struct {
	key   string
	value []byte
}

// maxPart bounds the records that are written together, and so a value: a topic
// takes a mebibyte at once unless it is told otherwise.
const maxPart = 512 << 10

// What a value begins with.
const (
	wholeValue byte = iota // the value follows, compressed
	splitValue             // the number of parts follows, and what their keys have in common
)

// split returns the records of a value. One that is too large is in parts, which
// are written before what refers to them; those of the value before go last, so
// that a reader finds one whole value at any time.
func (l *Ledger) split(key string, value []byte) []record {
	old := l.parts[key]
	delete(l.parts, key)
	var records []record
	if value == nil {
		records = append(records, record{key: key})
	} else {
		records = l.encode(key, compress(value))
	}
	for _, part := range slices.Sorted(maps.Keys(old)) {
		if !l.parts[key][part] {
			records = append(records, record{key: part})
		}
	}
	return records
}

func (l *Ledger) encode(key string, b []byte) []record {
	if len(b) < maxPart {
		return []record{{key, append([]byte{wholeValue}, b...)}}
	}
	sum := sha256.Sum256(b)
	var records []record
	for chunk := range slices.Chunk(b, maxPart) {
		part := partKey(key, sum[:8], len(records))
		l.note(key, part)
		records = append(records, record{part, chunk})
	}
	head := binary.AppendUvarint([]byte{splitValue}, uint64(len(records)))
	return append(records, record{key, append(head, sum[:8]...)})
}

func partKey(key string, sum []byte, i int) string { return fmt.Sprintf("%s#%x.%d", key, sum, i) }

// join is the inverse of split. values has the parts.
func join(key string, v []byte, values map[string][]byte) ([]byte, error) {
	if len(v) == 0 {
		return nil, fmt.Errorf("the value of %q is empty", key)
	}
	kind, b := v[0], v[1:]
	switch kind {
	case wholeValue:
	case splitValue:
		n, size := binary.Uvarint(b)
		if size <= 0 {
			return nil, fmt.Errorf("the value of %q is cut off", key)
		}
		sum := b[size:]
		b = nil
		for i := range int(n) {
			part, ok := values[partKey(key, sum, i)]
			if !ok {
				return nil, fmt.Errorf("part %d of %d of the value of %q is missing", i+1, n, key)
			}
			b = append(b, part...)
		}
	default:
		return nil, fmt.Errorf("a newer version wrote the value of %q", key)
	}
	b, err := uncompress(b)
	if err != nil {
		return nil, fmt.Errorf("the value of %q: %w", key, err)
	}
	return b, nil
}

// fitting returns how many of the records can be written together: at least one.
func fitting(records []record) int {
	size := 0
	for i := range records {
		if size += len(records[i].key) + len(records[i].value) + recordOverhead; size > maxPart && i > 0 {
			return i
		}
	}
	return len(records)
}

// recordOverhead is what a record needs beside its key and value, at most.
const recordOverhead = 64
