package monitors

import (
	"slices"
	"strings"
)

// sample keeps the few strings with the smallest hashes, so that it does not
// depend on the order of additions.
type sample struct {
	names []string        // by hash
	seen  map[string]bool // strings that need not be looked at again
}

const (
	sampleSize    = 16
	sampleSeen    = 1024 // bounds seen
	sampleNameMax = 64   // bytes kept of a name
)

// observe adds a string without allocating for those met before.
func (s *sample) observe(name []byte) {
	if s.seen[string(name)] {
		return
	}
	if len(s.seen) < sampleSeen {
		if s.seen == nil {
			s.seen = map[string]bool{}
		}
		s.seen[string(name)] = true
	}
	s.add(string(name))
}

func (s *sample) add(name string) {
	if len(name) > sampleNameMax {
		name = strings.ToValidUTF8(name[:sampleNameMax], "")
	}
	at, found := slices.BinarySearchFunc(s.names, name, compareByHash)
	if found || at == sampleSize {
		return
	}
	s.names = slices.Insert(s.names, at, name)
	if len(s.names) > sampleSize {
		s.names = s.names[:sampleSize]
	}
}
