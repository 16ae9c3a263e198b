// Package decode turns the bytes of one record into leaves: pairs of a field's
// index and its value. Nothing above it sees a payload. It knows no monitor
// and no statistics. One file a format, one line in the table Formats.
package decode

import "fmt"

// Type is the type of a leaf as the payload has it.
type Type uint8

// The types of leaves. A nested object or array that a field's path ends at is
// Object or Array and carries no value.
const (
	Missing Type = iota
	Null
	Bool
	Number
	String
	Object
	Array
)

// Value is one leaf. Text is valid until the next Decode of the same Decoder,
// or as long as the payload, whichever is shorter.
type Value struct {
	Type Type
	Bool bool
	Text []byte // of a String its unescaped bytes, of a Number its literal text
}

// Visitor receives the leaves of one record, each field at most once.
type Visitor interface {
	// Leaf reports the value at the path of field i of the list the Decoder
	// was made with.
	Leaf(i int, v Value)
	// Unknown reports the path of a leaf that no field names. The slice is
	// valid during the call.
	Unknown(path []byte)
}

// Decoder decodes payloads of one format. It is for one goroutine.
type Decoder interface {
	// Decode visits the leaves of payload. On an *Error the record is to be
	// dropped as a whole, whatever was visited before.
	Decode(payload []byte, v Visitor) error
}

// Error is a payload that cannot be decoded.
type Error struct {
	Reason string // short and from a small fixed set, for a metric's label: "json", "utf8", "duplicate", "depth", "empty", ...
	Offset int    // byte in the payload; -1 where the fault has no place
	Detail string // one lower-case sentence for people
}

func (e *Error) Error() string {
	if e.Offset < 0 {
		return e.Detail
	}
	return fmt.Sprintf("%s at byte %d", e.Detail, e.Offset)
}
