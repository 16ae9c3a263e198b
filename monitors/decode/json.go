package decode

import "fmt"

const (
	maxDepth     = 128     // objects and arrays that may be nested in one another
	maxLearned   = 1024    // keys without a path that a decoder remembers between records
	maxKey       = 128     // bytes of such a key
	keptCapacity = 1 << 20 // bytes that a buffer may keep between records
)

// JSON decodes records that are one JSON object each, by RFC 8259 to the
// letter: valid UTF-8, no lone surrogates, no name twice in an object, nothing
// after the object. A record that breaks a rule anywhere, also where no path
// leads, is refused as a whole.
//
// A field whose path ends at an object or an array gets Object or Array. Of
// what no path leads to, each member is unknown once, at the highest name that
// is not known, and its content is not looked at further. Elements of arrays
// have no names and are never unknown, but members of an element that a path
// leads through are. So is a value that stands where paths expect an object or
// array, unless it is null.
type JSON struct {
	root     *node
	names    []string // paths by field index
	discover int      // most fields that may be discovered; 0: fields are given
	learned  int
	record   uint64 // counts records
	object   uint64 // counts objects whose names are kept in set
	b        []byte
	v        Visitor
	err      *Error
	text     []byte // unescaped values of this record
	key      []byte // an unescaped key
	set      nameSet
}

// NewJSON returns a decoder for JSON objects. Paths are as SplitPath reads
// them, each listed once.
func NewJSON(paths []string) (Decoder, error) {
	root, err := newShape(paths)
	if err != nil {
		return nil, err
	}
	return &JSON{root: root, names: paths, set: newNameSet()}, nil
}

// Discover returns a decoder that makes a field of every leaf it meets, in the
// order of their first appearance; objects are walked through, an array is a
// leaf. A record that would make more than limit fields is refused with reason
// "fields".
func Discover(limit int) *JSON {
	return &JSON{root: newRoot(), discover: limit, set: newNameSet()}
}

// Paths returns the path of each field.
func (d *JSON) Paths() []string { return d.names }

// Decode implements Decoder. Reasons are "empty", "json", "utf8", "duplicate"
// and "depth".
func (d *JSON) Decode(payload []byte, v Visitor) error {
	d.b, d.v, d.err = payload, v, nil
	d.record++
	d.set.reset(d.object)
	d.text = d.text[:0]
	d.decode()
	d.b, d.v = nil, nil
	if cap(d.text) > keptCapacity {
		d.text = nil
	}
	if d.err != nil {
		return d.err
	}
	return nil
}

func (d *JSON) decode() {
	i := d.space(0)
	if i == len(d.b) {
		d.fail("empty", 0, "the record is empty")
		return
	}
	if d.b[i] != '{' {
		d.fail("json", i, "the record is not a JSON object")
		return
	}
	if i = d.members(i+1, 1, d.root); i < 0 {
		return
	}
	if i = d.space(i); i < len(d.b) {
		d.fail("json", i, "there is something after the object")
	}
}

// fail keeps the first error; its result stands for the position after what
// could not be read.
func (d *JSON) fail(reason string, at int, detail string) int {
	if d.err == nil {
		d.err = &Error{Reason: reason, Offset: at, Detail: detail}
	}
	return -1
}

// unexpected fails because at i something else was expected.
func (d *JSON) unexpected(i int, want string) int {
	if i >= len(d.b) {
		return d.fail("json", i, "the record ends where "+want+" was expected")
	}
	return d.fail("json", i, fmt.Sprintf("found %q where %s was expected", d.b[i], want))
}

// members reads an object that began before i, at a place that paths lead to
// or through. It and its kind return the position behind what they read, or -1.
func (d *JSON) members(i, depth int, n *node) int {
	if i = d.space(i); i < len(d.b) && d.b[i] == '}' {
		return i + 1
	}
	link := &n.first // where the expected slot stands
	object := uint64(0)
	for {
		if i >= len(d.b) || d.b[i] != '"' {
			return d.unexpected(i, "a name")
		}
		i++
		at, s := i, *link
		if s != nil && len(d.b)-i >= len(s.quoted) && string(d.b[i:i+len(s.quoted)]) == s.quoted {
			i += len(s.quoted)
		} else {
			if s, i = d.lookUp(i, n, &object); i < 0 {
				return -1
			}
			if s != nil && s.quoted != "" {
				*link = s
			}
		}
		if s != nil {
			if s.seen == d.record {
				return d.duplicate(at)
			}
			s.seen = d.record
			link = &s.next
		}
		if i = d.space(i); i >= len(d.b) || d.b[i] != ':' {
			return d.unexpected(i, "a colon")
		}
		if i = d.member(d.space(i+1), depth, s); i < 0 {
			return -1
		}
		if i = d.space(i); i >= len(d.b) {
			return d.unexpected(i, "a comma or the object's end")
		}
		switch d.b[i] {
		case ',':
			i = d.space(i + 1)
		case '}':
			return i + 1
		default:
			return d.unexpected(i, "a comma or the object's end")
		}
	}
}

func (d *JSON) duplicate(i int) int {
	return d.fail("duplicate", i, "a name stands twice in an object")
}

// lookUp reads the name at i, behind its quote, and returns its slot. A name
// that has none and gets none is nil; it is remembered in the set, for this
// object only.
func (d *JSON) lookUp(i int, n *node, object *uint64) (*slot, int) {
	start := i
	key, i := d.name(i)
	if i < 0 {
		return nil, -1
	}
	if s := n.slots[string(key)]; s != nil {
		return s, i
	}
	if d.discover > 0 {
		return d.discoverName(start, i, n, string(key))
	}
	if d.learned < maxLearned && len(key) <= maxKey {
		d.learned++
		return n.addSlot(string(key)), i
	}
	if *object == 0 {
		d.object++
		*object = d.object
	}
	if !d.set.add(*object, key) {
		return nil, d.duplicate(start)
	}
	d.v.Unknown(n.pathOf(string(key)))
	return nil, i
}

// discoverName makes a place of a name that was not met before.
func (d *JSON) discoverName(start, end int, n *node, key string) (*slot, int) {
	if d.learned++; d.learned > 2*d.discover {
		return nil, d.tooMany(start)
	}
	s := n.addSlot(key)
	s.child = newNode(string(s.path))
	return s, end
}

func (d *JSON) tooMany(i int) int {
	return d.fail("fields", i, fmt.Sprintf("there are more than %d different fields", d.discover))
}

// member reads the value of a member whose slot is s, nil for none.
func (d *JSON) member(i, depth int, s *slot) int {
	if s == nil {
		return d.skip(i, depth)
	}
	if s.child == nil {
		d.v.Unknown(s.path)
		return d.skip(i, depth)
	}
	return d.value(i, depth, s.child)
}

// value reads the value at i, at a place that paths lead to or through.
func (d *JSON) value(i, depth int, n *node) int {
	if i >= len(d.b) {
		return d.unexpected(i, "a value")
	}
	switch c := d.b[i]; c {
	case '"':
		text, end := d.stringValue(i + 1)
		return d.leaf(end, n, Value{Type: String, Text: text})
	case 't', 'f', 'n':
		return d.leaf(d.literal(i), n, literalValue(c))
	case '{':
		return d.objectValue(i, depth+1, n)
	case '[':
		return d.arrayValue(i, depth+1, n)
	default:
		end := d.number(i)
		if end < 0 {
			return -1
		}
		return d.leaf(end, n, Value{Type: Number, Text: d.b[i:end:end]})
	}
}

func literalValue(c byte) Value {
	if c == 'n' {
		return Value{Type: Null}
	}
	return Value{Type: Bool, Bool: c == 't'}
}

// leaf reports the value at a place, unless it could not be read, and returns
// its end.
func (d *JSON) leaf(end int, n *node, v Value) int {
	if end < 0 {
		return -1
	}
	if n.field < 0 {
		return d.stray(end, n, v)
	}
	d.v.Leaf(n.field, v)
	return end
}

// stray is leaf for a place where no path ends: its value is unknown, or a
// discovery.
func (d *JSON) stray(end int, n *node, v Value) int {
	switch {
	case v.Type == Null && !n.leaf():
		return end
	case d.discover == 0:
		d.v.Unknown([]byte(n.path))
		return end
	case len(d.names) == d.discover:
		return d.tooMany(end)
	}
	n.field = len(d.names)
	d.names = append(d.names, n.path)
	return d.leaf(end, n, v)
}

func (d *JSON) objectValue(i, depth int, n *node) int {
	if depth > maxDepth {
		return d.tooDeep(i)
	}
	if n.field >= 0 && d.discover == 0 {
		d.v.Leaf(n.field, Value{Type: Object})
		if n.leaf() {
			return d.skipObject(i+1, depth)
		}
	}
	return d.members(i+1, depth, n)
}

func (d *JSON) arrayValue(i, depth int, n *node) int {
	if depth > maxDepth {
		return d.tooDeep(i)
	}
	if n.field >= 0 || len(n.elems) == 0 {
		i = d.leaf(i, n, Value{Type: Array})
		if i < 0 {
			return -1
		}
	}
	elems := n.elems
	i = d.space(i + 1)
	if i < len(d.b) && d.b[i] == ']' {
		return i + 1
	}
	for k := 0; ; k++ {
		if len(elems) > 0 && elems[0].index == k {
			i = d.value(i, depth, elems[0].node)
			elems = elems[1:]
		} else {
			i = d.skip(i, depth)
		}
		if i < 0 {
			return -1
		}
		end, more := d.nextElement(i)
		if !more {
			return end
		}
		i = end
	}
}

// nextElement reads what follows an element: more elements, or the array's end.
func (d *JSON) nextElement(i int) (int, bool) {
	if i = d.space(i); i < len(d.b) && d.b[i] == ',' {
		return d.space(i + 1), true
	}
	if i < len(d.b) && d.b[i] == ']' {
		return i + 1, false
	}
	return d.unexpected(i, "a comma or the array's end"), false
}

func (d *JSON) tooDeep(i int) int {
	return d.fail("depth", i, fmt.Sprintf("more than %d objects and arrays stand in one another", maxDepth))
}
