package snapshot

import "fmt"

// Refusal is why a request cannot be met, for whoever made it.
type Refusal struct {
	Reason  string
	Missing bool // what it is about does not exist
}

func (r *Refusal) Error() string { return r.Reason }

// Missing says that what a request is about does not exist.
func Missing(format string, args ...any) error {
	return &Refusal{Reason: fmt.Sprintf(format, args...), Missing: true}
}

// Refused says why a request cannot be met as things are.
func Refused(format string, args ...any) error {
	return &Refusal{Reason: fmt.Sprintf(format, args...)}
}
