package decode

import (
	"fmt"
	"slices"
	"strings"
)

// node is a place in a record that a path leads to or through. Its slots are
// the keys seen or expected in an object at that place. Each slot remembers
// which key came after it in the last record, so that a stream whose records
// keep their key order is read by one comparison a key, without a look-up.
type node struct {
	path  string
	top   bool // the record itself
	field int  // index of the path that ends here, or -1
	slots map[string]*slot
	first *slot     // the key that the last record began with
	elems []element // ascending by index
}

// slot is one key of an object.
type slot struct {
	quoted string // the key and a quote, as a payload holds it; "" if it has to be escaped there
	seen   uint64 // the record that held it last
	path   []byte
	next   *slot
	child  *node // nil: no path leads there
}

// element is an element of an array that a path leads to.
type element struct {
	index int
	node  *node
}

func newNode(path string) *node { return &node{path: path, field: -1} }

func newRoot() *node { return &node{top: true, field: -1} }

// pathOf returns the path of one of the place's keys.
func (n *node) pathOf(key string) []byte { return AppendKey([]byte(n.path), key, n.top) }

// newShape builds the tree of paths.
func newShape(paths []string) (*node, error) {
	root := newRoot()
	for i, path := range paths {
		keys, err := SplitPath(path)
		if err != nil {
			return nil, err
		}
		n := root
		for _, key := range keys {
			n = n.descend(key)
		}
		if n.field >= 0 {
			return nil, fmt.Errorf("path %q is listed twice", path)
		}
		n.field = i
	}
	return root, nil
}

// descend returns the place that key leads to, in an object or an array.
func (n *node) descend(key string) *node {
	if s := n.slots[key]; s != nil {
		return s.child
	}
	s := n.addSlot(key)
	s.child = newNode(string(s.path))
	if i, ok := arrayIndex(key); ok {
		at, _ := slices.BinarySearchFunc(n.elems, i, func(e element, i int) int { return e.index - i })
		n.elems = slices.Insert(n.elems, at, element{i, s.child})
	}
	return s.child
}

func (n *node) addSlot(key string) *slot {
	if n.slots == nil {
		n.slots = make(map[string]*slot)
	}
	s := &slot{path: n.pathOf(key)}
	if isPlain(key) {
		s.quoted = key + `"`
	}
	n.slots[key] = s
	return s
}

// leaf reports whether nothing below the place is asked for.
func (n *node) leaf() bool { return n.slots == nil && n.elems == nil }

// isPlain reports whether JSON can only hold the key between quotes as it is,
// or with escapes that are not needed.
func isPlain(key string) bool {
	return !strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' })
}
