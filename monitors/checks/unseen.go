package checks

import (
	"math"

	"gonum.org/v1/gonum/mathext"

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
	if never == 0 {
		p = 1 // there cannot be fewer
	}
	if r.High-r.Low > openMost && effect < shareFloor {
		return skip(tooManyValues(in).Error())
	}
	r.Effect, r.EffectLow = ptr(effect), ptr(effect)
	careful := p
	if p < mayMatter {
		careful = max(p, unseenTail(never, nc, once, twice, nr))
	}
	r.tested(p, careful)
	r.Uncertain = undecided(effect, max(0, r.High-leastSingles(in.Reference, own)/nr), shareFloor)
	return r
}

// leastSingles is how many categories occur once at least: those that are known
// to, or, where categories are joined, what the sample of them says less three
// standard errors.
func leastSingles(reference *profile.Profile, own []profile.CategoryCell) float64 {
	known, once := 0.0, 0.0
	for _, c := range own {
		if c.R == 1 && !c.Joined {
			known++
		}
	}
	sample := reference.Sample()
	for _, s := range sample {
		if s.Count == 1 {
			once++
		}
	}
	distinct, _ := reference.Distinct()
	n := float64(len(sample))
	share := once/n - 3*math.Sqrt(once/n*(1-once/n)/n)
	return max(known, share*float64(distinct))
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

// unseenTail is the probability of at least k unseen values among nc, for the
// verdict, as the normal one is too small in the far tail: a reference that
// happens to miss a category leaves no trace of it. It is the greater of two.
//
// One takes the share of unseen values for a gamma variable with the mean and
// variance of the estimate, one singleton added, so that their number is
// negative binomial. The other is Fisher's test of the unseen values against the
// singletons, one added, which is right where the estimate rests on none.
func unseenTail(k uint64, nc, once, twice, nr float64) float64 {
	if k == 0 || once+1 >= nr {
		return 1
	}
	mean, variance := (once+1)/nr, (once+float64(2*twice)+1)/float64(nr*nr)
	theta := nc * variance / mean
	gamma := mathext.RegIncBeta(float64(k), mean*mean/variance, theta/(1+theta))
	singletons := uint64(once) + 1
	return max(leastP, gamma, fisher(singletons, uint64(nr)-singletons, k, uint64(nc)-k))
}
