package batch

import (
	"strings"

	"driftwatch/internal/plot"
)

// bars returns how the values of a field are distributed on both sides.
func (r *Report) bars(i, n int) plot.Bars {
	in := r.of.input(r.Fields[i].Name)
	return plot.Compare(in.Reference, in.Current, n)
}

// sparkBins is the number of bars of a small histogram in a line.
const sparkBins = 10

var levels = []rune("▁▂▃▄▅▆▇█")

// sparks draws both sides as lines of blocks, on one scale.
func sparks(b plot.Bars) (reference, current string) {
	most := 0.0
	for _, bar := range b.Bars {
		most = max(most, bar.Reference, bar.Current)
	}
	if most == 0 {
		return "", ""
	}
	var was, is strings.Builder
	for _, bar := range b.Bars {
		was.WriteRune(level(bar.Reference / most))
		is.WriteRune(level(bar.Current / most))
	}
	return was.String(), is.String()
}

func level(height float64) rune { return levels[min(len(levels)-1, int(height*float64(len(levels))))] }
