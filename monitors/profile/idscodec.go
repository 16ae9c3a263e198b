package profile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
)

// The encoding of ids, version 1, in the terms of that of profiles.
//
//	"DWI" version
//	total, ids kept, and for each in ascending order: hash - previous hash, count
//	more ids than are kept (0 or 1), and then 8192 registers of 6 bits
//	CRC-32C of all before, 4 bytes, little-endian
const (
	idsMagic   = "DWI"
	idsVersion = 1
)

var errIDs = errors.New("its counts of ids contradict each other")

// AppendBinary settles the ids and appends their canonical encoding: equal
// multisets have equal bytes.
func (s *IDs) AppendBinary(dst []byte) ([]byte, error) {
	if s.total > maxCount {
		return dst, fmt.Errorf("encode ids: more than %d", uint64(maxCount))
	}
	s.Settle()
	start := len(dst)
	dst = append(append(dst, idsMagic...), idsVersion)
	dst = binary.AppendUvarint(dst, s.total)
	dst = binary.AppendUvarint(dst, uint64(len(s.kept)))
	var previous uint64
	for _, c := range s.kept {
		dst = binary.AppendUvarint(dst, c.hash-previous)
		dst = binary.AppendUvarint(dst, c.count)
		previous = c.hash
	}
	if s.distinct == nil {
		dst = append(dst, 0)
	} else {
		dst = s.distinct.appendTo(append(dst, 1))
	}
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli)), nil
}

// DecodeIDs is the inverse of AppendBinary. It accepts only what AppendBinary
// writes and allocates no more than a small multiple of len(b).
func DecodeIDs(b []byte) (*IDs, error) {
	s, err := decodeIDs(b)
	if err != nil {
		return nil, fmt.Errorf("decode ids: %w", err)
	}
	return s, nil
}

func decodeIDs(b []byte) (*IDs, error) {
	const header, checksum = len(idsMagic) + 1, 4
	if len(b) < header+checksum || string(b[:len(idsMagic)]) != idsMagic {
		return nil, errors.New("not ids")
	}
	if v := b[len(idsMagic)]; v != idsVersion {
		return nil, fmt.Errorf("their version is %d, this program reads version %d", v, idsVersion)
	}
	body, sum := b[:len(b)-checksum], b[len(b)-checksum:]
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(sum) {
		return nil, errChecksum
	}
	r := &reader{b: body[header:]}
	s := &IDs{}
	s.read(r)
	r.require(len(r.b) == 0, errRest)
	if r.err != nil {
		return nil, r.err
	}
	return s, nil
}

func (s *IDs) read(r *reader) {
	s.total = r.uvarint(maxCount)
	s.kept = make([]idCount, r.length(IDsKept, 2))
	var hash, counted uint64
	for i := range s.kept {
		step := r.uvarint(math.MaxUint64 - hash)
		r.require(i == 0 || step > 0, errAscending)
		hash += step
		s.kept[i] = idCount{hash, r.uvarint(maxCount)}
		r.require(s.kept[i].count > 0, errIDs)
		counted += s.kept[i].count
		r.require(counted <= s.total, errIDs)
		if r.err != nil {
			return
		}
	}
	if r.uvarint(1) == 0 {
		r.require(counted == s.total, errIDs)
		return
	}
	r.require(len(s.kept) == IDsKept && counted < s.total, errIDs)
	s.distinct = readRegisters(r)
}
