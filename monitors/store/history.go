package store

import (
	"encoding/binary"
	"fmt"

	"driftwatch/monitors/window"
)

// PutHistory adds what was found of a monitor, at a time of the clock. Entries of
// one time stay in the order in which they were put.
func (t *Tx) PutHistory(monitor string, at window.Time, entry []byte) error {
	b, err := t.tx.Bucket(bucketHistory).CreateBucketIfNotExists([]byte(monitor))
	if err != nil {
		return fmt.Errorf("history of %q: %w", monitor, err)
	}
	n, err := b.NextSequence()
	if err != nil {
		return fmt.Errorf("history of %q: %w", monitor, err)
	}
	return b.Put(binary.BigEndian.AppendUint64(timeKey(at), n), entry)
}

// History calls fn for what was found of a monitor with from <= at < to, newest
// first, until it returns false.
func (t *Tx) History(monitor string, from, to window.Time, fn func(at window.Time, entry []byte) bool) {
	b := t.monitorBucket(bucketHistory, monitor)
	if b == nil {
		return
	}
	c := b.Cursor()
	before := c.Prev
	if k, _ := c.Seek(timeKey(to)); k == nil {
		before = c.Last
	}
	for k, v := before(); k != nil && keyTime(k) >= from && fn(keyTime(k), v); k, v = c.Prev() {
	}
}

// RetainHistory removes what was found of a monitor before a time, and the oldest
// of more than most entries. It removes at most limit and returns how many.
func (t *Tx) RetainHistory(monitor string, before window.Time, most uint64, limit int) (removed int, err error) {
	b := t.monitorBucket(bucketHistory, monitor)
	if b == nil {
		return 0, nil
	}
	for c := b.Cursor(); removed < limit; removed++ {
		k, _ := c.First()
		if k == nil || keyTime(k) >= before && b.Sequence()-numberOf(k) < most {
			break
		}
		if err := c.Delete(); err != nil {
			return removed, fmt.Errorf("remove old history of %q: %w", monitor, err)
		}
	}
	return removed, nil
}

// numberOf returns the number in an entry's key: how many were put before it, and
// one.
func numberOf(k []byte) uint64 { return binary.BigEndian.Uint64(k[8:]) }
