package yamlx

import (
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// Map reads a mapping. The keys that are asked for are the keys that are
// known: Done reports all others.
type Map struct {
	at      Cursor
	entries []Entry
	asked   []string
	missing []string // needed, and not there
}

// Entry is one key of a mapping with its value.
type Entry struct {
	Key, Value Cursor
}

// Name is the key.
func (e Entry) Name() string { return e.Key.node.Value }

// Map reads the value as a mapping. Of an absent or empty value, and of one
// that is no mapping, which is reported, it has no keys.
func (c Cursor) Map() *Map {
	switch {
	case c.node == nil:
		return &Map{}
	case c.IsMap():
		return &Map{at: c, entries: entries(c)}
	case !c.isNull():
		c.Wrong("a mapping")
		return &Map{}
	}
	return &Map{at: c}
}

// entries pairs keys and values. Keys that are no words, and all but the first
// of equal ones, are left out: they were reported.
func entries(c Cursor) []Entry {
	list := make([]Entry, 0, len(c.node.Content)/2)
	seen := make(map[string]bool, cap(list))
	for i := 0; i+1 < len(c.node.Content); i += 2 {
		k, v := c.node.Content[i], c.node.Content[i+1]
		if k.Kind != yaml.ScalarNode || k.ShortTag() == "!!merge" || seen[k.Value] {
			continue
		}
		seen[k.Value] = true
		list = append(list, Entry{
			Key:   Cursor{doc: c.doc, node: k},
			Value: Cursor{doc: c.doc, node: v, key: k.Value, secret: c.secret || isSecret(k.Value)},
		})
	}
	return list
}

// At is the place of the mapping.
func (m *Map) At() Cursor { return m.at }

// Entries returns the mapping in the order of the file, for mappings whose keys
// are free.
func (m *Map) Entries() []Entry { return m.entries }

// Has reports whether the key is there, without asking for it.
func (m *Map) Has(key string) bool { return m.Key(key).Present() }

// Get returns the value of a key, the zero Cursor if it is not there.
func (m *Map) Get(key string) Cursor {
	if !slices.Contains(m.asked, key) {
		m.asked = append(m.asked, key)
	}
	for _, e := range m.entries {
		if e.Name() == key {
			return e.Value
		}
	}
	return Cursor{}
}

// Key returns the place of the key itself, for what is wrong with its being
// there.
func (m *Map) Key(key string) Cursor {
	for _, e := range m.entries {
		if e.Name() == key {
			return e.Key
		}
	}
	return Cursor{}
}

// Need returns the value of a key. Done reports its absence.
func (m *Map) Need(key string) Cursor {
	c := m.Get(key)
	if !c.Present() {
		m.missing = append(m.missing, key)
	}
	return c
}

// Misspelt reports whether one of the keys stands there in another spelling,
// which Done reports: then it is not missing as well.
func (m *Map) Misspelt(keys ...string) bool {
	return slices.ContainsFunc(m.entries, func(e Entry) bool {
		return !slices.Contains(m.asked, e.Name()) && slices.Contains(keys, nearest(e.Name(), m.asked))
	})
}

// RefuseInline reports a secret that stands in the file itself, under the key
// that would name its file without _file.
func (m *Map) RefuseInline(key string) bool {
	m.Get(key + "_file")
	if !m.Get(key).Present() {
		return false
	}
	m.Key(key).Errorf("secret", "secrets are read from files: use %s_file", key)
	return true
}

// Unsupported reports those of the keys that are there: they belong to the file
// format and cannot be done yet.
func (m *Map) Unsupported(keys ...string) {
	for _, key := range keys {
		m.Get(key)
		m.Key(key).Unsupported(key)
	}
}

// Done reports the keys that nobody asked for, and those that are needed and
// missing.
func (m *Map) Done() {
	for _, key := range m.missing {
		if !m.Misspelt(key) {
			m.at.Errorf("missing-key", "key %q is missing", key)
		}
	}
	for _, e := range m.entries {
		if slices.Contains(m.asked, e.Name()) {
			continue
		}
		hint := DidYouMean(e.Name(), m.asked)
		if hint == "" && len(m.asked) > 0 {
			hint = "; known here: " + strings.Join(m.asked, ", ")
		}
		e.Key.Errorf("unknown-key", "unknown key %s%s", clip(e.Name()), hint)
	}
}
