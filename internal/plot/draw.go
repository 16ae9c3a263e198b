package plot

import (
	"bytes"
	"fmt"
	"html"
	"image/color"
	"math"
	"regexp"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Palette are the colours of a picture.
type Palette struct {
	Ink, Grid          color.Color // text and axes; lines behind
	Reference, Current color.Color
	Mark               color.Color // of what is to be seen in a trend
}

// look is how a picture is drawn, for where it is shown.
type look struct {
	Palette
	width, height vg.Length
	row           vg.Length // of a category
	text          vg.Length // size of labels
	room          int       // characters of labels side by side
	longest       int       // of a category's label
}

// onPage is for pages, which scale it and choose the colours.
var onPage = look{Palette: marks, width: 460, height: 190, row: 24, text: 9, room: 70, longest: 24}

// SVG draws bars as an <svg> element for a page. Its colours are the CSS
// variables --plot-ink, --plot-grid, --plot-reference and --plot-current, so
// that the page decides between dark and light.
func SVG(b Bars, title string) (string, error) {
	p, h, err := figure(b, onPage)
	if err != nil {
		return "", err
	}
	return element(p, onPage.width, h, title)
}

// element draws a plot in marks as an <svg> element.
func element(p *plot.Plot, w, h vg.Length, title string) (string, error) {
	c := vgsvg.New(w, h)
	p.Draw(draw.New(c))
	var out bytes.Buffer
	if _, err := c.WriteTo(&out); err != nil {
		return "", fmt.Errorf("write a plot: %w", err)
	}
	return embed(out.String(), title), nil
}

// figure makes the plot and says how high it is.
func figure(b Bars, l look) (*plot.Plot, vg.Length, error) {
	p := plot.New()
	p.BackgroundColor = nil
	share := &p.Y
	h := l.height
	var err error
	switch {
	case len(b.Bars) == 0: // an empty frame
	case b.inLine(l.room):
		err = addSteps(p, b, l)
	default:
		share = &p.X
		h = l.row*vg.Length(len(b.Bars)) + 40
		err = addRows(p, b, l)
	}
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Color, axis.Tick.Color, axis.Tick.Label.Color, axis.Label.TextStyle.Color = l.Ink, l.Ink, l.Ink, l.Ink
		axis.Tick.Label.Font = font.Font{Variant: "Sans", Size: l.text}
		axis.LineStyle.Width, axis.Tick.LineStyle.Width = 0.5, 0.5
	}
	share.Min, share.Max = 0, share.Max*1.03 // so that the last label has room
	share.Tick.Marker = percent{}
	return p, h, err
}

// percent labels a share.
type percent struct{}

// Ticks implements plot.Ticker.
func (percent) Ticks(low, high float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(low, high)
	for i := range ticks {
		if ticks[i].Label != "" {
			ticks[i].Label = numberLabel(math.Round(ticks[i].Value*1e6)/1e4) + " %"
		}
	}
	return ticks
}

// marks are colours that nothing else has, so that embed finds them.
var marks = Palette{
	Ink: color.RGBA{1, 1, 1, 255}, Grid: color.RGBA{2, 2, 2, 255},
	Reference: color.RGBA{3, 3, 3, 255}, Current: color.RGBA{4, 4, 4, 255}, Mark: color.RGBA{5, 5, 5, 255},
}

// embed makes an element for a page of a document: it fits the width that there
// is, has a title for those who do not see it, the page's font and its colours.
func embed(document, title string) string {
	_, svg, _ := strings.Cut(document, "<svg ")
	_, body, _ := strings.Cut(svg, ">")
	_, box, _ := strings.Cut(svg, `viewBox="`)
	box, _, _ = strings.Cut(box, `"`)
	body = strings.NewReplacer(
		"#010101", "var(--plot-ink)", "#020202", "var(--plot-grid)",
		"#030303", "var(--plot-reference)", "#040404", "var(--plot-current)", "#050505", "var(--plot-mark)",
		"font-family:Liberation Sans;font-variant:normal;font-weight:normal;font-style:normal;", "",
		"\n", "", "\t", " ",
	).Replace(body)
	body = inlineStyle.ReplaceAllStringFunc(body, attributes)
	return `<svg viewBox="` + box + `" role="img" aria-label="` + html.EscapeString(title) + `" xmlns="http://www.w3.org/2000/svg">` + body
}

// inlineStyle is how the library writes colours and widths. A page whose policy
// allows no inline style wants them as attributes.
var inlineStyle = regexp.MustCompile(`style="([^"]*)"`)

func attributes(style string) string {
	var out []string
	for _, rule := range strings.Split(inlineStyle.FindStringSubmatch(style)[1], ";") {
		if name, value, ok := strings.Cut(rule, ":"); ok {
			out = append(out, strings.TrimSpace(name)+`="`+strings.TrimSpace(value)+`"`)
		}
	}
	return strings.Join(out, " ")
}

func addGrid(p *plot.Plot, colours Palette) {
	g := plotter.NewGrid()
	g.Vertical.Color, g.Horizontal.Color = colours.Grid, colours.Grid
	g.Vertical.Width, g.Horizontal.Width = 0.5, 0.5
	p.Add(g)
}
