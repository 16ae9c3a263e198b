package file

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxRow bounds one row of text.
const maxRow = 64 << 20

// lineReader reads lines. It lends them out of one buffer that grows with the
// longest.
type lineReader struct {
	r          io.Reader
	buf        []byte
	start, end int // of what was read and not yet given out
	ended      bool
}

func newLineReader(r io.Reader) *lineReader { return &lineReader{r: r, buf: make([]byte, 1<<17)} }

// next returns the next line with its end, if it has one, and io.EOF after the
// last. It is valid until the following call.
func (l *lineReader) next() ([]byte, error) {
	searched := 0
	for {
		if i := bytes.IndexByte(l.buf[l.start+searched:l.end], '\n'); i >= 0 {
			line := l.buf[l.start : l.start+searched+i+1]
			l.start += len(line)
			return line, nil
		}
		searched = l.end - l.start
		switch {
		case l.ended && searched == 0:
			return nil, io.EOF
		case l.ended:
			line := l.buf[l.start:l.end]
			l.start = l.end
			return line, nil
		case searched > maxRow:
			return nil, fmt.Errorf("the row is longer than %d MiB", maxRow>>20)
		}
		if err := l.fill(); err != nil {
			return nil, err
		}
	}
}

func (l *lineReader) fill() error {
	if l.start > 0 {
		l.end = copy(l.buf, l.buf[l.start:l.end])
		l.start = 0
	}
	if l.end == len(l.buf) {
		l.buf = append(l.buf, make([]byte, len(l.buf))...)
	}
	n, err := l.r.Read(l.buf[l.end:])
	l.end += n
	l.ended = errors.Is(err, io.EOF)
	if l.ended {
		return nil
	}
	return err
}

// byteOrderMark is what some programs write at the start of UTF-8 files.
var byteOrderMark = []byte("\xef\xbb\xbf")
