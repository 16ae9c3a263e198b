package checks

import (
	"math"
	"slices"

	"driftwatch/monitors/profile"
)

// rows is the table of checks. A new check is a file of its name and one more
// line here.
var rows = []Check{
	missingCheck,
	nullsCheck,
	invalidCheck,
	rangeCheck,
	allowedCheck,
	patternCheck,
	unseenCheck,
	unknownFieldsCheck,
	volumeCheck,
	freshnessCheck,
	duplicatesCheck,
	ksCheck,
	psiCheck,
	klCheck,
	jsCheck,
	hellingerCheck,
	chi2Check,
	lInfinityCheck,
	wassersteinCheck,
	distinctCheck,
	meanCheck,
	stddevCheck,
	minCheck,
	maxCheck,
	quantileCheck,
}

// All returns the table of checks.
func All() []Check { return slices.Clone(rows) }

// The kinds of fields that checks fit.
var (
	allKinds      = []profile.Kind{profile.Number, profile.Category, profile.Boolean, profile.Text, profile.Timestamp}
	numericKinds  = []profile.Kind{profile.Number, profile.Timestamp}
	namedKinds    = []profile.Kind{profile.Category, profile.Boolean, profile.Text}
	textualKinds  = []profile.Kind{profile.Category, profile.Text}
	categoryKinds = []profile.Kind{profile.Category, profile.Boolean}
)

// The ranges of values.
var (
	unitRange     = Range{0, 1}
	positiveRange = Range{0, math.Inf(1)}
	anyRange      = Range{math.Inf(-1), math.Inf(1)}
)

// The floors of distances. They are near one another: a normal shift of a quarter
// of a standard deviation reaches each of them within 0.21 to 0.32.
const (
	distanceFloor    = 0.1
	klFloor          = 0.05
	wassersteinFloor = 0.25
)

// Find returns the check of a name.
func Find(name string) (Check, bool) {
	return find(func(c *Check) bool { return c.Name == name })
}

func find(is func(*Check) bool) (Check, bool) {
	for i := range rows {
		if is(&rows[i]) {
			return rows[i], true
		}
	}
	return Check{}, false
}

// Fits reports whether a check can be computed of a field of kind k.
func Fits(c Check, k profile.Kind) bool { return slices.Contains(c.Kinds, k) }

// Defaults lists the checks that a field of kind k has when none are asked for:
// all that fit it.
func Defaults(k profile.Kind) []string {
	var names []string
	for _, c := range rows {
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
