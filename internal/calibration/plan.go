package calibration

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
)

// Plan says how much is simulated.
type Plan struct {
	Seed        uint64
	Populations []Population
	References  []int              // sizes in rows
	Windows     []int              // sizes in rows
	Draws       func(r, w int) int // windows drawn of a size w against references of size r
	Fields      int                // of the wide windows: consecutive draws, judged together
	Alphas      []float64
}

// Full is the plan of the manual: a quarter of an hour on two cores.
func Full() Plan {
	return Plan{
		Seed: 1, Populations: Populations(), Fields: 200, Alphas: []float64{0.01, 0.001},
		References: []int{500, 5000, 1000000},
		Windows:    []int{30, 50, 200, 1000, 5000, 1000000},
		Draws: func(_, w int) int {
			switch {
			case w <= 200:
				return 8000
			case w <= 1000:
				return 4000
			case w <= 5000:
				return 1200
			default:
				return 60
			}
		},
	}
}

// Small is the plan of the tests: a few seconds. At the greater alpha a flaw
// needs fewer windows to be seen.
func Small() Plan {
	return Plan{
		Seed: 1, Populations: Populations(), Fields: 20, Alphas: []float64{0.01},
		References: []int{500, 2000},
		Windows:    []int{30, 200},
		Draws:      func(int, int) int { return 400 },
	}
}

// rng returns the random numbers of one part of the simulation. They depend on
// nothing but the seed and the names of the part, so parts may be computed in
// any order, side by side.
func (p Plan) rng(part string, sizes ...int) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(part))
	for _, n := range sizes {
		h.Write([]byte{0, byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)})
	}
	return rand.New(rand.NewPCG(p.Seed, h.Sum64()))
}

// perReference is how many windows of w rows are judged against one reference of
// r rows. Together they hold at most a twentieth of its rows, so that what they
// have in common, its own error, adds a twentieth to the variance of a rate.
func perReference(r, w int) int { return max(1, r/20/w) }

// Cell counts the false verdicts of one check on windows of one sort.
type Cell struct {
	Population        string
	Reference, Window int // rows
	Fields            int // judged together
	Check             string
	Alpha             float64
	Windows           int  // judged
	False             int  // with a verdict of drift in any field
	Significant       int  // of one field: with a p-value of at most alpha, whatever the effect
	Again             bool // drawn once more, see again
}

// Rate is the share of windows with a false verdict.
func (c Cell) Rate() float64 { return float64(c.False) / float64(c.Windows) }

// Exceeds reports whether that is more than is accepted.
func (c Cell) Exceeds() bool { return c.Rate() > c.Limit() }

// Limit is the greatest share that is accepted: 1.5 alpha, and three standard
// errors for the number of windows looked at.
func (c Cell) Limit() float64 {
	return 1.5*c.Alpha + 3*math.Sqrt(c.Alpha*(1-c.Alpha)/float64(c.Windows))
}
