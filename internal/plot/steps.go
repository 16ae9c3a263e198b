package plot

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// addSteps draws bins of numbers: the reference as an area, the window as a
// line over it. Single values are pairs of columns.
func addSteps(p *plot.Plot, b Bars, l look) error {
	addGrid(p, l.Palette)
	if b.Bars[0].From == b.Bars[0].To {
		return addColumns(p, b, l)
	}
	area, err := plotter.NewPolygon(outline(b, func(x Bar) float64 { return x.Reference }))
	if err != nil {
		return fmt.Errorf("draw the reference: %w", err)
	}
	area.Color, area.LineStyle.Width = l.Reference, 0
	line, err := plotter.NewLine(outline(b, func(x Bar) float64 { return x.Current }))
	if err != nil {
		return fmt.Errorf("draw the window: %w", err)
	}
	line.Color, line.Width = l.Current, 1.5
	p.Add(area, line)
	p.X.Tick.Marker = figures{}
	if b.times {
		p.X.Tick.Marker = dates{}
	}
	return nil
}

// inLine reports whether bars stand side by side: single values only where their
// labels have room, in characters.
func (b Bars) inLine(room int) bool {
	if !b.Ordered || b.Bars[0].From < b.Bars[0].To {
		return b.Ordered
	}
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
func addColumns(p *plot.Plot, b Bars, l look) error {
	names := make([]string, len(b.Bars))
	for i, bar := range b.Bars {
		names[i] = bar.Label
	}
	w := min(28, l.width/3/vg.Length(len(b.Bars)))
	if err := addPairs(p, b, l, w, false); err != nil {
		return err
	}
	p.NominalX(names...)
	return nil
}

// addRows draws categories from the top down, each as two bars.
func addRows(p *plot.Plot, b Bars, l look) error {
	addGrid(p, l.Palette)
	n := len(b.Bars)
	upward := Bars{Bars: make([]Bar, n)}
	names := make([]string, n)
	for i, bar := range b.Bars {
		upward.Bars[n-1-i] = bar
		names[n-1-i] = cut(bar.Label, l.longest) + "   " // room for fonts that are wider
	}
	if err := addPairs(p, upward, l, l.row/3, true); err != nil {
		return err
	}
	p.NominalY(names...)
	return nil
}

// addPairs adds the bars of both sides, of a width.
func addPairs(p *plot.Plot, b Bars, l look, w vg.Length, lying bool) error {
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
	r.Color, c.Color = l.Reference, l.Current
	r.LineStyle.Width, c.LineStyle.Width = 0, 0
	r.Offset, c.Offset = -w/2, w/2
	if lying {
		r.Horizontal, c.Horizontal = true, true
		r.Offset, c.Offset = w/2, -w/2
	}
	p.Add(r, c)
	return nil
}

// cut shortens a label to what has room beside a bar. Names that begin alike
// often end otherwise.
func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		end := most / 3
		return string(r[:most-end-1]) + "…" + string(r[len(r)-end:])
	}
	return s
}
