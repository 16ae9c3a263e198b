// Package checks compares the profiles of one window with those of its
// reference and says what changed, how sure that is, and whether it deserves
// attention. A check is a pure function of what it is given: it knows no clock,
// no records and no other window than those in its input.
package checks

import (
	"slices"
	"strconv"

	"driftwatch/monitors/profile"
	"driftwatch/monitors/window"
)

// Check is one row of the table All.
type Check struct {
	Name           string
	Kinds          []profile.Kind // of the fields it fits; nil: it is of a segment, not of a field
	Floor          float64        // the least effect that deserves attention; 0: the check gives no verdict
	Summary        string         // one line for lists and docs
	NeedsReference bool           // without one it is skipped
	Compute        func(in Input) Result
}

// Params are the parameters of a check. Zero values are its defaults.
type Params struct {
	Bins int     // of binned numbers
	Q    float64 // of quantile
}

// Limits are what the user promised of a field. Beyond them is a violation,
// whatever the statistics say.
type Limits struct {
	Min, Max         *float64 // of present values; either makes the range
	Nulls, Missing   *float64 // greatest share of the rows
	Allowed, Pattern bool     // a list of values, a pattern, is declared
}

// Input is what a check is computed from: the profiles of a field, or for a
// check without a field the counts of a segment.
type Input struct {
	Reference, Current *profile.Profile // Reference nil: there is none
	NoReference        string           // why there is none; "": no reason but that
	Params             Params
	Limits             Limits
	Shared             *Shared // of all checks of these two profiles; nil: nothing is shared

	Rows, UnknownRows                   uint64 // of the segment: all, and those with undeclared fields
	ReferenceRows, ReferenceUnknownRows uint64 // the same of the reference; ReferenceRows 0: not known
	Start                               window.Time
	History                             []Past // earlier windows of the monitor, oldest first
}

// Past is an earlier window.
type Past struct {
	Start window.Time
	Rows  uint64
}

// The floors of distances. They are near one another: a normal shift of a quarter
// of a standard deviation reaches each of them within 0.21 to 0.32.
const (
	distanceFloor    = 0.1
	klFloor          = 0.05
	wassersteinFloor = 0.25
)

// All returns the table of checks. A new check is one more line in it.
func All() []Check {
	var (
		every    = []profile.Kind{profile.Number, profile.Category, profile.Boolean, profile.Text, profile.Timestamp}
		numeric  = []profile.Kind{profile.Number, profile.Timestamp}
		named    = []profile.Kind{profile.Category, profile.Boolean, profile.Text}
		text     = []profile.Kind{profile.Category, profile.Text}
		category = []profile.Kind{profile.Category, profile.Boolean}
	)
	return []Check{
		{"missing", every, shareFloor, "share of rows without the field", false, missing},
		{"nulls", every, shareFloor, "share of rows where the field is null", false, nulls},
		{"invalid", every, shareFloor, "share of rows whose value is not of the declared type", false, invalid},
		{"range", numeric, shareFloor, "share of rows whose value is outside the declared min and max", false, outOfRange},
		{"allowed", named, shareFloor, "share of rows whose value is not among the allowed ones", false, notAllowed},
		{"pattern", text, shareFloor, "share of rows whose value does not match the declared pattern", false, notMatching},
		{"unseen", named, shareFloor, "share of values in categories that the reference never had", true, unseen},
		{"unknown_fields", nil, shareFloor, "share of rows having fields that the monitor does not declare", false, unknownFields},
		{"volume", nil, volumeFloor, "number of rows, against earlier windows of the same hour", false, volume},
		{"ks", numeric, distanceFloor, "greatest difference of the two distribution functions (Kolmogorov-Smirnov)", true, ks},
		{"psi", every, distanceFloor, "population stability index", true, psi},
		{"kl", every, klFloor, "Kullback-Leibler divergence of the window from the reference", true, kl},
		{"js", every, distanceFloor, "Jensen-Shannon distance, in [0, 1]", true, js},
		{"hellinger", every, distanceFloor, "Hellinger distance, in [0, 1]", true, hellinger},
		{"chi2", category, distanceFloor, "Pearson's chi-square statistic of the two samples", true, chi2},
		{"l_infinity", category, distanceFloor, "greatest difference of a category's two shares", true, lInfinity},
		{"wasserstein", numeric, wassersteinFloor, "area between the two distribution functions, in the field's unit", true, wasserstein},
		{"distinct", every, 0, "number of distinct values", false, distinct},
		{"mean", numeric, 0, "mean of the values", false, mean},
		{"stddev", numeric, 0, "standard deviation of the values", false, stddev},
		{"min", numeric, 0, "least value", false, least},
		{"max", numeric, 0, "greatest value", false, greatest},
		{"quantile", numeric, 0, "quantile of the values, the median unless q is given", false, quantile},
	}
}

// Find returns the check of a name.
func Find(name string) (Check, bool) {
	all := All()
	i := slices.IndexFunc(all, func(c Check) bool { return c.Name == name })
	if i < 0 {
		return Check{}, false
	}
	return all[i], true
}

// Fits reports whether a check can be computed of a field of kind k.
func Fits(c Check, k profile.Kind) bool { return slices.Contains(c.Kinds, k) }

// Defaults lists the checks that a field of kind k has when none are asked for:
// all that fit it.
func Defaults(k profile.Kind) []string {
	var names []string
	for _, c := range All() {
		if Fits(c, k) {
			names = append(names, c.Name)
		}
	}
	return names
}

// Expand returns the checks that a name stands for: those of a schema, or the
// name itself.
func Expand(name string) []string {
	if name == "schema" {
		return []string{"missing", "invalid", "unknown_fields", "allowed", "range"}
	}
	return []string{name}
}

// The defaults of Params.
const (
	defaultBins     = 10
	defaultQuantile = 0.5
)

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
