package store

import "fmt"

// PutReference keeps one of a monitor's references, by kind, until it is dropped:
// retention does not touch it.
func (t *Tx) PutReference(monitor, kind string, v []byte) error {
	b, err := t.tx.Bucket(bucketReferences).CreateBucketIfNotExists([]byte(monitor))
	if err != nil {
		return fmt.Errorf("references of %q: %w", monitor, err)
	}
	return b.Put([]byte(kind), v)
}

// Reference returns what PutReference kept, or nil.
func (t *Tx) Reference(monitor, kind string) []byte {
	if b := t.monitorBucket(bucketReferences, monitor); b != nil {
		return b.Get([]byte(kind))
	}
	return nil
}

// References calls fn for all that PutReference kept of the monitor.
func (t *Tx) References(monitor string, fn func(kind string, v []byte)) error {
	b := t.monitorBucket(bucketReferences, monitor)
	if b == nil {
		return nil
	}
	return b.ForEach(func(k, v []byte) error {
		fn(string(k), v)
		return nil
	})
}

// DropReference removes a reference; one that is not there is no error.
func (t *Tx) DropReference(monitor, kind string) error {
	if b := t.monitorBucket(bucketReferences, monitor); b != nil {
		return b.Delete([]byte(kind))
	}
	return nil
}
