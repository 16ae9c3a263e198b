package decode

import "strings"

// ParseBool reads a boolean that is written as text: true, false, yes, no, their
// first letters, 1 and 0, in capital letters too.
func ParseBool(text []byte) (v, ok bool) {
	if len(text) > len("false") {
		return false, false
	}
	switch strings.ToLower(string(text)) {
	case "true", "t", "yes", "y", "1":
		return true, true
	case "false", "f", "no", "n", "0":
		return false, true
	}
	return false, false
}
