package store

import (
	"bytes"
	"encoding/binary"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"driftwatch/monitors/window"
)

// Tx is a transaction on the store.
type Tx struct{ tx *bolt.Tx }

func (t *Tx) put(bucket, key, value []byte) error {
	return t.tx.Bucket(bucket).Put(key, value)
}

// PutMeta keeps a value of the store itself, such as the process's identity.
func (t *Tx) PutMeta(key string, value []byte) error {
	return t.put(bucketMeta, []byte(key), value)
}

// Meta returns what PutMeta kept, or nil.
func (t *Tx) Meta(key string) []byte { return t.tx.Bucket(bucketMeta).Get([]byte(key)) }

// Metas calls fn for what PutMeta kept under keys that begin with prefix.
func (t *Tx) Metas(prefix string, fn func(key string, value []byte)) {
	c := t.tx.Bucket(bucketMeta).Cursor()
	for k, v := c.Seek([]byte(prefix)); bytes.HasPrefix(k, []byte(prefix)); k, v = c.Next() {
		fn(string(k), v)
	}
}

// DropMeta removes what PutMeta kept; what is not there is no error.
func (t *Tx) DropMeta(key string) error { return t.tx.Bucket(bucketMeta).Delete([]byte(key)) }

// PutMonitor keeps what the monitor's state belongs to.
func (t *Tx) PutMonitor(monitor string, v []byte) error {
	return t.put(bucketMonitors, []byte(monitor), v)
}

// Monitor returns what PutMonitor kept, or nil.
func (t *Tx) Monitor(monitor string) []byte {
	return t.tx.Bucket(bucketMonitors).Get([]byte(monitor))
}

// PutPartition keeps the state of one partition of a stream.
func (t *Tx) PutPartition(stream string, partition int, state []byte) error {
	return t.put(bucketPartitions, partitionKey(stream, partition), state)
}

// Partition returns what PutPartition kept, or nil.
func (t *Tx) Partition(stream string, partition int) []byte {
	return t.tx.Bucket(bucketPartitions).Get(partitionKey(stream, partition))
}

// DropPartition removes the state of one partition.
func (t *Tx) DropPartition(stream string, partition int) error {
	return t.tx.Bucket(bucketPartitions).Delete(partitionKey(stream, partition))
}

// Partitions calls fn for the states of all partitions of all streams. It must
// not change the store.
func (t *Tx) Partitions(fn func(stream string, partition int, state []byte) error) error {
	return t.tx.Bucket(bucketPartitions).ForEach(func(k, v []byte) error {
		n := len(k) - 5 // the name, a zero, the number
		return fn(string(k[:n]), int(binary.BigEndian.Uint32(k[n+1:])), v)
	})
}

// A pane's key sorts by monitor, then end, then partition.
func paneKey(monitor string, end window.Time, partition int) []byte {
	k := append(panePrefix(monitor), timeKey(end)...)
	return binary.BigEndian.AppendUint32(k, uint32(partition))
}

func panePrefix(monitor string) []byte { return append([]byte(monitor), 0) }

func partitionKey(stream string, partition int) []byte {
	return binary.BigEndian.AppendUint32(append([]byte(stream), 0), uint32(partition))
}

// PutPane keeps one partition's pane of the window that ends at end.
func (t *Tx) PutPane(monitor string, end window.Time, partition int, pane []byte) error {
	return t.put(bucketPanes, paneKey(monitor, end, partition), pane)
}

// DropPane removes one partition's pane; one that is not there is no error.
func (t *Tx) DropPane(monitor string, end window.Time, partition int) error {
	return t.tx.Bucket(bucketPanes).Delete(paneKey(monitor, end, partition))
}

// DropPanes removes the panes of all partitions whose windows end at or before
// end. With window.Time's greatest value it removes all.
func (t *Tx) DropPanes(monitor string, end window.Time) error {
	c := t.tx.Bucket(bucketPanes).Cursor()
	prefix := panePrefix(monitor)
	for {
		// A cursor that deleted may skip a key, so each round seeks anew.
		k, _ := c.Seek(prefix)
		if !bytes.HasPrefix(k, prefix) || keyTime(k[len(prefix):]) > end {
			return nil
		}
		if err := c.Delete(); err != nil {
			return err
		}
	}
}

// Panes calls fn for the partition's panes of the monitor, by end.
func (t *Tx) Panes(monitor string, partition int, fn func(end window.Time, pane []byte) error) error {
	c := t.tx.Bucket(bucketPanes).Cursor()
	prefix := panePrefix(monitor)
	for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		rest := k[len(prefix):]
		if int(binary.BigEndian.Uint32(rest[8:])) != partition {
			continue
		}
		if err := fn(keyTime(rest), v); err != nil {
			return err
		}
	}
	return nil
}

// PutRules keeps the state of a monitor's rules.
func (t *Tx) PutRules(monitor string, state []byte) error {
	return t.put(bucketRules, []byte(monitor), state)
}

// Rules returns what PutRules kept, or nil.
func (t *Tx) Rules(monitor string) []byte { return t.tx.Bucket(bucketRules).Get([]byte(monitor)) }

// RuleMonitors lists the monitors that have a rule state, by name.
func (t *Tx) RuleMonitors() ([]string, error) {
	var names []string
	err := t.tx.Bucket(bucketRules).ForEach(func(k, _ []byte) error {
		names = append(names, string(k))
		return nil
	})
	return names, err
}

// DropRules removes the state of a monitor's rules.
func (t *Tx) DropRules(monitor string) error {
	return t.tx.Bucket(bucketRules).Delete([]byte(monitor))
}

// NextEventID returns an id that is greater than all before it.
func (t *Tx) NextEventID() (uint64, error) { return t.tx.Bucket(bucketOutbox).NextSequence() }

// LastEventID returns the newest id that NextEventID returned.
func (t *Tx) LastEventID() uint64 { return t.tx.Bucket(bucketOutbox).Sequence() }

// SkipEventIDs makes NextEventID return greater ids than one.
func (t *Tx) SkipEventIDs(id uint64) error {
	b := t.tx.Bucket(bucketOutbox)
	return b.SetSequence(max(id, b.Sequence()))
}

// PutEvent adds an event to a receiver's outbox.
func (t *Tx) PutEvent(receiver string, id uint64, event []byte) error {
	b, err := t.tx.Bucket(bucketOutbox).CreateBucketIfNotExists([]byte(receiver))
	if err != nil {
		return fmt.Errorf("outbox of %q: %w", receiver, err)
	}
	return b.Put(binary.BigEndian.AppendUint64(nil, id), event)
}

// DropEvent removes an event from a receiver's outbox; one that is not there
// is no error.
func (t *Tx) DropEvent(receiver string, id uint64) error {
	b := t.tx.Bucket(bucketOutbox).Bucket([]byte(receiver))
	if b == nil {
		return nil
	}
	return b.Delete(binary.BigEndian.AppendUint64(nil, id))
}

// Events calls fn for the events in a receiver's outbox, by id, until it
// returns false.
func (t *Tx) Events(receiver string, fn func(id uint64, event []byte) bool) {
	b := t.tx.Bucket(bucketOutbox).Bucket([]byte(receiver))
	if b == nil {
		return
	}
	c := b.Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if !fn(binary.BigEndian.Uint64(k), v) {
			return
		}
	}
}

// Receivers lists the receivers that ever had an event, by name.
func (t *Tx) Receivers() ([]string, error) {
	var names []string
	err := t.tx.Bucket(bucketOutbox).ForEachBucket(func(k []byte) error {
		names = append(names, string(k))
		return nil
	})
	return names, err
}
