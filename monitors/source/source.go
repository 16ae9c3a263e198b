// Package source says what a log of records is. Its implementations read one:
// source/kafka a Kafka partition, source/file a data file. Nothing above them
// knows which.
package source

import (
	"context"
	"fmt"
	"time"
)

// Record is one committed record. Its slices are valid until the next Fetch of
// the same Log.
type Record struct {
	Offset    int64
	Timestamp time.Time // the log's own time of the record
	Key       []byte    // nil is null; empty is an empty key
	Value     []byte    // nil is null (a tombstone); empty is an empty value
	Headers   []Header
}

// Header is one header of a record.
type Header struct {
	Key   string
	Value []byte
}

// Batch holds every committed record in [From, Next) of one partition, in
// offset order. Offsets may have holes (compaction, transaction markers,
// aborted records).
type Batch struct {
	Records []Record
	From    int64 // the offset that was asked for, or the log start where that is later
	Next    int64 // where the following Fetch starts; greater than From, or equal at the end of the log
	End     int64 // the last stable offset: Next >= End means that the end of the log was reached
	Lost    int64 // records that were asked for and are gone: those below the log start
	Final   bool  // the log is over at Next: nothing will ever follow

	// TopicID is that of the topic which all of this is from, or "" if it is not
	// known. Another one is another topic of the same name.
	TopicID string
}

// AtEnd reports whether the batch reaches the end of the log as it was then.
func (b Batch) AtEnd() bool { return b.Next >= b.End }

// Log reads one partition.
type Log interface {
	// Fetch returns the batch that starts at offset from. It waits a short
	// time for records and then returns an empty batch; after a final batch it
	// is not called again. Passing faults
	// (no leader, connection refused, time-out) are retried inside until ctx
	// ends. A *TruncatedError asks the caller where to go on.
	Fetch(ctx context.Context, from int64) (Batch, error)
}

// Partition names one partition of a topic.
type Partition struct {
	Topic string
	ID    int
}

// TruncatedError says that a log ends before the offset that was asked for: the
// topic was deleted and made again, or an unclean election lost its tail. The
// log now holds [Start, End).
type TruncatedError struct {
	Partition        Partition
	From, Start, End int64
	TopicID          string // as in Batch: tells the two apart
}

func (e *TruncatedError) Error() string {
	return fmt.Sprintf("read partition %d of topic %q: offset %d is beyond the end %d of the log: the topic was made again or truncated",
		e.Partition.ID, e.Partition.Topic, e.From, e.End)
}

// Entry is one value of a ledger, which keeps values under keys for other processes
// to find. Those of one space become visible in the order in which they are
// written. A nil value removes the entry.
type Entry struct {
	Space, Key string
	Value      []byte
}

// Start says where a partition without a stored offset begins.
type Start struct {
	Latest bool
	At     time.Time // zero unless the start is a time
}

// Position is a stored place in a partition.
type Position struct {
	Offset   int64
	Metadata string
}
