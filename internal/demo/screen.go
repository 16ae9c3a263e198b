package demo

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// screen writes whole blocks of lines to where the person looks. It is safe
// for several goroutines.
type screen struct {
	colour bool

	mu    sync.Mutex
	out   io.Writer
	start time.Time
}

func newScreen(out io.Writer) *screen { return &screen{out: out, colour: isTerminal(out)} }

// isTerminal reports whether colours are wanted: on a terminal, unless
// NO_COLOR is set.
func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// begin sets the moment that the time in the margin is counted from.
func (s *screen) begin(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.start = at
}

// print writes text as it is.
func (s *screen) print(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = io.WriteString(s.out, text) // a terminal that is gone is no reason to stop
}

// note writes text with the time since the start in the margin.
func (s *screen) note(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := time.Since(s.start).Truncate(time.Second)
	margin := fmt.Sprintf("%02d:%02d  ", int(d.Minutes()), int(d.Seconds())%60)
	text = strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+strings.Repeat(" ", len(margin)))
	_, _ = io.WriteString(s.out, margin+text+"\n")
}

// paint puts text in a colour where there are colours.
func (s *screen) paint(code, text string) string {
	if !s.colour {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

const (
	bold  = "1"
	dim   = "2"
	red   = "1;31"
	green = "1;32"
)
