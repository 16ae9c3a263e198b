package demo

import (
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
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
	margin := clock(time.Since(s.start)) + "  "
	text = strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+strings.Repeat(" ", len(margin)))
	_, _ = io.WriteString(s.out, margin+text+"\n\n")
}

// textWidth is what a terminal of 80 columns has beside the margin.
const textWidth = 80 - len("00:00  ")

// wrap breaks a line between words so that each part is at most so many
// characters wide. The parts after the first are indented as the line was, and
// a little more. A word that is wider stays whole.
func wrap(line string, width int) []string {
	rest := strings.TrimLeft(line, " ")
	indent := line[:len(line)-len(rest)]
	var parts []string
	part := indent
	for i, word := range strings.Fields(rest) {
		if i > 0 && utf8.RuneCountInString(part+" "+word) > width {
			parts, part = append(parts, part), indent+"    "+word
			continue
		}
		if i > 0 {
			part += " "
		}
		part += word
	}
	return append(parts, part)
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
	link  = "36"
)
