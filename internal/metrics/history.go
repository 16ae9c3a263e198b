package metrics

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/prometheus/common/expfmt"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/window"
)

// History collects what /metrics shows of windows, each at its end, and writes
// it in the OpenMetrics format with timestamps. The zero value is not usable;
// call NewHistory.
type History struct {
	descs    descs
	families map[string]*family // by name
}

// family is the samples of one metric.
type family struct {
	comments string // its HELP and TYPE lines
	series   map[string][]sample
}

// sample is a value at the end of a window.
type sample struct {
	at    window.Time
	value float64
}

// NewHistory returns a history without samples.
func NewHistory() *History {
	return &History{descs: newDescs(), families: map[string]*family{}}
}

// Add takes in a window. Those of one monitor come in the order of their ends.
func (h *History) Add(w *checks.Window) error {
	var text bytes.Buffer
	s := h.descs.seriesOf(w, 0, nil)
	delete(s.metrics, h.descs.windowRevision) // it changes at other times than the ends of windows
	for _, mf := range h.descs.families(s) {
		text.Reset()
		if _, err := expfmt.MetricFamilyToOpenMetrics(&text, mf); err != nil {
			return fmt.Errorf("metrics of window %v of %q: %w", w.End, w.Monitor, err)
		}
		if err := h.add(mf.GetName(), text.Bytes(), w.End); err != nil {
			return err
		}
	}
	return nil
}

// add takes the lines of one family apart: comments, and series with a value.
func (h *History) add(name string, text []byte, at window.Time) error {
	f, comments := h.families[name], ""
	if f == nil {
		f = &family{series: map[string][]sample{}}
		h.families[name] = f
	}
	for line := range bytes.Lines(text) {
		if line[0] == '#' {
			comments += string(line)
			continue
		}
		line = bytes.TrimSuffix(line, []byte("\n"))
		space := bytes.LastIndexByte(line, ' ')
		v, err := strconv.ParseFloat(string(line[space+1:]), 64)
		if err != nil {
			return fmt.Errorf("metric %s: %w", name, err)
		}
		f.series[string(line[:space])] = append(f.series[string(line[:space])], sample{at, v})
	}
	f.comments = comments
	return nil
}

// Write writes all samples: each series without a break, in time order.
func (h *History) Write(w io.Writer) error {
	b := bufio.NewWriter(w)
	for _, name := range slices.Sorted(maps.Keys(h.families)) {
		f := h.families[name]
		b.WriteString(f.comments) // errors stay in b until it is flushed
		for _, series := range slices.Sorted(maps.Keys(f.series)) {
			for _, s := range f.series[series] {
				fmt.Fprintf(b, "%s %v %s\n", series, s.value, strconv.FormatFloat(seconds(s.at), 'f', -1, 64))
			}
		}
	}
	b.WriteString("# EOF\n")
	return b.Flush()
}
