package calibration

import "fmt"

// Problems says which cells have more false verdicts than they may, and whether
// all together have more than alpha.
func Problems(cells []Cell) []string {
	var all []string
	sum, n := map[float64]float64{}, map[float64]float64{}
	for _, c := range cells {
		sum[c.Alpha] += c.Rate()
		n[c.Alpha]++
		if c.Exceeds() {
			all = append(all, fmt.Sprintf("%s of %s, %d rows against %d, %d fields, alpha %v: %d of %d windows have a false verdict, at most %.1f expected",
				c.Check, c.Population, c.Window, c.Reference, c.Fields, c.Alpha, c.False, c.Windows, c.Limit()*float64(c.Windows)))
		}
	}
	for alpha, s := range sum {
		if mean := s / n[alpha]; mean > alpha {
			all = append(all, fmt.Sprintf("on average %.4f of all windows have a false verdict, alpha is %v", mean, alpha))
		}
	}
	return all
}
