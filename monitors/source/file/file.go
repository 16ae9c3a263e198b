// Package file reads data files row by row: CSV, JSON Lines and Parquet, as
// they are or compressed, several as one, and standard input. Rows come in
// batches, column by column, because that is how they are summarised. It knows
// no types of fields: a cell is what the file says.
package file

import (
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
)

// Kind is what a cell is.
type Kind uint8

// The kinds of cells.
const (
	Missing Kind = iota
	Null
	Bool
	Number  // Text is its literal
	Integer // Int
	Float   // Float
	Time    // Float: Unix seconds
	String  // Text
	Untyped // Text of a CSV cell, which may be anything; never empty: an empty cell is Null
	Nested  // an object or array
)

// Cell is one value of one row. Text is valid as long as its Batch.
type Cell struct {
	Kind  Kind
	Bool  bool
	Int   int64
	Float float64
	Text  []byte
}

// AppendText appends the cell's value as text: a number's literal, "true" or
// "false". Numbers of Parquet get the shortest literal that is the number.
func (c *Cell) AppendText(b []byte) []byte {
	switch c.Kind {
	case Bool:
		return strconv.AppendBool(b, c.Bool)
	case Integer:
		return strconv.AppendInt(b, c.Int, 10)
	case Float, Time:
		return strconv.AppendFloat(b, c.Float, 'f', -1, 64)
	default:
		return append(b, c.Text...)
	}
}

// Batch is some consecutive rows. Columns[i] are the cells of the i-th column,
// one for each row; a column that no row had so far is not among them.
type Batch struct {
	Rows    int
	Columns [][]Cell
	Names   []string // of the columns

	text []byte // what the cells' texts lie in
}

const (
	batchRows = 512
	batchText = 1 << 20 // bytes of text after which a batch is full
)

func (b *Batch) reset() {
	b.Rows, b.text = 0, b.text[:0]
	for i := range b.Columns {
		b.Columns[i] = b.Columns[i][:0]
	}
}

func (b *Batch) full() bool { return b.Rows >= batchRows || len(b.text) >= batchText }

// EachColumn calls visit for every column, for several at a time: visit must not
// share what it writes to between columns.
func (b *Batch) EachColumn(visit func(column int, cells []Cell)) {
	workers := min(runtime.GOMAXPROCS(0), len(b.Columns))
	var next atomic.Int64
	work := func() {
		for i := int(next.Add(1)) - 1; i < len(b.Columns); i = int(next.Add(1)) - 1 {
			visit(i, b.Columns[i])
		}
	}
	var others sync.WaitGroup
	for range workers - 1 {
		others.Go(work)
	}
	work()
	others.Wait()
}

// keep copies text into the batch. Growing moves what comes later only: earlier
// texts keep the memory that they lie in.
func (b *Batch) keep(text []byte) []byte {
	start := len(b.text)
	b.text = append(b.text, text...)
	return b.text[start:len(b.text):len(b.text)]
}

// set puts a cell into the row that is being read.
func (b *Batch) set(column int, c Cell) {
	for len(b.Columns) <= column {
		b.Columns = append(b.Columns, nil)
	}
	col := b.Columns[column]
	if col == nil {
		col = make([]Cell, 0, batchRows)
	}
	for len(col) < b.Rows {
		col = append(col, Cell{})
	}
	b.Columns[column] = append(col, c)
}

// endRow ends the row; columns that were not set are missing in it.
func (b *Batch) endRow() { b.Rows++ }

// pad makes all columns as long as the batch.
func (b *Batch) pad() {
	for i, col := range b.Columns {
		for len(col) < b.Rows {
			col = append(col, Cell{})
		}
		b.Columns[i] = col
	}
}

// Error is a file that cannot be read.
type Error struct {
	File string
	Row  int64 // counted from 1, without the header; 0: not of a row
	Line int64 // of text files, counted from 1; 0: not known
	Err  error
}

func (e *Error) Error() string {
	switch {
	case e.Line > 0 && e.Row > 0:
		return fmt.Sprintf("%s: row %d (line %d): %v", e.File, e.Row, e.Line, e.Err)
	case e.Line > 0:
		return fmt.Sprintf("%s: line %d: %v", e.File, e.Line, e.Err)
	case e.Row > 0:
		return fmt.Sprintf("%s: row %d: %v", e.File, e.Row, e.Err)
	}
	return fmt.Sprintf("%s: %v", e.File, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }
