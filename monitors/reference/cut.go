package reference

import (
	"errors"
	"slices"
	"strings"

	"driftwatch/monitors/profile"
	"driftwatch/monitors/source/file"
)

// Cut says which rows of data files a reference is made of, and into which
// segments they are cut, as a monitor does with the records of its stream.
type Cut struct {
	Where    []Condition     // all must hold
	Segments func() Segments // returns new ones; nil: the whole is not cut

	// Absent are the fields of Where that the data do not have at all: their
	// conditions were not applied.
	Absent []string
}

// Condition holds in rows whose field has the value.
type Condition struct{ Field, Value string }

// Segments names the segments of rows. Which ones have a name of their own may
// depend on which others there are, so all rows are shown to it first.
type Segments interface {
	// By lists the fields of each entry: a row is in one segment of each.
	By() [][]string
	// Meet shows it a row's values of an entry's fields; nil is none.
	Meet(entry int, values [][]byte)
	// Name returns the segment of a row, once all were met.
	Name(entry int, values [][]byte) string
}

// Columns lists the columns that are needed for the fields and the cut, each once.
func (c *Cut) Columns(fields []FieldSpec) []string {
	var names []string
	for _, f := range fields {
		names = append(names, f.Name)
	}
	if c != nil { // segments are made by some of the fields
		for _, w := range c.Where {
			names = append(names, w.Field)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// empty reports whether all rows are counted, and only as a whole.
func (c *Cut) empty() bool { return c == nil || len(c.Where) == 0 && c.Segments == nil }

// cutter is a Cut at work on an input.
type cutter struct {
	*Cut
	in       *file.Input
	fields   []FieldSpec
	segments Segments
	chosen   file.Batch // rows that are counted, of the batch at hand
	rows     []int
	part     file.Batch // rows of one segment
}

// build makes a reference of the rows that are counted: the whole with its
// guides, and its segments, which have none.
func (c *cutter) build() (*Reference, error) {
	if err := c.meet(); err != nil {
		return nil, err
	}
	whole, parts := newBuilder(c.fields, profile.NewMemory(remembered)), map[string]*builder{}
	err := c.Scan(func(b *file.Batch) error {
		whole.add(b)
		c.each(b, func(entry int, values [][]byte) string { return c.segments.Name(entry, values) },
			func(name string, part *file.Batch) {
				if parts[name] == nil {
					parts[name] = newBuilder(c.fields, nil)
				}
				parts[name].add(part)
			})
		return nil
	})
	if err != nil {
		return nil, err
	}
	if whole.rows == 0 {
		return nil, errNoRows
	}
	whole.finish()
	if err := whole.addGuides(c); err != nil {
		return nil, err
	}
	var segments []Segment
	for name, b := range parts {
		b.finish()
		segments = append(segments, b.segment(name, whole))
	}
	return New(whole.segment("", whole), segments...)
}

var errNoRows = errors.New("no row is one that where lets through")

// meet shows all rows that are counted to the segments. A field of where that
// turns out to be nowhere in the data says nothing of them, so they are counted
// without it.
func (c *cutter) meet() error {
	c.Absent = nil
	for {
		if c.Cut.Segments != nil {
			c.segments = c.Cut.Segments()
		}
		err := c.Scan(func(b *file.Batch) error {
			c.each(b, func(entry int, values [][]byte) string { c.segments.Meet(entry, values); return "" }, nil)
			return nil
		})
		if err != nil {
			return err
		}
		absent := c.absent()
		if len(absent) == len(c.Absent) {
			return nil
		}
		c.Absent = absent
	}
}

func (c *cutter) absent() []string {
	var names []string
	for _, w := range c.Where {
		if !slices.Contains(c.in.Names(), w.Field) {
			names = append(names, w.Field)
		}
	}
	return names
}

// Scan visits the rows that are counted.
func (c *cutter) Scan(visit func(*file.Batch) error) error {
	return c.in.Scan(func(b *file.Batch) error { return visit(c.choose(b)) })
}

// choose returns the rows that meet all conditions.
func (c *cutter) choose(b *file.Batch) *file.Batch {
	if len(c.Where) == len(c.Absent) {
		return b
	}
	c.rows = c.rows[:0]
	for row := range b.Rows {
		if c.counted(b, row) {
			c.rows = append(c.rows, row)
		}
	}
	takeRows(&c.chosen, b, c.rows)
	return &c.chosen
}

func (c *cutter) counted(b *file.Batch, row int) bool {
	for _, w := range c.Where {
		i := slices.Index(b.Names, w.Field)
		switch {
		case i >= 0 && i < len(b.Columns):
			if !w.holds(&b.Columns[i][row]) {
				return false
			}
		case !slices.Contains(c.Absent, w.Field):
			return false
		}
	}
	return true
}

// holds reports whether a cell is the value: as text, whatever its type in the
// file. CSV writes booleans in more ways than one.
func (w Condition) holds(c *file.Cell) bool {
	switch c.Kind {
	case file.Missing, file.Null, file.Nested, file.Time:
		return false
	case file.Untyped:
		if w.Value == "true" || w.Value == "false" {
			return strings.EqualFold(string(c.Text), w.Value)
		}
	}
	return string(c.AppendText(nil)) == w.Value
}

// each calls part with the rows of each segment of a batch, by the name that of
// gives it, if part is not nil.
func (c *cutter) each(b *file.Batch, of func(entry int, values [][]byte) string, part func(name string, rows *file.Batch)) {
	if c.segments == nil {
		return
	}
	for entry, by := range c.segments.By() {
		var names []string
		rows := map[string][]int{}
		columns := c.columns(b, by)
		values := make([][]byte, len(by))
		for row := range b.Rows {
			for i := range columns {
				values[i] = columns[i].value(row)
			}
			name := of(entry, values)
			if rows[name] == nil {
				names = append(names, name)
			}
			rows[name] = append(rows[name], row)
		}
		if part == nil {
			continue
		}
		for _, name := range names {
			takeRows(&c.part, b, rows[name])
			part(name, &c.part)
		}
	}
}

// column is a column that segments are made by.
type column struct {
	read  reader
	cells []file.Cell // nil: no row so far has the field
}

func (c *cutter) columns(b *file.Batch, by []string) []column {
	columns := make([]column, len(by))
	for i, name := range by {
		if f := slices.IndexFunc(c.fields, func(f FieldSpec) bool { return f.Name == name }); f >= 0 {
			columns[i].read.spec = c.fields[f]
		}
		if at := slices.Index(b.Names, name); at >= 0 && at < len(b.Columns) {
			columns[i].cells = b.Columns[at]
		}
	}
	return columns
}

// value returns a row's value as the name of a segment has it; nil is none. It is
// valid until the next call.
func (c *column) value(row int) []byte {
	if row >= len(c.cells) {
		return nil
	}
	cell := &c.cells[row]
	c.read.text = c.read.text[:0]
	text, ok := c.read.category(cell)
	switch {
	case cell.Kind == file.Missing, cell.Kind == file.Null:
		return nil
	case ok:
		return text
	case cell.Kind == file.Untyped && IsNull(cell.Text):
		return nil
	}
	return []byte("<invalid>")
}

// takeRows makes to some rows of from, whose texts the two share.
func takeRows(to, from *file.Batch, rows []int) {
	to.Rows, to.Names = len(rows), from.Names
	for len(to.Columns) < len(from.Columns) {
		to.Columns = append(to.Columns, nil)
	}
	to.Columns = to.Columns[:len(from.Columns)]
	for i, cells := range from.Columns {
		to.Columns[i] = to.Columns[i][:0]
		for _, row := range rows {
			to.Columns[i] = append(to.Columns[i], cells[row])
		}
	}
}
