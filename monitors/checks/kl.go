package checks

import "math"

var klCheck = Check{
	Name: "kl", Kinds: allKinds, Floor: klFloor, Unit: Nats, Range: positiveRange,
	Summary:        "Kullback-Leibler divergence of the window from the reference",
	NeedsReference: true, Params: binParams,
	Compute: kl,
}

// kl is sum q ln(q/p) over the bins, in nats (Kullback and Leibler 1951).
func kl(in Input) Result {
	c, why := compare(in)
	if why != "" {
		return skip(why)
	}
	return c.judged(exactly(c.named.kl()), c.test.table.kl, 0.5)
}

// kl takes the logarithm of the ratio. gonum's KullbackLeibler takes the
// difference of two logarithms, which leaves few digits of a small divergence.
func (t table) kl() float64 {
	sum := 0.0
	p, q := t.smoothed()
	for i := range t {
		sum += q[i] * math.Log(q[i]/p[i])
	}
	return max(0, sum)
}
