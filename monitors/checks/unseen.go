package checks

import (
	"math"

	"driftwatch/monitors/profile"
)

var unseenCheck = Check{
	Name: "unseen", Kinds: namedKinds, Floor: shareFloor, Unit: Share, Range: unitRange,
	Summary:        "share of values in categories that the reference never had",
	NeedsReference: true,
	Compute:        unseen,
}

// unseen is the share of values in categories that the reference never had.
//
// Some are always to be expected: by Good and Turing (Good 1953) as many as the share of
// the reference's values that occur in it once. The standard deviation of that
// estimate and of the window's share give a one-sided normal test.
func unseen(in Input) Result {
	if why := incomparable(in); why != "" {
		return skip(why)
	}
	cats, err := in.categories()
	if err != nil {
		return skip(err.Error())
	}
	own, _, err := profile.AlignCategories(in.Reference, in.Reference)
	if err != nil {
		return skip(err.Error())
	}
	var never, hidden uint64 // in joined categories some may be hidden
	for _, c := range cats {
		switch {
		case c.R == 0:
			never += c.C
		case c.Joined:
			hidden += c.C
		}
	}
	nr, nc := float64(in.Reference.Counts().Present), float64(in.Current.Counts().Present)
	u := float64(never) / nc
	r := Result{Value: u, Low: u, High: float64(never+hidden) / nc}
	once, twice := singles(own)
	effect, p := goodTuring(u, nc, once, twice, nr)
	if r.High-r.Low > openMost && effect < shareFloor {
		return skip(tooManyValues(in).Error())
	}
	r.Effect, r.EffectLow, r.PValue = ptr(effect), ptr(effect), ptr(p)
	r.Uncertain = undecided(effect, r.High, shareFloor)
	return r
}

// singles counts the categories that occur once and twice. Of joined ones the
// most that there can be are taken: that makes the expected share of unseen
// values an upper bound.
func singles(cats []profile.CategoryCell) (once, twice float64) {
	for _, c := range cats {
		switch {
		case c.Joined:
			once += float64(c.R)
		case c.R == 1:
			once++
		case c.R == 2:
			twice++
		}
	}
	return once, twice
}

// goodTuring returns by how much the share u of unseen values among nc is above
// the expected one, and the one-sided p-value of that. (The tail is that of Erfc:
// gonum's normal distribution takes 1 - Erf, which is 0 beyond 8 sigma.)
func goodTuring(u, nc, once, twice, nr float64) (effect, p float64) {
	excess := u - once/nr
	variance := (once+float64(2*twice)+1)/float64(nr*nr) + float64(u*(1-u))/nc
	z := excess / math.Sqrt(variance)
	return max(0, excess), max(leastP, math.Erfc(z/math.Sqrt2)/2)
}
