package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"driftwatch/monitors/window"
)

// Volume is what later windows of the monitor need to know of this one.
type Volume struct {
	Start, End window.Time
	Rows       uint64
	Partial    bool
	Drift      bool // some verdict was drift
}

// Usable reports whether later windows may be compared with this one; nil is not.
func (v *Volume) Usable(skipDrift bool) bool {
	return v != nil && !v.Partial && (!v.Drift || !skipDrift)
}

// Flags of a volume.
const (
	flagPartial byte = 1 << iota
	flagDrift
)

// encode returns the volume without its end, which is its key.
func (v Volume) encode() []byte {
	b := binary.BigEndian.AppendUint64(timeKey(v.Start), v.Rows)
	var flags byte
	if v.Partial {
		flags |= flagPartial
	}
	if v.Drift {
		flags |= flagDrift
	}
	return append(b, flags)
}

func decodeVolume(end window.Time, b []byte) Volume {
	v := Volume{Start: keyTime(b), End: end, Rows: binary.BigEndian.Uint64(b[8:])}
	if len(b) > 16 { // earlier versions wrote no flags where none was set
		v.Partial, v.Drift = b[16]&flagPartial != 0, b[16]&flagDrift != 0
	}
	return v
}

// PutWindow keeps the result of a closed window under its end and replaces an
// earlier one.
func (t *Tx) PutWindow(monitor string, result []byte, v Volume) error {
	isNew := t.Window(monitor, v.End) == nil
	if err := t.putAt(bucketWindows, monitor, v.End, result); err != nil {
		return err
	}
	if err := t.putAt(bucketVolumes, monitor, v.End, v.encode()); err != nil || !isNew {
		return err
	}
	_, err := t.monitorBucket(bucketVolumes, monitor).NextSequence()
	return err
}

// PutDigest keeps the result of a closed window in few bytes, beside PutWindow's.
func (t *Tx) PutDigest(monitor string, end window.Time, digest []byte) error {
	return t.putAt(bucketDigests, monitor, end, digest)
}

// Digest returns what PutDigest kept, or nil.
func (t *Tx) Digest(monitor string, end window.Time) []byte {
	if b := t.monitorBucket(bucketDigests, monitor); b != nil {
		return b.Get(timeKey(end))
	}
	return nil
}

// PutVolume keeps the volume of a closed window whose result is not kept.
func (t *Tx) PutVolume(monitor string, v Volume) error {
	return t.putAt(bucketVolumes, monitor, v.End, v.encode())
}

// PutWindowsTotal says how many windows of the monitor there were.
func (t *Tx) PutWindowsTotal(monitor string, n uint64) error {
	b, err := t.tx.Bucket(bucketVolumes).CreateBucketIfNotExists([]byte(monitor))
	if err != nil {
		return fmt.Errorf("windows of %q: %w", monitor, err)
	}
	return b.SetSequence(n)
}

// PutProfile keeps the merged pane that ends at end.
func (t *Tx) PutProfile(monitor string, end window.Time, pane []byte) error {
	return t.putAt(bucketProfiles, monitor, end, pane)
}

func (t *Tx) putAt(bucket []byte, monitor string, end window.Time, value []byte) error {
	b, err := t.tx.Bucket(bucket).CreateBucketIfNotExists([]byte(monitor))
	if err != nil {
		return fmt.Errorf("windows of %q: %w", monitor, err)
	}
	return b.Put(timeKey(end), value)
}

// WindowsTotal returns how many windows of the monitor were ever kept, with
// those that Retain removed since.
func (t *Tx) WindowsTotal(monitor string) uint64 {
	if b := t.monitorBucket(bucketVolumes, monitor); b != nil {
		return b.Sequence()
	}
	return 0
}

func (t *Tx) monitorBucket(bucket []byte, monitor string) *bolt.Bucket {
	return t.tx.Bucket(bucket).Bucket([]byte(monitor))
}

// Window returns the result of the window that ends at end, or nil.
func (t *Tx) Window(monitor string, end window.Time) []byte {
	if b := t.monitorBucket(bucketWindows, monitor); b != nil {
		return b.Get(timeKey(end))
	}
	return nil
}

// Profile returns the merged pane that ends at end, or nil.
func (t *Tx) Profile(monitor string, end window.Time) []byte {
	if b := t.monitorBucket(bucketProfiles, monitor); b != nil {
		return b.Get(timeKey(end))
	}
	return nil
}

// Profiles calls fn for the merged panes with end > after, newest first, until it
// returns false.
func (t *Tx) Profiles(monitor string, after window.Time, fn func(end window.Time, pane []byte) bool) {
	newestFirst(t.monitorBucket(bucketProfiles, monitor), after, window.Newest, fn)
}

// Windows calls fn for the results of windows with from < end <= to, newest
// first, until it returns false.
func (t *Tx) Windows(monitor string, from, to window.Time, fn func(end window.Time, result []byte) bool) {
	newestFirst(t.monitorBucket(bucketWindows, monitor), from, to, fn)
}

// Volume returns what is kept of the window that ends at end; zero if there is
// none.
func (t *Tx) Volume(monitor string, end window.Time) Volume {
	if b := t.monitorBucket(bucketVolumes, monitor); b != nil {
		if v := b.Get(timeKey(end)); v != nil {
			return decodeVolume(end, v)
		}
	}
	return Volume{}
}

// Volumes calls fn for the newest windows, newest first, until it returns false.
func (t *Tx) Volumes(monitor string, fn func(Volume) bool) {
	newestFirst(t.monitorBucket(bucketVolumes, monitor), window.None, window.Newest, func(end window.Time, v []byte) bool {
		return fn(decodeVolume(end, v))
	})
}

func newestFirst(b *bolt.Bucket, from, to window.Time, fn func(window.Time, []byte) bool) {
	if b == nil {
		return
	}
	c := b.Cursor()
	limit := timeKey(to)
	k, v := c.Seek(limit)
	switch {
	case k == nil:
		k, v = c.Last()
	case keyTime(k) > to:
		k, v = c.Prev()
	}
	for ; k != nil && keyTime(k) > from; k, v = c.Prev() {
		if !fn(keyTime(k), v) {
			return
		}
	}
}

// Retain removes the results of a monitor's windows that end at or before
// results, and the profiles, and what would amend them, of those that end at or
// before profiles. It
// removes at most limit of each and returns how many at most it removed of one:
// where that is limit, some may be left.
func (t *Tx) Retain(monitor string, results, profiles window.Time, limit int) (removed int, err error) {
	for _, part := range []struct {
		bucket []byte
		until  window.Time
	}{{bucketWindows, results}, {bucketVolumes, results}, {bucketDigests, results}, {bucketProfiles, profiles},
		{bucketLate, profiles}, {bucketJudged, profiles}, {bucketDue, profiles}} {
		n, err := dropThrough(t.monitorBucket(part.bucket, monitor), part.until, limit)
		if err != nil {
			return 0, fmt.Errorf("remove old windows of %q: %w", monitor, err)
		}
		removed = max(removed, n)
	}
	return removed, nil
}

func dropThrough(b *bolt.Bucket, until window.Time, limit int) (n int, err error) {
	if b == nil {
		return 0, nil
	}
	for c := b.Cursor(); n < limit; n++ {
		k, _ := c.First()
		if k == nil || keyTime(k) > until {
			break
		}
		if err := c.Delete(); err != nil {
			return n, err
		}
	}
	return n, nil
}

// HasWindows reports whether the result of some window of the monitor is kept.
func (t *Tx) HasWindows(monitor string) bool {
	b := t.monitorBucket(bucketWindows, monitor)
	if b == nil {
		return false
	}
	k, _ := b.Cursor().First()
	return k != nil
}

// Monitors lists the monitors of which something is kept in buckets of their
// own, by name.
func (t *Tx) Monitors() ([]string, error) {
	names := map[string]bool{}
	for _, bucket := range ofMonitors {
		err := t.tx.Bucket(bucket).ForEachBucket(func(k []byte) error {
			names[string(k)] = true
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return slices.Sorted(maps.Keys(names)), nil
}

// ForgetMonitor removes what is kept of a monitor in buckets of its own: windows,
// panes, references, and how many windows it had.
func (t *Tx) ForgetMonitor(monitor string) error {
	for _, bucket := range ofMonitors {
		err := t.tx.Bucket(bucket).DeleteBucket([]byte(monitor))
		if err != nil && !errors.Is(err, bolterrors.ErrBucketNotFound) {
			return fmt.Errorf("forget %q: %w", monitor, err)
		}
	}
	return t.tx.Bucket(bucketMonitors).Delete([]byte(monitor))
}
