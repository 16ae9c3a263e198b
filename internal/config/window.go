package config

import (
	"math"
	"time"
	_ "time/tzdata" // of containers that have none

	"driftwatch/internal/yamlx"
	"driftwatch/monitors"
)

const (
	// maxWindow bounds sizes so that no sum of times overflows.
	maxWindow = 10 * 366 * day
	// maxPanes bounds what a window is merged of.
	maxPanes = 10000
	// minPane is what a pane's length is at least.
	minPane = 100 * time.Millisecond
)

func readWindow(c yamlx.Cursor) monitors.Window {
	m := c.Map()
	w := monitors.Window{
		Lateness: m.Get("lateness").Duration(0, 0),
		Amend:    m.Get("amend").Duration(0, 0),
		Idle:     m.Get("idle").Duration(time.Minute, time.Second),
		MaxOpen:  m.Get("max_open").Int(defaultMaxOpen, 1, 1000),
	}
	rows, pane := m.Get("rows"), m.Get("pane")
	size, every, zone := m.Get("size"), m.Get("every"), m.Get("time_zone")
	switch {
	case rows.Present():
		w.Rows, w.Pane = uint64(rows.Int(1, 1, math.MaxInt32)), pane.Duration(time.Minute, minPane)
		for _, key := range []string{"size", "every", "time_zone"} {
			if m.Has(key) {
				m.Key(key).Errorf("value", "%s does not go with rows: a window of so many rows is as long as it takes, in whole panes", key)
			}
		}
	case size.Present():
		readSize(&w, size, every, zone)
		if m.Has("pane") {
			m.Key("pane").Errorf("value", "pane goes with rows: windows of a size end every so often")
		}
	default:
		c.Errorf("missing-key", "needs size or rows")
	}
	checkAmend(&w, m)
	if w.Size > maxWindow || w.Pane > maxWindow || w.Lateness > maxWindow {
		c.Errorf("value", "size, pane and lateness must be at most ten years")
	}
	m.Done()
	return w
}

// checkAmend reports late records that could not amend windows.
func checkAmend(w *monitors.Window, m *yamlx.Map) {
	switch {
	case w.Amend == 0:
		return
	case w.Rows > 0:
		m.Key("amend").Errorf("value", "amend does not go with rows: where windows begin depends on how many rows those before have")
	case w.Pane > 0 && w.Amend/w.Pane > maxPanes:
		m.Key("amend").Errorf("value", "amend of %s is more than %d windows, or pieces of them", yamlx.FormatDuration(w.Amend), maxPanes)
	default:
		return
	}
	w.Amend = 0
}

// readSize reads windows of a size, which tumble or slide.
func readSize(w *monitors.Window, size, every, zone yamlx.Cursor) {
	w.Size = size.Duration(0, minPane)
	w.Pane = every.Duration(w.Size, minPane)
	w.Zone = readZone(zone)
	switch {
	case w.Size == 0 || w.Pane == 0: // it was reported
		w.Size, w.Pane = 0, 0
	case w.Pane > w.Size:
		every.Errorf("value", "every must not be greater than size: records between the windows would not be watched")
		w.Pane = w.Size
	case w.Size%w.Pane != 0:
		every.Errorf("value", "size must be a multiple of every: windows that slide are made of pieces that long")
		w.Pane = w.Size
	case w.Size/w.Pane > maxPanes:
		every.Errorf("value", "every is too small: a window would be made of %d pieces, more than %d", w.Size/w.Pane, maxPanes)
		w.Pane = w.Size
	}
	if w.Zone != nil && (w.Size%day != 0 || w.Pane%day != 0) {
		zone.Errorf("value", "time_zone is for windows of whole days: size, and every if it is given, must be 1d, 2d, 1w and so on")
		w.Zone = nil
	}
}

// readZone reads a name of the time zone database.
func readZone(c yamlx.Cursor) *time.Location {
	if !c.Present() {
		return nil
	}
	name := c.Name()
	if name == "" {
		return nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		c.Errorf("value", "unknown time zone %q: names are like Europe/Berlin or UTC", name)
		return nil
	}
	return zone
}
