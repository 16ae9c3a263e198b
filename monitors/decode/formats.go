package decode

import (
	"fmt"
	"strings"
)

// formats is the table of formats: one line each, by name.
var formats = []struct {
	name string
	make func(paths []string) (Decoder, error)
}{
	{"json", NewJSON},
}

// Formats returns the names of all formats.
func Formats() []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.name
	}
	return names
}

// New returns a decoder of a format for fields at the given paths.
func New(format string, paths []string) (Decoder, error) {
	for _, f := range formats {
		if f.name == format {
			return f.make(paths)
		}
	}
	return nil, fmt.Errorf("format %q is not known; there is %s", format, strings.Join(Formats(), ", "))
}
