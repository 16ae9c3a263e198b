package kafka

import "encoding/binary"

// wire reads the protocol's big-endian numbers and its varints from bytes. Once
// a read did not fit, failed stays true and everything reads as zero.
type wire struct {
	b      []byte
	failed bool
}

// take returns the next n bytes, without copying.
func (d *wire) take(n int) []byte {
	if n < 0 || n > len(d.b) {
		d.failed, d.b = true, nil
		return nil
	}
	b := d.b[:n:n]
	d.b = d.b[n:]
	return b
}

func (d *wire) skip(n int) { d.take(n) }

func (d *wire) int8() int8 {
	if b := d.take(1); b != nil {
		return int8(b[0])
	}
	return 0
}

func (d *wire) int16() int16 {
	if b := d.take(2); b != nil {
		return int16(binary.BigEndian.Uint16(b))
	}
	return 0
}

func (d *wire) int32() int32 {
	if b := d.take(4); b != nil {
		return int32(binary.BigEndian.Uint32(b))
	}
	return 0
}

func (d *wire) int64() int64 {
	if b := d.take(8); b != nil {
		return int64(binary.BigEndian.Uint64(b))
	}
	return 0
}

// uvarint reads an unsigned number.
func (d *wire) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.failed, d.b = true, nil
		return 0
	}
	d.b = d.b[n:]
	return v
}

// length reads how many there are of what follows: in a flexible version
// compactly, as one more than that, so that null is below zero.
func (d *wire) length(flexible bool) int {
	if !flexible {
		return int(d.int32())
	}
	return int(min(d.uvarint(), 1<<31)) - 1
}

// tags skips the fields that newer brokers may add to a flexible version.
func (d *wire) tags() {
	for n := d.uvarint(); n > 0 && !d.failed; n-- {
		d.uvarint() // which
		d.skip(int(min(d.uvarint(), 1<<31)))
	}
}

// varint reads a zigzag number.
func (d *wire) varint() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.failed, d.b = true, nil
		return 0
	}
	d.b = d.b[n:]
	return v
}

// varbytes reads bytes with their length before them. Null is nil and empty is
// not.
func (d *wire) varbytes() []byte {
	n := d.varint()
	if n < 0 || d.failed {
		return nil
	}
	if n > int64(len(d.b)) {
		d.failed, d.b = true, nil
		return nil
	}
	return d.take(int(n))
}
