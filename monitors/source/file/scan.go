package file

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Scan reads all rows from the first on. A batch is valid during the call of
// visit, whose error ends the scan and is returned as it is; an error of a
// file is an *Error. Reading and visiting overlap: the files are read by a
// goroutine that has ended when Scan returns.
func (in *Input) Scan(visit func(*Batch) error) error {
	s := &scanner{in: in, free: make(chan *Batch, batchesAhead), ready: make(chan *Batch), stop: make(chan struct{})}
	for range batchesAhead {
		s.free <- &Batch{}
	}
	var readErr error
	go func() {
		defer close(s.ready)
		readErr = s.files()
	}()
	var visitErr error
	for b := range s.ready {
		if visitErr == nil {
			if visitErr = in.visit(b, visit); visitErr != nil {
				close(s.stop)
			}
		}
		s.free <- b
	}
	if visitErr != nil {
		return visitErr
	}
	return readErr
}

func (in *Input) visit(b *Batch, visit func(*Batch) error) error {
	if ctx := in.options.Context; ctx != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	err := visit(b)
	if err == nil && in.options.Progress != nil {
		in.options.Progress(b.Rows)
	}
	return err
}

// batchesAhead is how many batches are in use at a time.
const batchesAhead = 3

var errStopped = errors.New("stopped")

// scanner is one pass over an input.
type scanner struct {
	in    *Input
	file  *dataFile
	batch *Batch // the one being filled, or nil
	row   int64  // of the file, the one being read
	line  int64
	free  chan *Batch
	ready chan *Batch
	stop  chan struct{}
}

func (s *scanner) files() error {
	for i := range s.in.files {
		s.file, s.row, s.line = &s.in.files[i], 0, 0
		if err := s.scanFile(); err != nil {
			return err
		}
		if err := s.flush(); err != nil {
			return err
		}
	}
	return nil
}

// fail says where err happened.
func (s *scanner) fail(err error) error {
	var e *Error
	if errors.Is(err, errStopped) || errors.As(err, &e) {
		return err
	}
	return &Error{File: s.file.name, Row: s.row, Line: s.line, Err: err}
}

// current returns the batch that the next row goes to.
func (s *scanner) current() *Batch {
	if s.batch == nil {
		s.batch = <-s.free
		s.batch.reset()
	}
	return s.batch
}

// endRow ends the row that was put into the current batch.
func (s *scanner) endRow() error {
	s.batch.endRow()
	if s.batch.full() {
		return s.flush()
	}
	return nil
}

// flush hands the current batch over.
func (s *scanner) flush() error {
	b := s.batch
	if b == nil || b.Rows == 0 {
		return nil
	}
	b.pad()
	b.Names = s.in.names[:len(b.Columns):len(b.Columns)]
	s.batch = nil
	select {
	case s.ready <- b:
		return nil
	case <-s.stop:
		return errStopped
	}
}

func (s *scanner) scanFile() (err error) {
	f, err := os.Open(s.file.path)
	if err != nil {
		return s.fail(plain(err))
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if s.file.format == "parquet" {
		return s.scanParquetFile(f)
	}
	r, done, err := decompress(f)
	if err != nil {
		return s.fail(err)
	}
	defer done()
	for _, format := range formats {
		if format.name == s.file.format {
			return format.scan(s, r)
		}
	}
	return s.fail(errors.New("its format is not known"))
}

// decompress returns what r holds, decompressed if it begins like gzip or
// zstd.
func decompress(r io.Reader) (io.Reader, func(), error) {
	buf := bufio.NewReaderSize(r, 1<<16)
	head, err := buf.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(buf)
		if err != nil {
			return nil, nil, err
		}
		return z, func() {}, nil
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(buf, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<28))
		if err != nil {
			return nil, nil, err
		}
		return z, z.Close, nil
	}
	return buf, func() {}, nil
}
