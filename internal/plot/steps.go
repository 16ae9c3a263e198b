package plot

import (
	"fmt"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// addSteps draws bins of numbers: the reference as an area, the window as a
// line over it. Single values are pairs of columns.
func addSteps(p *plot.Plot, b Bars, colours Palette) error {
	addGrid(p, colours)
	if b.Bars[0].From == b.Bars[0].To {
		return addColumns(p, b, colours)
	}
	area, err := plotter.NewPolygon(outline(b, func(x Bar) float64 { return x.Reference }))
	if err != nil {
		return fmt.Errorf("draw the reference: %w", err)
	}
	area.Color, area.LineStyle.Width = colours.Reference, 0
	line, err := plotter.NewLine(outline(b, func(x Bar) float64 { return x.Current }))
	if err != nil {
		return fmt.Errorf("draw the window: %w", err)
	}
	line.Color, line.Width = colours.Current, 1.5
	p.Add(area, line)
	if b.times {
		p.X.Tick.Marker = dates{}
	}
	return nil
}

// inLine reports whether bars stand side by side: single values only where their
// labels have room.
func (b Bars) inLine() bool {
	if !b.Ordered || b.Bars[0].From < b.Bars[0].To {
		return b.Ordered
	}
	const room = 70 // characters
	length := 0
	for _, bar := range b.Bars {
		length += len(bar.Label) + 2
	}
	return length <= room
}

// outline goes around the bars of one side, from the axis to the axis.
func outline(b Bars, share func(Bar) float64) plotter.XYs {
	at := func(x, y float64) plotter.XY { return plotter.XY{X: x, Y: y} }
	points := plotter.XYs{at(b.Bars[0].From, 0)}
	for _, bar := range b.Bars {
		points = append(points, at(bar.From, share(bar)), at(bar.To, share(bar)))
	}
	return append(points, at(b.Bars[len(b.Bars)-1].To, 0))
}

// addColumns draws single values, each side by side.
func addColumns(p *plot.Plot, b Bars, colours Palette) error {
	names := make([]string, len(b.Bars))
	for i, bar := range b.Bars {
		names[i] = bar.Label
	}
	w := min(28, 150/vg.Length(len(b.Bars)))
	if err := addPairs(p, b, colours, w); err != nil {
		return err
	}
	p.NominalX(names...)
	return nil
}

// addRows draws categories from the top down, each as two bars.
func addRows(p *plot.Plot, b Bars, colours Palette) error {
	addGrid(p, colours)
	n := len(b.Bars)
	upward := Bars{Bars: make([]Bar, n)}
	names := make([]string, n)
	for i, bar := range b.Bars {
		upward.Bars[n-1-i] = bar
		names[n-1-i] = cut(bar.Label) + "   " // room for fonts that are wider
	}
	if err := addPairs(p, upward, colours, 8); err != nil {
		return err
	}
	p.NominalY(names...)
	return nil
}

// addPairs adds the bars of both sides; they lie on their sides if the bars are
// not in line.
func addPairs(p *plot.Plot, b Bars, colours Palette, w vg.Length) error {
	reference, current := make(plotter.Values, len(b.Bars)), make(plotter.Values, len(b.Bars))
	for i, bar := range b.Bars {
		reference[i], current[i] = bar.Reference, bar.Current
	}
	r, err := plotter.NewBarChart(reference, w)
	if err != nil {
		return fmt.Errorf("draw the reference: %w", err)
	}
	c, err := plotter.NewBarChart(current, w)
	if err != nil {
		return fmt.Errorf("draw the window: %w", err)
	}
	r.Color, c.Color = colours.Reference, colours.Current
	r.LineStyle.Width, c.LineStyle.Width = 0, 0
	r.Offset, c.Offset = -w/2, w/2
	if !b.inLine() {
		r.Horizontal, c.Horizontal = true, true
		r.Offset, c.Offset = w/2, -w/2
	}
	p.Add(r, c)
	return nil
}

// cut shortens a label to what has room beside a bar.
func cut(s string) string {
	const most = 24
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// dates labels Unix seconds.
type dates struct{}

// Ticks implements plot.Ticker.
func (dates) Ticks(low, high float64) []plot.Tick {
	const ticks = 4
	layout := "2006-01-02"
	switch {
	case high-low < 3600:
		layout = "15:04:05"
	case high-low < 7*24*3600:
		layout = "2 Jan 15:04"
	}
	var out []plot.Tick
	for i := range ticks {
		at := low + (high-low)*(float64(i)+0.5)/ticks
		out = append(out, plot.Tick{Value: at, Label: time.Unix(int64(at), 0).UTC().Format(layout)})
	}
	return out
}
