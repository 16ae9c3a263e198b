package yamlx

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// DidYouMean is `, did you mean "x"?` for the known word that is nearest to s,
// or "" if none is near.
func DidYouMean(s string, known []string) string {
	best := nearest(s, known)
	if best == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", best)
}

// nearest is the known word that is nearest to s, or "" if none is near.
func nearest(s string, known []string) string {
	if len(s) > 64 {
		return ""
	}
	best, bestDist := "", 1+max(1, len(s)/3)
	for _, k := range known {
		if d := distance(strings.ToLower(s), strings.ToLower(k)); d < bestDist && d < max(len(s), len(k)) {
			best, bestDist = k, d
		}
	}
	return best
}

// distance is the number of single-letter edits, two neighbours swapped being
// one, that turn a into b (optimal string alignment).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	var prev2 []int
	prev := make([]int, len(y)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row := make([]int, len(y)+1)
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], prev2[j-2]+1)
			}
		}
		prev2, prev = prev, row
	}
	return prev[len(y)]
}

var durationPart = regexp.MustCompile(`^(\d{1,9})(ms|s|m|h|d|w)`)

// units are ordered: a duration names each at most once, the longest first.
var units = []struct {
	name string
	d    time.Duration
}{
	{"w", 7 * 24 * time.Hour}, {"d", 24 * time.Hour}, {"h", time.Hour},
	{"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond},
}

var (
	errDuration = errors.New("not a length of time such as 90s, 5m, 1h, 7d or 1w")
	errTooLong  = errors.New("a length of time of more than 292 years")
)

// ParseDuration reads 90s, 5m, 1h30m, 7d, 1w; 0 needs no unit.
func ParseDuration(s string) (time.Duration, error) {
	if s == "0" {
		return 0, nil
	}
	total, next := time.Duration(0), 0
	for rest := s; rest != "" || s == ""; {
		part := durationPart.FindStringSubmatch(rest)
		if part == nil {
			return 0, errDuration
		}
		n, _ := strconv.ParseInt(part[1], 10, 64) // nine digits at most
		for next < len(units) && units[next].name != part[2] {
			next++
		}
		if next == len(units) {
			return 0, errDuration
		}
		d := units[next].d
		next++
		if n > int64((math.MaxInt64-total)/d) {
			return 0, errTooLong
		}
		total += time.Duration(n) * d
		rest = rest[len(part[0]):]
	}
	return total, nil
}

// FormatDuration is the inverse of ParseDuration, in the fewest units; what is
// finer than a millisecond is dropped.
func FormatDuration(d time.Duration) string {
	if d < time.Millisecond {
		return "0s"
	}
	var b strings.Builder
	for _, u := range units {
		if n := d / u.d; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, u.name)
			d -= n * u.d
		}
	}
	return b.String()
}

var sizePart = regexp.MustCompile(`^(\d{1,9})(B|KiB|MiB|GiB|TiB|kB|MB|GB|TB)$`)

var sizeUnits = map[string]int64{
	"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
	"kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
}

// ParseSize reads a number of bytes such as 512MiB or 2GB.
func ParseSize(s string) (int64, error) {
	part := sizePart.FindStringSubmatch(s)
	if part == nil {
		return 0, fmt.Errorf("not a size: %q", s)
	}
	n, err := strconv.ParseInt(part[1], 10, 64)
	if unit := sizeUnits[part[2]]; err == nil && n <= math.MaxInt64/unit {
		return n * unit, nil
	}
	return 0, fmt.Errorf("size is too large: %q", s)
}

// FormatSize writes a number of bytes with at most four digits: 1.5 GiB.
func FormatSize(n int64) string {
	v, unit := float64(n), "B"
	for _, u := range []string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"} {
		if v < 1024 {
			break
		}
		v, unit = v/1024, u
	}
	return strconv.FormatFloat(v, 'g', 4, 64) + " " + unit
}
