package checks

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Params are the parameters of a check. Zero values are its defaults.
type Params struct {
	Bins      int       // of binned numbers
	Q         float64   // of quantile
	Rule      string    `json:",omitempty"` // that says how many bins: Sturges or Doane; "": Bins says it
	Binning   string    `json:",omitempty"` // Width; "": bins of equal frequency in the reference
	Edges     []float64 `json:",omitempty"` // of the bins, ascending; nil: they are computed
	Smoothing string    `json:",omitempty"` // of empty bins: None or Epsilon; "": half a value on both sides
	Epsilon   float64   `json:",omitempty"` // the share of an empty bin, if Smoothing says so
}

// The words of Params.
const (
	Sturges  = "sturges"
	Doane    = "doane"
	Quantile = "quantile"
	Width    = "width"
	None     = "none"
	Epsilon  = "epsilon"
)

// The defaults of Params.
const (
	defaultBins     = 10
	defaultQuantile = 0.5
)

// Validate reports parameters that contradict each other.
func (p Params) Validate() error {
	if p.Edges != nil && (p.Bins != 0 || p.Rule != "" || p.Binning != "") {
		return errors.New("edges are the bins: leave out bins and binning")
	}
	return nil
}

// binned reports whether other bins than the usual ones are asked for.
func (p Params) binned() bool {
	return p.Edges != nil || p.Rule != "" || p.Binning != "" || p.Bins != 0 && p.Bins != defaultBins
}

// Param describes a parameter of a check, for those who read or document it. Of
// its forms (a word, a number, a list) there are those that are not zero.
type Param struct {
	Name     string   // its key in a monitor file
	Help     string   // one line for docs and editors
	Default  string   // as a file would say it; "" where there is none
	Required bool     // the file must say it
	Words    []string // that it may be
	Number   *Bounds  // that it may be
	Key      string   // of the map that the number stands in, as in {epsilon: 1e-4}; "": in none
	List     bool     // it is an ascending list of numbers, and not one
	set      func(*Params, Value)
	text     func(Params) string // in the names of results; "" for the default
}

// Bounds are the numbers that a parameter may be.
type Bounds struct {
	Least, Greatest float64 // the infinities are no bounds
	Open            bool    // Least itself is too little
	Whole           bool
}

// Holds reports whether v is within the bounds.
func (b Bounds) Holds(v float64) bool {
	return v >= b.Least && v <= b.Greatest && !(b.Open && v == b.Least) && !(b.Whole && v != math.Trunc(v))
}

// String is the bounds in words: a whole number from 2 to 1000.
func (b Bounds) String() string {
	what := "a number"
	if b.Whole {
		what = "a whole number"
	}
	switch {
	case math.IsInf(b.Greatest, 0):
		return what
	case b.Open:
		return what + " above " + decimal(b.Least) + ", at most " + decimal(b.Greatest)
	}
	return what + " from " + decimal(b.Least) + " to " + decimal(b.Greatest)
}

// Forms says in words what the parameter may be.
func (p Param) Forms() string {
	var forms []string
	switch {
	case p.List:
		forms = append(forms, "a list of numbers, each greater than the one before")
	case p.Key != "":
		forms = append(forms, "{"+p.Key+": "+p.Number.String()+"}")
	case p.Number != nil:
		forms = append(forms, p.Number.String())
	}
	forms = append(forms, p.Words...)
	last := len(forms) - 1
	if last == 0 {
		return forms[0]
	}
	return strings.Join(forms[:last], ", ") + " or " + forms[last]
}

// Value is what a file says of a parameter: a word, a number or a list.
type Value struct {
	Word   string
	Number float64
	List   []float64
}

// Set sets the parameter to a value of one of its forms.
func (p Param) Set(into *Params, v Value) { p.set(into, v) }

// Key names the result of a check with its parameters: quantile_0.99, psi_20,
// psi_sturges_width. Where they are the defaults, or not the check's, it is the
// plain name.
func Key(name string, p Params) string {
	c, _ := Find(name)
	for _, param := range c.Params {
		if text := param.text(p); text != "" {
			name += "_" + text
		}
	}
	return name
}

// BaseName is the name of the check that Key made the name of a result of.
func BaseName(result string) string {
	if _, ok := Find(result); ok {
		return result
	}
	for i := range rows {
		if name, ok := strings.CutPrefix(result, rows[i].Name+"_"); ok && name != "" && len(rows[i].Params) > 0 {
			return rows[i].Name
		}
	}
	return result
}

// decimal is the shortest text of a number.
func decimal(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
