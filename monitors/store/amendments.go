package store

import (
	"slices"

	"driftwatch/monitors/window"
)

// PutLate keeps the late records of the closed pane that ends at end, apart from
// that pane.
func (t *Tx) PutLate(monitor string, end window.Time, pane []byte) error {
	return t.putAt(bucketLate, monitor, end, pane)
}

// Late returns what PutLate kept, or nil.
func (t *Tx) Late(monitor string, end window.Time) []byte {
	if b := t.monitorBucket(bucketLate, monitor); b != nil {
		return b.Get(timeKey(end))
	}
	return nil
}

// LateEnds lists the panes with from < end <= to that late records are kept of,
// oldest first.
func (t *Tx) LateEnds(monitor string, from, to window.Time) (ends []window.Time) {
	newestFirst(t.monitorBucket(bucketLate, monitor), from, to, func(end window.Time, _ []byte) bool {
		ends = append(ends, end)
		return true
	})
	slices.Reverse(ends)
	return ends
}

// PutRevision replaces the result of the window that ends at end. Its volume stays.
func (t *Tx) PutRevision(monitor string, end window.Time, result []byte) error {
	return t.putAt(bucketWindows, monitor, end, result)
}

// PutJudged keeps what a window was judged by.
func (t *Tx) PutJudged(monitor string, end window.Time, v []byte) error {
	return t.putAt(bucketJudged, monitor, end, v)
}

// Judged returns what PutJudged kept, or nil.
func (t *Tx) Judged(monitor string, end window.Time) []byte {
	if b := t.monitorBucket(bucketJudged, monitor); b != nil {
		return b.Get(timeKey(end))
	}
	return nil
}

// PutDue notes that the window that ends at end has to be made anew.
func (t *Tx) PutDue(monitor string, end window.Time) error {
	return t.putAt(bucketDue, monitor, end, []byte{1})
}

// DropDue removes the note.
func (t *Tx) DropDue(monitor string, end window.Time) error {
	if b := t.monitorBucket(bucketDue, monitor); b != nil {
		return b.Delete(timeKey(end))
	}
	return nil
}

// Due lists windows that have to be made anew, oldest first, at most limit.
func (t *Tx) Due(monitor string, limit int) (ends []window.Time) {
	b := t.monitorBucket(bucketDue, monitor)
	if b == nil {
		return nil
	}
	c := b.Cursor()
	for k, _ := c.First(); k != nil && len(ends) < limit; k, _ = c.Next() {
		ends = append(ends, keyTime(k))
	}
	return ends
}

// WindowsFrom calls fn for the results of windows with end >= from, oldest first,
// until it returns false.
func (t *Tx) WindowsFrom(monitor string, from window.Time, fn func(end window.Time, result []byte) bool) {
	b := t.monitorBucket(bucketWindows, monitor)
	if b == nil {
		return
	}
	c := b.Cursor()
	for k, v := c.Seek(timeKey(from)); k != nil && fn(keyTime(k), v); k, v = c.Next() {
	}
}
