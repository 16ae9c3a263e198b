package checks

import "math"

// gonum computes the statistic from samples, and none of its distributions.

// latticeTail returns P(max |i m - j n| >= h) over a uniform path of unit steps
// from (0, 0) to (n, m): the exact p-value of the two-sample Kolmogorov-Smirnov
// test of n and m values without ties.
//
// Let u(i, j) be the probability that a uniform path from (0, 0) to (i, j) has
// touched the outside, |i m - j n| >= h. Its last step came from (i-1, j) with
// probability i/(i+j), so u(i, j) = (i u(i-1, j) + j u(i, j-1)) / (i + j) inside
// and 1 outside. All terms are positive: nothing cancels, and small p-values
// are as accurate as great ones. (The idea of going through the lattice is
// Hodges'; 1958.)
func latticeTail(n, m, h int) float64 {
	if h <= 0 {
		return 1
	}
	if d := float64(h) / float64(n) / float64(m); beyondFloat(n, m, d) {
		return leastP
	}
	if m > n {
		n, m = m, n // the row in memory is the shorter side
	}
	u := make([]float64, m+1) // of the row i; 1 where it is outside
	for j := range u {
		u[j] = 1
	}
	for i := 0; i <= n; i++ {
		low, high := 0, min(m, (i*m+h-1)/n) // |i m - j n| < h
		if i*m >= h {
			low = (i*m-h)/n + 1
		}
		left := 1.0 // u(i, j-1)
		for j := low; j <= high; j++ {
			if i+j == 0 {
				left = 0
			} else {
				left = (float64(float64(i)*u[j]) + float64(float64(j)*left)) / float64(i+j)
			}
			u[j] = left
		}
	}
	return min(1, max(leastP, u[m]))
}

// beyondFloat reports whether the p-value of d is certainly below leastP, by the
// Dvoretzky-Kiefer-Wolfowitz bound e exp(-2 d^2 nm/(n+m)), which holds for two
// samples of any size (Wei and Dudley 2012). Denormal numbers are slow.
func beyondFloat(n, m int, d float64) bool {
	size := float64(n) / (float64(n) + float64(m)) * float64(m)
	return 2*size*d*d > 711
}

// kolmogorovTail returns P(D_n >= d) for the one-sample Kolmogorov statistic of
// n values. Where it is small it is twice Smirnov's one-sided probability, whose
// error, the chance that both sides pass d, is then negligible.
func kolmogorovTail(n, d float64) float64 {
	if d <= 0 {
		return 1
	}
	if n*d*d < 4 { // beyond, it is below 0.001, and the expansion converges slowly
		if p := pelzGood(n, d); p >= 0.05 {
			return p
		}
	}
	return min(1, max(leastP, 2*smirnovTail(n, d)))
}

// pelzGood returns P(D_n >= d) by the expansion of Pelz and Good (1976) in
// powers of n^-1/2, as Simard and L'Ecuyer (2011) give it. d is positive. Its
// greatest error is 4e-6 at 50 values, 1e-3 at 10 and 0.08 at one.
func pelzGood(n, d float64) float64 {
	const (
		pi2 = math.Pi * math.Pi
		pi4 = pi2 * pi2
		pi6 = pi4 * pi2
	)
	z := math.Sqrt(n) * d
	z2 := z * z
	z4, z6 := z2*z2, z2*z2*z2
	var k0, k1, k2, k3, k2b, k3b float64
	for k := 0; ; k++ {
		h := float64(k) + 0.5
		h2 := h * h
		e := math.Exp(-pi2 * h2 / (2 * z2))
		g := float64(k + 1)
		g2 := g * g
		eg := math.Exp(-pi2 * g2 / (2 * z2))
		if e == 0 && eg == 0 {
			break
		}
		k0 += e
		k1 += (pi2*h2 - z2) * e
		k2 += (6*z6 + 2*z4 + pi2*(2*z4-5*z2)*h2 + pi4*(1-2*z2)*h2*h2) * e
		k3 += (-30*z6 - 90*z4*z4 + pi2*(135*z4-96*z6)*h2 + pi4*(212*z4-60*z2)*h2*h2 + pi6*h2*h2*h2*(5-30*z2)) * e
		k2b += pi2 * g2 * eg
		k3b += (3*pi2*g2*z2 - pi4*g2*g2) * eg
	}
	root := math.Sqrt(math.Pi / 2)
	z3, z7, z10 := z2*z, z6*z, z6*z4
	k0 *= 2 * root / z
	k1 *= 2 * root / (6 * z4)
	k2 = root*2*k2/(72*z7) - root*2*k2b/(36*z3)
	k3 = root*2*k3/(6480*z10) + root*2*k3b/(216*z6)
	rn := math.Sqrt(n)
	cdf := k0 + k1/rn + k2/n + k3/(n*rn)
	return min(1, max(0, 1-cdf))
}
