package profile

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// The encoding, version 1. Integers are minimal unsigned varints unless said;
// "key" is an offset inside its bucket in as many little-endian bytes as the
// shift needs.
//
//	"DWP" version kind
//	cap rows null invalid outOfRange notAllowed notMatching
//	shift buckets, and for each in ascending order
//	    id - previous id, count
//	    shift > 0: leastN unless count is 1, key of the least,
//	               and unless leastN is count: greatestN, key of the greatest
//	numbers: three sums (positive, negative, squares): first limb, limbs, 8 bytes each
//	categories, shift 0: the name of each bucket: length, bytes
//	has a guide (0 or 1): keys, first key, differences; for categories the names
//	shift > 0: 8192 registers of 6 bits
//	           categories: entries, and for each: hash, name, count
//	           with a guide: a count for each slot
//	CRC-32C of all before, 4 bytes, little-endian
const (
	magic   = "DWP"
	version = 1
	// maxCount bounds every count, so that no merge of decoded profiles overflows.
	maxCount = 1 << 56
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// AppendBinary appends the canonical encoding: profiles of equal multisets of
// values, with equal caps and guides, have equal bytes.
func (p *Profile) AppendBinary(dst []byte) ([]byte, error) {
	if p.kind < Number || p.kind > Timestamp {
		return dst, fmt.Errorf("encode profile: no field has %v", p.kind)
	}
	start := len(dst)
	dst = append(dst, magic...)
	dst = append(dst, version, byte(p.kind))
	dst = binary.AppendUvarint(dst, uint64(p.hist.limit))
	for _, n := range p.side.all() {
		if *n > maxCount || p.hist.total > maxCount {
			return dst[:start], fmt.Errorf("encode profile: more than %d rows", uint64(maxCount))
		}
		dst = binary.AppendUvarint(dst, *n)
	}
	dst = p.hist.appendTo(dst)
	if p.kind.Numeric() {
		for _, a := range [...]accumulator{p.sums.positive, p.sums.negative, p.sums.squares} {
			dst = a.appendTo(dst)
		}
	} else if p.Exact() {
		for _, e := range p.entries() {
			dst = appendString(dst, e.name)
		}
	}
	dst = p.guide.appendTo(dst)
	if !p.Exact() {
		dst = p.appendCoarse(dst)
	}
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli)), nil
}

// appendCoarse appends what a coarse histogram does not know.
func (p *Profile) appendCoarse(dst []byte) []byte {
	dst = p.distinct.appendTo(dst)
	if !p.kind.Numeric() {
		dst = binary.AppendUvarint(dst, uint64(len(p.sample)))
		for _, n := range p.sample {
			dst = binary.LittleEndian.AppendUint64(dst, n.Hash)
			dst = appendString(dst, n.Name)
			dst = binary.AppendUvarint(dst, n.Count)
		}
	}
	for _, n := range p.tally {
		dst = binary.AppendUvarint(dst, n)
	}
	return dst
}

func (h *histogram) appendTo(dst []byte) []byte {
	dst = append(dst, byte(h.shift))
	dst = binary.AppendUvarint(dst, uint64(len(h.buckets)))
	var previous uint64
	for _, b := range h.sorted() {
		id := b.least >> h.shift
		dst = binary.AppendUvarint(dst, id-previous)
		previous = id
		dst = binary.AppendUvarint(dst, b.count)
		if h.exact() {
			continue
		}
		if b.count > 1 {
			dst = binary.AppendUvarint(dst, b.leastN)
		}
		dst = h.appendKey(dst, b.least)
		if !b.single() {
			dst = binary.AppendUvarint(dst, b.greatestN)
			dst = h.appendKey(dst, b.greatest)
		}
	}
	return dst
}

// keyBytes is the width of an offset inside a bucket.
func (h *histogram) keyBytes() int { return int(h.shift+7) / 8 }

func (h *histogram) appendKey(dst []byte, key uint64) []byte {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], key&(1<<h.shift-1))
	return append(dst, b[:h.keyBytes()]...)
}

func (a accumulator) appendTo(dst []byte) []byte {
	a = a.trimmed()
	dst = binary.AppendUvarint(dst, uint64(a.base))
	dst = binary.AppendUvarint(dst, uint64(len(a.limbs)))
	for _, l := range a.limbs {
		dst = binary.LittleEndian.AppendUint64(dst, l)
	}
	return dst
}

func (g *Guide) appendTo(dst []byte) []byte {
	if g == nil {
		return append(dst, 0)
	}
	dst = append(dst, 1)
	dst = binary.AppendUvarint(dst, uint64(len(g.keys)))
	var previous uint64
	for _, k := range g.keys {
		dst = binary.AppendUvarint(dst, k-previous)
		previous = k
	}
	for _, s := range g.names {
		dst = appendString(dst, s)
	}
	return dst
}

// appendTo packs four registers into three bytes.
func (s *hyperLogLog) appendTo(dst []byte) []byte {
	for i := 0; i < len(s); i += 4 {
		w := uint32(s[i]) | uint32(s[i+1])<<6 | uint32(s[i+2])<<12 | uint32(s[i+3])<<18
		dst = append(dst, byte(w), byte(w>>8), byte(w>>16))
	}
	return dst
}

func appendString(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}
