package profile

import "fmt"

// Kind is the type of a field, which decides what its profile keeps.
type Kind uint8

// The kinds. Number and Timestamp (Unix seconds) have a histogram of numbers;
// Category, Boolean and Text one of hashed values.
const (
	Number Kind = iota + 1
	Category
	Boolean
	Text
	Timestamp
)

var kindNames = [...]string{Number: "number", Category: "category", Boolean: "boolean", Text: "text", Timestamp: "timestamp"}

// String returns the name that files use.
func (k Kind) String() string {
	if k < Number || k > Timestamp {
		return fmt.Sprintf("kind %d", uint8(k))
	}
	return kindNames[k]
}

// ParseKind is the inverse of String.
func ParseKind(s string) (Kind, bool) {
	for k := Number; k <= Timestamp; k++ {
		if kindNames[k] == s {
			return k, true
		}
	}
	return 0, false
}

// Numeric reports whether profiles of the kind hold numbers.
func (k Kind) Numeric() bool { return k == Number || k == Timestamp }
