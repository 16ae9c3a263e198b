package decode

import "strconv"

// Float returns the number of a Number. It is false for other types, for text
// that is not a decimal number and for numbers beyond the range of a float64.
func (v Value) Float() (float64, bool) {
	if v.Type != Number {
		return 0, false
	}
	return ParseFloat(v.Text)
}

// exactPowers are the powers of ten that a float64 holds exactly.
var exactPowers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10,
	1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// ParseFloat reads a decimal number: a sign, digits with or without a point,
// an exponent. Hexadecimal digits, underscores, infinities and NaN are not
// numbers here. The result is the float64 nearest to the text.
func ParseFloat(text []byte) (float64, bool) {
	if len(text) > longest {
		return parseLong(text)
	}
	d, ok := parseDecimal(text)
	if !ok {
		return 0, false
	}
	// A mantissa below 2^53 times or by an exact power of ten is one correctly
	// rounded operation (Clinger, How to Read Floating Point Numbers
	// Accurately, 1990).
	if !d.cut && d.mantissa < 1<<53 && d.exponent >= -22 && d.exponent <= 22 {
		f := float64(d.mantissa)
		if d.negative {
			f = -f
		}
		if d.exponent < 0 {
			return f / exactPowers[-d.exponent], true
		}
		return f * exactPowers[d.exponent], true
	}
	f, err := strconv.ParseFloat(string(text), 64)
	return f, err == nil
}

// longest is the length from which on a text is rarely one that the steps above
// can read: going through its digits would be in vain.
const longest = 17

// parseLong leaves numbers to strconv, whose decimal numbers are those here; what
// else it takes for one has letters or underscores.
func parseLong(text []byte) (float64, bool) {
	for _, b := range text {
		if b-'0' > 9 && b != '.' && b|0x20 != 'e' && b != '-' && b != '+' {
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(string(text), 64)
	return f, err == nil
}

// decimal is mantissa * 10^exponent.
type decimal struct {
	negative bool
	cut      bool // digits beyond the 19th were left out
	mantissa uint64
	exponent int
}

// maxExponent keeps sums of exponents far from overflow; a decimal beyond it
// is zero or infinite anyway.
const maxExponent = 1 << 30

func parseDecimal(b []byte) (d decimal, ok bool) {
	i := 0
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		d.negative = b[0] == '-'
		i++
	}
	start := i
	i = d.digits(b, i, 0)
	n := i - start
	if i < len(b) && b[i] == '.' {
		start = i + 1
		i = d.digits(b, start, -1)
		n += i - start
	}
	if n == 0 {
		return d, false
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		e, end := exponent(b, i+1)
		d.exponent += e
		i = end
	}
	return d, i == len(b)
}

// digits reads digits from i on; step is the exponent of one more digit.
func (d *decimal) digits(b []byte, i, step int) int {
	for ; i < len(b) && b[i]-'0' <= 9; i++ {
		if d.mantissa < 1e18 {
			d.mantissa = d.mantissa*10 + uint64(b[i]-'0')
			d.exponent += step
			continue
		}
		d.cut = d.cut || b[i] != '0'
		d.exponent += step + 1
	}
	return i
}

// exponent reads the exponent behind its letter; end is -1 if there is none.
func exponent(b []byte, i int) (e, end int) {
	negative := i < len(b) && b[i] == '-'
	if negative || i < len(b) && b[i] == '+' {
		i++
	}
	start := i
	for ; i < len(b) && b[i]-'0' <= 9; i++ {
		e = min(e*10+int(b[i]-'0'), maxExponent)
	}
	if i == start {
		return 0, -1
	}
	if negative {
		e = -e
	}
	return e, i
}
