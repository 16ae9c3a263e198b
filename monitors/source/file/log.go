package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"driftwatch/monitors/source"
)

// Log is a file of one record a line, as a partition that is over at its end:
// what a line holds is the value of a record, its number, from 1, is the offset. The
// records have no key, no headers and no time of their own. It implements
// source.Log and is for one goroutine.
type Log struct {
	name  string
	close func() error
	lines *lineReader
	next  int64 // number of the next line, or 0: none was read
	text  []byte
	batch []source.Record
}

// OpenLog opens a file, compressed or not; "-" is standard input.
func OpenLog(path string, stdin io.Reader) (*Log, error) {
	l := &Log{name: path, close: func() error { return nil }}
	in := stdin
	if path == "-" {
		l.name = "standard input"
	} else {
		f, err := os.Open(path)
		if err != nil {
			return nil, &Error{File: path, Err: plain(err)}
		}
		in, l.close = f, f.Close
	}
	r, done, err := decompress(in)
	if err != nil {
		return nil, errors.Join(&Error{File: l.name, Err: plain(err)}, l.close())
	}
	file := l.close
	l.close = func() error { done(); return file() }
	l.lines = newLineReader(r)
	return l, nil
}

// Close closes the file.
func (l *Log) Close() error { return l.close() }

// Fetch implements source.Log. A file can only be read on from where it is.
func (l *Log) Fetch(ctx context.Context, from int64) (source.Batch, error) {
	if from != l.next {
		return source.Batch{}, &Error{File: l.name, Err: fmt.Errorf("line %d was asked for after line %d", from, l.next)}
	}
	l.next = max(1, l.next)
	b := source.Batch{From: from}
	l.batch, l.text = l.batch[:0], l.text[:0]
	for len(l.batch) < batchRecords && len(l.text) < batchText && !b.Final {
		line, err := l.lines.next()
		switch {
		case errors.Is(err, io.EOF):
			b.Final = true
		case err != nil:
			return source.Batch{}, &Error{File: l.name, Line: l.next, Err: plain(err)}
		default:
			l.add(line)
		}
	}
	b.Records, b.Next, b.End = l.batch, l.next, l.next
	if !b.Final {
		b.End++ // there may be more
	}
	return b, ctx.Err()
}

// batchRecords bounds the records of one batch.
const batchRecords = 4096

// add keeps a line, unless there is nothing in it.
func (l *Log) add(line []byte) {
	if l.next == 1 {
		line = bytes.TrimPrefix(line, byteOrderMark)
	}
	if line = bytes.TrimSpace(line); len(line) > 0 {
		start := len(l.text)
		l.text = append(l.text, line...)
		l.batch = append(l.batch, source.Record{Offset: l.next, Value: l.text[start:len(l.text):len(l.text)]})
	}
	l.next++
}
