package file

import (
	"bytes"
	"errors"
	"io"

	"driftwatch/monitors/decode"
)

// jsonlReader reads JSON Lines: one object a line. Columns are the paths of
// its leaves; an object is walked through unless it is a column that is asked
// for.
type jsonlReader struct {
	s       *scanner
	columns []int // of the decoder's fields
	names   func() []string
	err     error
}

func scanJSONL(s *scanner, r io.Reader) error {
	j := &jsonlReader{s: s}
	decoder, err := j.decoder()
	if err != nil {
		return s.fail(err)
	}
	lines := newLineReader(r)
	for {
		line, err := lines.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		s.line++
		s.row++
		if err != nil {
			return s.fail(err)
		}
		if s.line == 1 {
			line = bytes.TrimPrefix(line, byteOrderMark)
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			s.row--
			continue
		}
		s.current()
		if err := decoder.Decode(line, j); err != nil {
			return s.fail(err)
		}
		if j.err != nil {
			return s.fail(j.err)
		}
		if err := s.endRow(); err != nil {
			return s.fail(err)
		}
	}
}

func (j *jsonlReader) decoder() (decode.Decoder, error) {
	if wanted := j.s.in.options.Columns; wanted != nil {
		j.names = func() []string { return wanted }
		return decode.NewJSON(wanted)
	}
	d := decode.Discover(maxColumns)
	j.names = d.Paths
	return d, nil
}

// Leaf implements decode.Visitor.
func (j *jsonlReader) Leaf(i int, v decode.Value) {
	for len(j.columns) <= i {
		column, _, err := j.s.in.column(j.names()[len(j.columns)])
		if err != nil {
			j.err = err
			return
		}
		j.columns = append(j.columns, column)
	}
	b := j.s.batch
	c := Cell{Kind: cellKinds[v.Type], Bool: v.Bool}
	if v.Text != nil {
		c.Text = b.keep(v.Text)
	}
	b.set(j.columns[i], c)
}

// Unknown implements decode.Visitor.
func (j *jsonlReader) Unknown([]byte) {}

var cellKinds = [...]Kind{decode.Missing: Missing, decode.Null: Null, decode.Bool: Bool, decode.Number: Number,
	decode.String: String, decode.Object: Nested, decode.Array: Nested}
