package plot

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Point is one value of a trend.
type Point struct {
	At               float64 // Unix seconds
	Value, Low, High float64
	Known            bool // else there is a gap
	Marked           bool // it is to be seen: a drift
}

const trendHeight = 170 * vg.Length(1)

// Trend draws values over time as an <svg> element for a page: a line, the interval
// of each value as a band behind it, and triangles where points are marked. Its
// colours are those of SVG and --plot-mark. Values may be times, in Unix seconds.
func Trend(points []Point, times bool, title string) (string, error) {
	p := plot.New()
	p.BackgroundColor = nil
	addGrid(p, marks)
	for _, run := range runs(points) {
		if err := addRun(p, run); err != nil {
			return "", fmt.Errorf("draw a trend: %w", err)
		}
	}
	if err := addMarks(p, points); err != nil {
		return "", fmt.Errorf("draw a trend: %w", err)
	}
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Color, axis.Tick.Color, axis.Tick.Label.Color = marks.Ink, marks.Ink, marks.Ink
		axis.Tick.Label.Font = font.Font{Variant: "Sans", Size: 9}
		axis.LineStyle.Width, axis.Tick.LineStyle.Width = 0.5, 0.5
	}
	if len(points) > 0 {
		p.X.Min, p.X.Max = points[0].At, points[len(points)-1].At
	}
	if p.X.Min >= p.X.Max {
		p.X.Min, p.X.Max = p.X.Min-1800, p.X.Max+1800
	}
	p.Y.Max += (p.Y.Max - p.Y.Min) / 16 // for the marks
	if p.Y.Min > 0 && p.Y.Min < p.Y.Max/2 {
		p.Y.Min = 0
	}
	p.X.Tick.Marker = dates{}
	p.Y.Tick.Marker = figures{}
	if times {
		p.Y.Tick.Marker = dates{}
	}
	return element(p, 2*onPage.width, trendHeight, title)
}

// runs splits points where values are not known.
func runs(points []Point) (all [][]Point) {
	start := 0
	for i := 0; i <= len(points); i++ {
		if i < len(points) && points[i].Known && !math.IsInf(points[i].Value, 0) && !math.IsNaN(points[i].Value) {
			continue
		}
		if i > start {
			all = append(all, points[start:i])
		}
		start = i + 1
	}
	return all
}

func addRun(p *plot.Plot, run []Point) error {
	line, band := make(plotter.XYs, len(run)), make(plotter.XYs, 2*len(run))
	wide := false
	for i, q := range run {
		line[i] = plotter.XY{X: q.At, Y: q.Value}
		band[i], band[len(band)-1-i] = plotter.XY{X: q.At, Y: q.Low}, plotter.XY{X: q.At, Y: q.High}
		wide = wide || q.Low < q.High
	}
	if wide && len(run) > 1 {
		area, err := plotter.NewPolygon(band)
		if err != nil {
			return err
		}
		area.Color, area.LineStyle.Width = marks.Reference, 0
		p.Add(area)
	}
	l, dots, err := plotter.NewLinePoints(line)
	if err != nil {
		return err
	}
	l.Color, l.Width = marks.Current, 1.5
	dots.Color, dots.Radius, dots.Shape = marks.Current, 1.2, draw.CircleGlyph{}
	p.Add(l, dots)
	return nil
}

func addMarks(p *plot.Plot, points []Point) error {
	var at plotter.XYs
	for _, q := range points {
		if q.Known && q.Marked {
			at = append(at, plotter.XY{X: q.At, Y: q.Value})
		}
	}
	if len(at) == 0 {
		return nil
	}
	s, err := plotter.NewScatter(at)
	if err != nil {
		return err
	}
	s.Color, s.Radius, s.Shape = marks.Mark, 3.5, draw.PyramidGlyph{}
	p.Add(s)
	return nil
}

// figures labels values with as many figures as they need.
type figures struct{}

// Ticks implements plot.Ticker.
func (figures) Ticks(low, high float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(low, high)
	for i := range ticks {
		if ticks[i].Label != "" {
			ticks[i].Label = numberLabel(ticks[i].Value)
		}
	}
	return ticks
}
