package plot

import (
	"bytes"
	"fmt"
	"image/color"

	weight "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// onPhone is for pictures that are sent: what is next to them may be dark or
// light, and a phone makes them as wide as its screen.
var onPhone = look{
	Palette: Palette{
		Ink: color.RGBA{0x33, 0x3b, 0x48, 0xff}, Grid: color.RGBA{0xe3, 0xe6, 0xeb, 0xff},
		Reference: color.RGBA{0xb4, 0xbf, 0xce, 0xff}, Current: color.RGBA{0x1f, 0x6f, 0xd6, 0xff},
	},
	width: 340, height: 180, row: 27, text: 11, room: 42, longest: 18,
}

const (
	resolution = 3 * 72 // dots an inch: three a point, as phones have them
	margin     = 10 * vg.Length(1)
	captionTop = 62 * vg.Length(1) // title, line below and legend
)

// Caption is what stands above a picture that is looked at alone.
type Caption struct{ Title, Below string }

// PNG draws bars as an opaque image to send, with its caption and a legend.
func PNG(b Bars, c Caption) ([]byte, error) {
	p, h, err := figure(b, onPhone)
	if err != nil {
		return nil, err
	}
	h += captionTop + 2*margin
	image := vgimg.NewWith(vgimg.UseWH(onPhone.width, h), vgimg.UseDPI(resolution), vgimg.UseBackgroundColor(color.White))
	all := draw.Crop(draw.New(image), margin, -margin, margin, -margin)
	onPhone.caption(all, b, c)
	p.Draw(draw.Crop(all, 0, 0, 0, -captionTop))
	var out bytes.Buffer
	if _, err := (vgimg.PngCanvas{Canvas: image}).WriteTo(&out); err != nil {
		return nil, fmt.Errorf("write a plot: %w", err)
	}
	return out.Bytes(), nil
}

// caption writes a caption and the legend at the top of a canvas.
func (l look) caption(all draw.Canvas, b Bars, c Caption) {
	width := all.Max.X - all.Min.X
	title, small := l.style(14), l.style(l.text)
	title.Font.Weight = weight.WeightBold
	title.YAlign, small.YAlign = draw.YTop, draw.YTop
	at := vg.Point{X: all.Min.X, Y: all.Max.Y}
	all.FillText(title, at, fit(title, c.Title, width))
	at.Y -= 20
	all.FillText(small, at, fit(small, c.Below, width))
	at.Y -= 17
	reference, current := b.sides()
	for _, side := range []struct {
		name   string
		colour color.Color
	}{{reference, l.Reference}, {current, l.Current}} {
		all.FillPolygon(side.colour, []vg.Point{
			{X: at.X, Y: at.Y - 11}, {X: at.X, Y: at.Y - 2}, {X: at.X + 12, Y: at.Y - 2}, {X: at.X + 12, Y: at.Y - 11},
		})
		at.X += 17
		all.FillText(small, at, side.name)
		at.X += small.Width(side.name) + 16
	}
}

// sides names both sides, and says where one has no values.
func (b Bars) sides() (reference, current string) {
	reference, current = "no reference", "no values in this window"
	for _, bar := range b.Bars {
		if bar.Reference > 0 {
			reference = "reference"
		}
		if bar.Current > 0 {
			current = "this window"
		}
	}
	return reference, current
}

func (l look) style(size vg.Length) text.Style {
	return text.Style{Color: l.Ink, Font: font.Font{Variant: "Sans", Size: size}, Handler: plot.DefaultTextHandler}
}

// fit shortens a text to a width.
func fit(s text.Style, line string, width vg.Length) string {
	runes := []rune(line)
	for n := len(runes); n > 1 && s.Width(line) > width; n-- {
		line = string(runes[:n-1]) + "…"
	}
	return line
}
