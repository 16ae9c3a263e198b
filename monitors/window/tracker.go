package window

// Tracker follows the borders of one monitor's panes in one partition. It
// decides which records are late. The zero value is not usable; call
// NewTracker.
type Tracker struct {
	shape   Shape
	border  Time // the partition sealed every pane that ends at or before it
	closed  Time // every pane that ends at or before it is closed for all partitions
	counted map[Time]int64
	settled Time // late records amend no pane that ends at or before it, whatever the watermark
}

// NewTracker returns a tracker that has sealed all panes up to border and
// knows all up to closed as closed. Both may be None.
func NewTracker(s Shape, border, closed Time) *Tracker {
	return &Tracker{shape: s, border: border, closed: closed, settled: None}
}

// Border is the end of the newest pane that the partition sealed.
func (k *Tracker) Border() Time { return k.border }

// Closed is the end of the newest pane that is closed for all partitions.
func (k *Tracker) Closed() Time { return k.closed }

// Place says what is to be done with a record.
type Place uint8

// Open: count it in its pane. Late: its partition sealed the pane, or the pane
// closed without waiting for the partition. Counted: the pane is closed and holds the record already (it is read again after a restart).
const (
	Open Place = iota
	Late
	Counted
)

// Place decides about the record at offset whose pane ends at end.
func (k *Tracker) Place(end Time, offset int64) Place {
	if end <= k.border {
		if offset < k.counted[end] {
			return Counted
		}
		return Late
	}
	if end > k.closed {
		return Open
	}
	if offset < k.counted[end] {
		return Counted
	}
	return Late
}

// Amends reports whether a late record amends the pane that ends at end, when the
// partition's watermark is the given one.
func (k *Tracker) Amends(end, watermark Time) bool {
	return k.shape.Amend > 0 && end > max(k.settled, k.shape.Settled(watermark))
}

// Settle ends the time of late records for all panes that end at or before end.
func (k *Tracker) Settle(end Time) { k.settled = max(k.settled, end) }

// SettledBy is the newest end that Settle was called with, or None.
func (k *Tracker) SettledBy() Time { return k.settled }

// Advance moves the border to what the watermark seals and reports whether it
// moved.
func (k *Tracker) Advance(watermark Time) bool { return k.SealThrough(k.shape.Sealed(watermark)) }

// SealThrough seals every pane that ends at or before end, whatever the
// watermark, and reports whether the border moved.
func (k *Tracker) SealThrough(end Time) bool {
	if end <= k.border {
		return false
	}
	k.border = end
	return true
}

// CloseThrough notes that all panes that end at or before end are closed.
func (k *Tracker) CloseThrough(end Time) { k.closed = max(k.closed, end) }

// CloseWith notes that the pane that ends at end holds this partition's records
// below next. Only needed where records below next will be read again.
func (k *Tracker) CloseWith(end Time, next int64) {
	if k.counted == nil {
		k.counted = map[Time]int64{}
	}
	k.counted[end] = next
	k.CloseThrough(end)
}

// ForgetOffsets is for a log whose offsets mean other records now. What is closed
// counts as sealed: nobody may look up later which offsets it held. Nor which late
// records: they may come again.
func (k *Tracker) ForgetOffsets() {
	k.counted = nil
	k.SealThrough(k.closed)
	k.Settle(k.border)
}
