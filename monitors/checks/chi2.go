package checks

var chi2Check = Check{
	Name: "chi2", Kinds: categoryKinds, Floor: distanceFloor, Unit: Ratio, Range: positiveRange,
	Summary:        "Pearson's chi-square statistic of the two samples",
	NeedsReference: true,
	Compute:        chi2,
}

// chi2 is Pearson's statistic of the test table (Pearson 1900), without Yates'
// correction. Its effect is Cramer's V as it would be at equal sizes: the usual
// one vanishes beside a great reference.
func chi2(in Input) Result {
	c, why := compare(in)
	if why != "" {
		return skip(why)
	}
	if !c.test.ok {
		return skip("needs two categories and more values")
	}
	return c.bounded(exactly(c.test.pearson), vDivergence, 0.25)
}

// vDivergence is the square of Cramer's V as it would be if the samples were of
// equal size: the triangular discrimination (Le Cam 1986), halved.
var vDivergence = divergence{most: 1, rescale: true, term: func(p, q float64) float64 {
	if p == q {
		return 0
	}
	return (p - q) * (p - q) / (p + q) / 2
}}
