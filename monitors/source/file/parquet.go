package file

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"driftwatch/monitors/decode"
)

// scanParquetFile reads f, by way of a temporary file if it is compressed as a
// whole, because Parquet is not read from its start to its end.
func (s *scanner) scanParquetFile(f *os.File) (err error) {
	r, done, err := decompress(f)
	if err != nil {
		return s.fail(err)
	}
	defer done()
	if _, same := r.(interface{ Peek(int) ([]byte, error) }); same {
		return s.scanParquet(f)
	}
	path, err := s.in.spool(r)
	if err != nil {
		return s.fail(err)
	}
	defer func() { err = errors.Join(err, os.Remove(path)) }()
	plainFile, err := os.Open(path)
	if err != nil {
		return s.fail(plain(err))
	}
	defer func() { err = errors.Join(err, plainFile.Close()) }()
	return s.scanParquet(plainFile)
}

// scanParquet reads row groups one after the other. The library panics on some
// damaged files; such a panic is an error of the file.
func (s *scanner) scanParquet(f *os.File) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = s.fail(fmt.Errorf("the file is damaged: %v", r))
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return s.fail(plain(err))
	}
	p, err := parquet.OpenFile(f, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return s.fail(fmt.Errorf("is not a Parquet file, or damaged: %w", err))
	}
	columns, err := s.parquetColumns(p.Root(), nil)
	if err != nil {
		return s.fail(err)
	}
	for _, group := range p.RowGroups() {
		if err := s.rowGroup(group, columns); err != nil {
			return s.fail(err)
		}
	}
	return nil
}

// parquetColumn is a leaf of the schema that is wanted.
type parquetColumn struct {
	leaf    int // -1: it is a list, whose values are not read
	column  int
	convert convert

	pages  parquet.Pages
	page   parquet.Page
	values parquet.ValueReader
	buf    []parquet.Value
}

// parquetColumns lists the wanted columns below c. A list or map is one column
// of nested values.
func (s *scanner) parquetColumns(c *parquet.Column, path []byte) ([]*parquetColumn, error) {
	var columns []*parquetColumn
	for _, child := range c.Columns() {
		name := decode.AppendKey(path[:len(path):len(path)], child.Name(), path == nil)
		isList := hasRepeated(child)
		if !child.Leaf() && !isList {
			below, err := s.parquetColumns(child, name)
			if err != nil {
				return nil, err
			}
			columns = append(columns, below...)
			continue
		}
		column, wanted, err := s.in.column(string(name))
		if err != nil {
			return nil, err
		}
		if !wanted {
			continue
		}
		pc := &parquetColumn{leaf: -1, column: column}
		if !isList {
			if err := readable(child); err != nil {
				return nil, fmt.Errorf("column %q: %w", name, err)
			}
			pc.leaf, pc.convert, pc.buf = child.Index(), converter(child), make([]parquet.Value, batchRows)
		}
		columns = append(columns, pc)
	}
	return columns, nil
}

// readable refuses LZ4: the library drops what it decompressed where its buffer
// was too small, and hands out what the buffer held before.
func readable(c *parquet.Column) error {
	if codec := c.Compression(); codec != nil {
		switch codec.CompressionCodec() {
		case format.Lz4, format.Lz4Raw:
			return errors.New("it is compressed with LZ4, which is not read: write the file with zstd or snappy")
		}
	}
	return nil
}

// hasRepeated reports whether a place is a list: it or the only place below it
// is repeated, as lists and maps are written.
func hasRepeated(c *parquet.Column) bool {
	return c.Repeated() || !c.Leaf() && len(c.Columns()) == 1 && c.Columns()[0].Repeated()
}

func (s *scanner) rowGroup(group parquet.RowGroup, columns []*parquetColumn) (err error) {
	chunks := group.ColumnChunks()
	for _, c := range columns {
		if c.leaf >= 0 {
			c.pages, c.page, c.values = chunks[c.leaf].Pages(), nil, nil
		}
	}
	defer func() {
		for _, c := range columns {
			err = errors.Join(err, c.close())
		}
	}()
	for left := group.NumRows(); left > 0; {
		if err := s.flush(); err != nil {
			return err
		}
		b := s.current()
		n := int(min(left, batchRows))
		for _, c := range columns {
			if err := c.read(b, n); err != nil {
				return fmt.Errorf("column %q: %w", s.in.names[c.column], err)
			}
		}
		b.Rows = n
		s.row += int64(n)
		left -= int64(n)
	}
	return s.flush()
}

func (c *parquetColumn) close() error {
	parquet.Release(c.page)
	if c.pages == nil {
		return nil
	}
	err := c.pages.Close()
	c.page, c.pages = nil, nil
	return err
}

// read puts the next n values into the batch.
func (c *parquetColumn) read(b *Batch, n int) error {
	for len(b.Columns) <= c.column {
		b.Columns = append(b.Columns, nil)
	}
	cells := b.Columns[c.column][:0]
	for len(cells) < n {
		if c.leaf < 0 {
			cells = append(cells, Cell{Kind: Nested})
			continue
		}
		values, err := c.next(n - len(cells))
		if err != nil {
			return err
		}
		for _, v := range values {
			if v.IsNull() {
				cells = append(cells, Cell{Kind: Null})
			} else {
				cells = append(cells, c.convert(b, v))
			}
		}
	}
	b.Columns[c.column] = cells
	return nil
}

// next returns at least one and at most n values.
func (c *parquetColumn) next(n int) ([]parquet.Value, error) {
	for {
		if c.values != nil {
			k, err := c.values.ReadValues(c.buf[:n])
			if k > 0 {
				return c.buf[:k], nil
			}
			if err != nil && !errors.Is(err, io.EOF) {
				return nil, err
			}
		}
		parquet.Release(c.page)
		c.page, c.values = nil, nil
		page, err := c.pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return nil, errors.New("it has fewer values than its row group has rows")
		}
		if err != nil {
			return nil, err
		}
		c.page, c.values = page, page.Values()
	}
}
