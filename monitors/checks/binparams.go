package checks

import (
	"math"
	"strconv"
	"strings"
)

// binParams are the parameters of distances between binned numbers.
var binParams = []Param{binsParam, binningParam, edgesParam, smoothingParam}

var binsParam = Param{
	Name: "bins", Default: strconv.Itoa(defaultBins),
	Help:   "number of bins of a number field, or the rule that says it: sturges of both samples, doane of the reference",
	Words:  []string{Sturges, Doane},
	Number: &Bounds{Least: 2, Greatest: 1000, Whole: true},
	set:    func(p *Params, v Value) { p.Bins, p.Rule = int(v.Number), v.Word },
	text: func(p Params) string {
		if p.Rule != "" || p.Bins == 0 || p.Bins == defaultBins {
			return p.Rule
		}
		return strconv.Itoa(p.Bins)
	},
}

var binningParam = Param{
	Name: "binning", Default: Quantile,
	Help:  "bins of equal frequency in the reference (quantile) or of equal width",
	Words: []string{Quantile, Width},
	set: func(p *Params, v Value) {
		if p.Binning = v.Word; v.Word == Quantile {
			p.Binning = ""
		}
	},
	text: func(p Params) string { return p.Binning },
}

var edgesParam = Param{
	Name:   "edges",
	Help:   "where the bins of a number field meet, in place of bins and binning; the outer ones are open",
	Number: &Bounds{Least: math.Inf(-1), Greatest: math.Inf(1)}, List: true,
	set: func(p *Params, v Value) { p.Edges = v.List },
	text: func(p Params) string {
		parts := make([]string, len(p.Edges))
		for i, e := range p.Edges {
			parts[i] = decimal(e)
		}
		return strings.Join(parts, ",")
	},
}

var smoothingParam = Param{
	Name:  "smoothing",
	Help:  "what empty bins count: epsilon, this share in place of 0; none, nothing; else half a value on both sides (js, hellinger: nothing)",
	Words: []string{None}, Number: &Bounds{Least: 0, Greatest: 0.1, Open: true}, Key: Epsilon,
	set: func(p *Params, v Value) {
		if p.Smoothing, p.Epsilon = v.Word, v.Number; v.Word == "" {
			p.Smoothing = Epsilon
		}
	},
	text: func(p Params) string {
		if p.Smoothing == Epsilon {
			return Epsilon + decimal(p.Epsilon)
		}
		return p.Smoothing
	},
}
