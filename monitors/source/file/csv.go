package file

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// csvReader reads CSV as RFC 4180 has it, with LF or CRLF at the end of lines.
// The first row names the columns. Blank lines are left out. An empty cell is
// null, with or without quotes, because programs that write CSV do not agree
// on a difference. A quote inside a cell that does not begin with one is a
// character like others.
type csvReader struct {
	s       *scanner
	lines   *lineReader
	comma   byte
	columns []int // column of the n-th cell of a row, -1: not wanted
	quoted  []byte
}

func scanCSV(s *scanner, r io.Reader, comma byte) error {
	c := &csvReader{s: s, lines: newLineReader(r), comma: comma}
	if err := c.header(); err != nil {
		return s.fail(err)
	}
	for {
		s.row++
		err := c.rowTo(func(i int, text []byte) error { return c.cell(i, text) })
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = s.endRow()
		}
		if err != nil {
			return s.fail(err)
		}
	}
}

func (c *csvReader) header() error {
	seen := map[string]bool{}
	err := c.rowTo(func(i int, text []byte) error {
		if i < 0 {
			return nil
		}
		if bytes.IndexByte(text, 0) >= 0 || !utf8.Valid(text) {
			return errors.New("the names of columns are not text: this is no CSV file, or not in UTF-8")
		}
		name := string(text)
		if name == "" {
			name = fmt.Sprintf("column_%d", i+1)
		}
		if seen[name] {
			return fmt.Errorf("two columns have the name %q", name)
		}
		seen[name] = true
		column, wanted, err := c.s.in.column(name)
		if !wanted {
			column = -1
		}
		c.columns = append(c.columns, column)
		return err
	})
	if errors.Is(err, io.EOF) {
		c.s.line = 0
		return errors.New("the file is empty: it has no row with the names of columns")
	}
	return err
}

// cell puts the i-th cell of a row into the batch; i is -1 at the row's end,
// where the length of text is the number of cells.
func (c *csvReader) cell(i int, text []byte) error {
	if i >= len(c.columns) {
		return fmt.Errorf("it has more than %d cells, as many as the header", len(c.columns))
	}
	column := c.columns[i]
	if column < 0 {
		return nil
	}
	b := c.s.current()
	if len(text) == 0 {
		b.set(column, Cell{Kind: Null})
	} else {
		b.set(column, Cell{Kind: Untyped, Text: b.keep(text)})
	}
	return nil
}

// rowTo reads a row and gives its cells to emit.
func (c *csvReader) rowTo(emit func(i int, text []byte) error) error {
	line, err := c.line()
	if err != nil {
		return err
	}
	n := 0
	for rest := line; ; n++ {
		var text []byte
		last := false
		if len(rest) > 0 && rest[0] == '"' {
			text, rest, last, err = c.quotedCell(rest)
			if err != nil {
				return err
			}
		} else if i := bytes.IndexByte(rest, c.comma); i >= 0 {
			text, rest = rest[:i], rest[i+1:]
		} else {
			text, last = rest, true
		}
		if err := emit(n, text); err != nil {
			return err
		}
		if last {
			break
		}
	}
	if c.s.row > 0 && n+1 < len(c.columns) {
		return fmt.Errorf("it has %d cells, the header has %d", n+1, len(c.columns))
	}
	if c.s.row > 0 {
		c.s.current()
	}
	return nil
}

// line returns the next line that is not blank, without its end.
func (c *csvReader) line() ([]byte, error) {
	for {
		line, err := c.lines.next()
		if err != nil {
			return nil, err
		}
		if c.s.line++; c.s.line == 1 {
			line = bytes.TrimPrefix(line, byteOrderMark)
		}
		if line = trimEnd(line); len(line) > 0 {
			return line, nil
		}
	}
}

func trimEnd(line []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
}

// quotedCell reads a cell that begins with a quote, over several lines if it
// has to. Its text is valid until the next quoted cell.
func (c *csvReader) quotedCell(line []byte) (text, rest []byte, last bool, err error) {
	c.quoted = c.quoted[:0]
	first := c.s.line
	rest = line[1:]
	for {
		i := bytes.IndexByte(rest, '"')
		switch {
		case i < 0:
			if rest, err = c.continued(rest, first); err != nil {
				return nil, nil, false, err
			}
		case i+1 == len(rest):
			return c.unquoted(rest[:i]), nil, true, nil
		case rest[i+1] == '"':
			c.quoted = append(c.quoted, rest[:i+1]...)
			rest = rest[i+2:]
		case rest[i+1] == c.comma:
			return c.unquoted(rest[:i]), rest[i+2:], false, nil
		default:
			return nil, nil, false, fmt.Errorf("%q stands after the quote that ends a cell", rest[i+1])
		}
	}
}

func (c *csvReader) unquoted(end []byte) []byte {
	if len(c.quoted) == 0 {
		return end
	}
	c.quoted = append(c.quoted, end...)
	return c.quoted
}

// continued keeps the rest of a line that ends inside quotes and returns the
// next line.
func (c *csvReader) continued(rest []byte, first int64) ([]byte, error) {
	c.quoted = append(append(c.quoted, rest...), '\n')
	if len(c.quoted) > maxRow {
		return nil, fmt.Errorf("a cell is longer than %d MiB", maxRow>>20)
	}
	line, err := c.lines.next()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("the quote that begins a cell in line %d is not closed", first)
	}
	c.s.line++
	return trimEnd(line), err
}
