package config

import (
	"fmt"
	"math"

	"driftwatch/internal/yamlx"
	"driftwatch/monitors"
	"driftwatch/monitors/profile"
)

const (
	// defaultMemory is the limit of what open windows can take. The estimate
	// supposes that every field of every segment has more distinct values than
	// it may keep, in every partition at once: real streams take a small part of it.
	defaultMemory = 32 << 30
	// partitions stand for those of a topic, which are not known before the
	// broker is asked.
	partitions = 16
	// bucketBytes is what a bucket of a histogram takes, its share of the index
	// included. Up to the cap a category has a name of at most 64 bytes too.
	bucketBytes   = 48
	categoryBytes = 132
	// fieldBytes is what a field takes beside its buckets; sketchBytes are of the
	// sketch of its distinct values, sampleBytes of a category's names, and
	// guideBytes of counting into the grid or the watch list of a reference file,
	// all of which there are beyond the cap only.
	fieldBytes  = 2 << 10
	sketchBytes = 8 << 10
	sampleBytes = 7 << 10
	guideBytes  = 8 << 10
)

// estimate is what a monitor's open windows can take, and how it comes about.
func (d *declared) estimate() (bytes int64, sum string) {
	s, fields := &d.Spec, 0.0
	for _, f := range s.Fields {
		fields += float64(d.fieldSize(f))
	}
	segments := 1.0
	for _, by := range s.Segments {
		segments += d.SegmentsBy(by)
	}
	open := openPanes(s.Window)
	total := fields * segments
	sum = fmt.Sprintf("%d fields of together %s x %.0f segments", len(s.Fields), yamlx.FormatSize(int64(fields)), segments)
	if d.countsIDs {
		total += float64(profile.IDsBytes)
		sum = fmt.Sprintf("(%s + ids of %s)", sum, yamlx.FormatSize(int64(profile.IDsBytes)))
	}
	panes := open * partitions
	of := fmt.Sprintf("%.0f open %s x %d partitions", open, d.unit(), partitions)
	if n := d.merged(); n > 0 {
		panes += float64(n)
		of = fmt.Sprintf("(%s + %d merged)", of, n)
	}
	total *= panes
	sum += " x " + of
	return int64(min(total, math.MaxInt64/2)), sum
}

// unit is what is held open: windows, or the pieces that they are made of.
func (d *declared) unit() string {
	if d.Window.Pane == d.Window.Size {
		return "windows"
	}
	return "pieces of windows"
}

// merged is how many merged panes are held for windows of several, and for a
// reference.
func (d *declared) merged() int {
	n := 0
	switch w := &d.Window; {
	case w.Rows > 0:
		n += monitors.BlocksOf(maxPanes)
	case w.Pane < w.Size:
		n += monitors.BlocksOf(int(w.Size / w.Pane))
	}
	switch r := &d.Reference; {
	case r.Trailing > 0:
		n += monitors.BlocksOf(d.trailing())
	case r.Offset > 0 && d.Window.Pane < d.Window.Size:
		n += monitors.BlocksOf(int(d.Window.Size / d.Window.Pane))
	case r.Offset > 0 || r.First > 0:
		n++
	}
	if d.Window.Amend > 0 {
		n = 2*n + 1 // the same for a window that is made anew
	}
	return n
}

// fieldSize is what a profile of the field takes at most (a test measures it).
func (d *declared) fieldSize(f monitors.Field) int {
	buckets := d.Buckets
	if f.Type == profile.Boolean {
		buckets = 2
	}
	size := fieldBytes + sketchBytes + buckets*bucketBytes
	if d.Reference.File != "" {
		size += guideBytes
	}
	if !f.Type.Numeric() {
		size = max(size+sampleBytes, fieldBytes+buckets*categoryBytes)
	}
	return size
}

// openPanes is how many panes a partition holds open at least: those that wait for
// their lateness to pass, the one that is being filled, and those of late records.
// Being ahead of the slowest partition is not counted: where memory is short, none
// may be.
func openPanes(w monitors.Window) float64 {
	if w.Pane <= 0 {
		return 0
	}
	pane := float64(w.Pane)
	return math.Ceil(float64(w.Lateness)/pane) + 1 + min(math.Ceil(float64(w.Amend)/pane), monitors.LatePanes)
}

// checkMemory refuses monitors whose open windows can pass the limit together.
func (l *loader) checkMemory() {
	m := &l.cfg.Memory
	var largest *declared
	var largestBytes int64
	var largestSum string
	for i := range l.monitors {
		d := &l.monitors[i]
		bytes, sum := d.estimate()
		m.Estimate = min(m.Estimate+bytes, math.MaxInt64/2)
		if bytes > largestBytes {
			largest, largestBytes, largestSum = d, bytes, sum
		}
	}
	if largest == nil || l.partial || m.Estimate <= m.Limit {
		return
	}
	largest.at.Errorf("memory", "the open windows of all monitors can take %s, more than memory.limit, which is %s; %q the most: %s = %s; "+
		"give it smaller buckets or max_segments, or raise the limit",
		yamlx.FormatSize(m.Estimate), yamlx.FormatSize(m.Limit), largest.Name, largestSum, yamlx.FormatSize(largestBytes))
}
