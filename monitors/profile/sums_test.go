package profile

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// exactSums adds by math/big: the sum, and the sum of squares.
func exactSums(v []float64) (sum, squares *big.Rat) {
	sum, squares = new(big.Rat), new(big.Rat)
	for _, x := range v {
		r := new(big.Rat).SetFloat64(x)
		sum.Add(sum, r)
		squares.Add(squares, r.Mul(r, r))
	}
	return sum, squares
}

func scaled(n *big.Int, unit int) *big.Rat {
	return new(big.Rat).SetFrac(n, new(big.Int).Lsh(big.NewInt(1), uint(-unit)))
}

func TestSumsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := finite(rapid.SliceOfN(drawNumber(), 0, 100).Draw(t, "values"))
		p := numberProfile(0, nil, v)
		sum, squares := exactSums(v)
		if got := scaled(p.sums.sum(), sumUnit); got.Cmp(sum) != 0 {
			t.Fatalf("sum %v, want %v", got, sum)
		}
		if got := scaled(p.sums.squares.integer(), 2*sumUnit); got.Cmp(squares) != 0 {
			t.Fatalf("sum of squares %v, want %v", got, squares)
		}
		if len(v) == 0 {
			return
		}
		n := new(big.Rat).SetInt64(int64(len(v)))
		if want, _ := new(big.Rat).Quo(sum, n).Float64(); mustStat(t, p.Mean) != want {
			t.Fatalf("mean %g, want %g", mustStat(t, p.Mean), want)
		}
		if got, want := mustStat(t, p.StdDev), bigStdDev(sum, squares, n); got != want {
			t.Fatalf("standard deviation %g, want %g", got, want)
		}
	})
}

// bigStdDev takes the root with 4,000 bits.
func bigStdDev(sum, squares, n *big.Rat) float64 {
	mean := new(big.Rat).Quo(sum, n)
	variance := new(big.Rat).Sub(new(big.Rat).Quo(squares, n), mean.Mul(mean, mean))
	f := new(big.Float).SetPrec(4000).SetRat(variance)
	v, _ := f.Sqrt(f).Float64()
	return v
}

func mustStat(t tester, stat func() (float64, bool)) float64 {
	v, ok := stat()
	if !ok {
		t.Fatal("no value")
	}
	return v
}

func TestSumsOfHugeNumbers(t *testing.T) {
	tests := []struct {
		name           string
		v              []float64
		mean, deviance float64
	}{
		{"cancel", []float64{1e300, 1, -1e300}, 1.0 / 3, 8.16496580927726e299},
		{"overflow in passing", []float64{math.MaxFloat64, math.MaxFloat64, -math.MaxFloat64}, math.MaxFloat64 / 3, 1.6948813415381948e308},
		{"greatest", []float64{math.MaxFloat64, math.MaxFloat64}, math.MaxFloat64, 0},
		{"least", []float64{math.SmallestNonzeroFloat64, 0}, 0, 0}, // ties go to even
		{"many tenths", slices.Repeat([]float64{0.1}, 1000), 0.1, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := numberProfile(0, nil, test.v)
			if got := mustStat(t, p.Mean); got != test.mean {
				t.Errorf("mean %g, want %g", got, test.mean)
			}
			if got := mustStat(t, p.StdDev); math.Abs(got-test.deviance) > 1e-15*test.deviance {
				t.Errorf("standard deviation %v, want %v", got, test.deviance)
			}
		})
	}
}

func TestCarryRunsThroughLimbs(t *testing.T) {
	var a accumulator
	a.add(0, math.MaxUint64, math.MaxUint64)
	a.add(128, math.MaxUint64, math.MaxUint64)
	a.add(0, 0, 1)
	want := new(big.Int).Lsh(big.NewInt(1), 256)
	if got := a.integer(); got.Cmp(want) != 0 {
		t.Errorf("got %x, want %x", got, want)
	}
	var b accumulator
	b.merge(a)
	b.merge(a)
	if got := b.integer(); got.Cmp(want.Lsh(want, 1)) != 0 {
		t.Errorf("merged: got %x, want %x", got, want)
	}
	if len(b.trimmed().limbs) != 1 {
		t.Errorf("trimmed: %x", b.trimmed())
	}
}
