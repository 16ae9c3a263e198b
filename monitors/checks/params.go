package checks

import (
	"strconv"
	"strings"
)

// Params are the parameters of a check. Zero values are its defaults.
type Params struct {
	Bins int     // of binned numbers
	Q    float64 // of quantile
}

// Param describes a parameter of a check, for whoever reads or documents it.
type Param struct {
	Name     string // its key in a monitor file
	Help     string // one line for docs and editors
	Default  string // as a file would say it
	Required bool   // the file must say it
	Number   *Bounds
	set      func(*Params, float64)
}

// Bounds are the numbers that a parameter may be.
type Bounds struct {
	Least, Greatest float64
	Whole           bool
}

// SetNumber sets the parameter to a number within its bounds.
func (p Param) SetNumber(into *Params, v float64) { p.set(into, v) }

// The defaults of Params.
const (
	defaultBins     = 10
	defaultQuantile = 0.5
)

// binParams are the parameters of distances between binned numbers.
var binParams = []Param{{
	Name: "bins", Help: "number of bins of a number field", Default: strconv.Itoa(defaultBins),
	Number: &Bounds{Least: 2, Greatest: 1000, Whole: true},
	set:    func(p *Params, v float64) { p.Bins = int(v) },
}}

// Key names the result of a check with its parameters: quantile_0.99, psi_20.
// Where they are the defaults, or not the check's, it is the plain name.
func Key(name string, p Params) string {
	switch name {
	case "psi", "kl", "js", "hellinger":
		if p.Bins != 0 && p.Bins != defaultBins {
			return name + "_" + strconv.Itoa(p.Bins)
		}
	case "quantile":
		if p.Q != 0 && p.Q != defaultQuantile {
			return name + "_" + strconv.FormatFloat(p.Q, 'g', -1, 64)
		}
	}
	return name
}

// BaseName is the name of the check that Key made the name of a result of.
func BaseName(result string) string {
	if i := strings.LastIndexByte(result, '_'); i > 0 {
		if _, err := strconv.ParseFloat(result[i+1:], 64); err == nil {
			return result[:i]
		}
	}
	return result
}
