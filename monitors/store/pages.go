package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	bolt "go.etcd.io/bbolt"
)

// Of bbolt's file format, version 2. Numbers have the machine's byte order.
const (
	pageHead    = 16 // id uint64, flags uint16, count uint16, overflow uint32
	elementSize = 16 // of a branch: pos, ksize uint32, id uint64; of a leaf: flags, pos, ksize, vsize uint32
	bucketHead  = 16 // root uint64, sequence uint64; without a root its only page follows
	rootInMeta  = pageHead + 16
	txInMeta    = rootInMeta + 32
	branchPage  = 0x01
	leafPage    = 0x02
	bucketEntry = 0x01
)

var order = binary.NativeEndian

// checkStructure walks the pages that a transaction sees and reports the first
// that leads out of the file, or to where the walk has been. bbolt follows both, and
// ends the process or takes all memory.
func checkStructure(tx *bolt.Tx, file io.ReaderAt) error {
	w := &pageWalk{file: file, size: uint64(tx.DB().Info().PageSize)}
	w.seen = make([]bool, uint64(tx.Size())/w.size)
	for id := range uint64(2) {
		meta, err := w.read(id*w.size, txInMeta+8)
		if err != nil {
			return err
		}
		if order.Uint64(meta[txInMeta:]) == uint64(tx.ID()) {
			w.seen[0], w.seen[1] = true, true
			return w.page(order.Uint64(meta[rootInMeta:]))
		}
	}
	return fmt.Errorf("no head of transaction %d", tx.ID())
}

// pageWalk is a walk over the pages of a file.
type pageWalk struct {
	file io.ReaderAt
	size uint64 // of a page
	seen []bool // pages that were met
}

func (w *pageWalk) read(at, n uint64) ([]byte, error) {
	b := make([]byte, n)
	_, err := w.file.ReadAt(b, int64(at))
	return b, err
}

// page checks a page and all below it.
func (w *pageWalk) page(id uint64) error {
	pages := uint64(len(w.seen))
	if id >= pages {
		return fmt.Errorf("something leads to page %d of %d", id, pages)
	}
	head, err := w.read(id*w.size, pageHead)
	if err != nil {
		return err
	}
	length := 1 + uint64(order.Uint32(head[12:]))
	if own := order.Uint64(head); own != id || id+length > pages {
		return fmt.Errorf("page %d says that it is page %d and %d long", id, own, length)
	}
	for i := id; i < id+length; i++ {
		if w.seen[i] {
			return fmt.Errorf("page %d is used twice", i)
		}
		w.seen[i] = true
	}
	if err := w.elements(head, id*w.size, length*w.size); err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	return nil
}

// elements checks what a page with the given head holds, which lies at at and is
// length bytes long.
func (w *pageWalk) elements(head []byte, at, length uint64) error {
	flags, count := order.Uint16(head[8:]), uint64(order.Uint16(head[10:]))
	if flags != branchPage && flags != leafPage {
		return fmt.Errorf("it is of type %#x", flags)
	}
	if pageHead+count*elementSize > length {
		return fmt.Errorf("it has no room for %d elements", count)
	}
	all, err := w.read(at+pageHead, count*elementSize)
	if err != nil {
		return err
	}
	check := w.leaf
	if flags == branchPage {
		check = w.branch
	}
	for i := range count {
		first := pageHead + i*elementSize // positions are counted from there
		if err := check(all[i*elementSize:], at+first, length-first); err != nil {
			return err
		}
	}
	return nil
}

// branch checks an element of a branch, with what is left of its page.
func (w *pageWalk) branch(e []byte, _, left uint64) error {
	if uint64(order.Uint32(e))+uint64(order.Uint32(e[4:])) > left {
		return errOutside
	}
	return w.page(order.Uint64(e[8:]))
}

// leaf checks an element of a leaf at at, with what is left of its page.
func (w *pageWalk) leaf(e []byte, at, left uint64) error {
	value, size := uint64(order.Uint32(e[4:]))+uint64(order.Uint32(e[8:])), uint64(order.Uint32(e[12:]))
	switch {
	case value+size > left:
		return errOutside
	case order.Uint32(e)&bucketEntry != 0:
		return w.bucket(at+value, size)
	}
	return nil
}

var errOutside = errors.New("an element is not in it")

// bucket checks the bucket whose entry lies at at and is size bytes long.
func (w *pageWalk) bucket(at, size uint64) error {
	if size < bucketHead {
		return fmt.Errorf("a bucket of %d bytes", size)
	}
	b, err := w.read(at, min(size, bucketHead+pageHead))
	if err != nil {
		return err
	}
	switch root := order.Uint64(b); {
	case root != 0:
		return w.page(root)
	case size < bucketHead+pageHead:
		return fmt.Errorf("a bucket of %d bytes", size)
	}
	return w.elements(b[bucketHead:], at+bucketHead, size-bucketHead)
}
