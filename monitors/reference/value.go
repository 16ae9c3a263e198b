package reference

import (
	"math"

	"driftwatch/monitors/decode"
	"driftwatch/monitors/profile"
	"driftwatch/monitors/source/file"
)

// reader turns cells into values of one field. It is strict, as a stream's
// fields are, but for CSV cells, which have no types: they are whatever the
// field's kind can read. Its result is valid until the next call.
type reader struct {
	spec FieldSpec
	out  values
	text []byte
}

// values are those of some rows of a field.
type values struct {
	missing, nulls, invalid int
	numbers                 []float64
	texts                   [][]byte
}

func (r *reader) column(cells []file.Cell) *values {
	out := &r.out
	out.missing, out.nulls, out.invalid = 0, 0, 0
	out.numbers, out.texts, r.text = out.numbers[:0], out.texts[:0], r.text[:0]
	for i := range cells {
		switch c := &cells[i]; c.Kind {
		case file.Missing:
			out.missing++
		case file.Null:
			out.nulls++
		default:
			r.value(c)
		}
	}
	return out
}

func (r *reader) value(c *file.Cell) {
	if r.spec.Kind.Numeric() {
		if x, ok := Number(c, r.spec.Kind, r.spec.Coerce); ok {
			r.out.numbers = append(r.out.numbers, x)
		} else {
			r.unreadable(c)
		}
		return
	}
	if text, ok := r.category(c); ok {
		r.out.texts = append(r.out.texts, text)
	} else {
		r.unreadable(c)
	}
}

func (r *reader) unreadable(c *file.Cell) {
	if c.Kind == file.Untyped && IsNull(c.Text) {
		r.out.nulls++
	} else {
		r.out.invalid++
	}
}

// IsNull reports whether a CSV cell is one of the words that programs write for
// a value that is not there. They are null in fields that they cannot be a value
// of; in a category NA may be Namibia. NaN is none of them: it is an invalid number.
func IsNull(text []byte) bool {
	switch string(text) {
	case "NA", "N/A", "n/a", "#N/A", "null", "NULL", "None", `\N`, "-":
		return true
	}
	return false
}

// Number reads a cell of a number field, or of a timestamp field in Unix
// seconds. Times in files may also have a space for the T of RFC 3339, no zone
// or no time of day. It is false for what is not a finite number or a time since 1970.
func Number(c *file.Cell, kind profile.Kind, coerce bool) (float64, bool) {
	if kind == profile.Timestamp {
		return seconds(c)
	}
	switch c.Kind {
	case file.Integer:
		return float64(c.Int), true
	case file.Float:
		return c.Float, !math.IsNaN(c.Float) && !math.IsInf(c.Float, 0)
	case file.Number, file.Untyped:
		return decode.ParseFloat(c.Text)
	case file.String:
		if coerce {
			return decode.ParseFloat(c.Text)
		}
	}
	return 0, false
}

func seconds(c *file.Cell) (float64, bool) {
	v := decode.Value{Type: decode.String, Text: c.Text}
	switch c.Kind {
	case file.Time:
		return c.Float, c.Float >= 0
	case file.Integer, file.Float:
		v = decode.Value{Type: decode.Number, Text: c.AppendText(nil)}
	case file.Number:
		v.Type = decode.Number
	case file.String, file.Untyped:
	default:
		return 0, false
	}
	t, err := decode.ParseTime(v, "")
	for i := 0; err != nil && IsDate(c.Text) && i < len(localTimes); i++ {
		t, err = decode.ParseTime(v, localTimes[i])
	}
	return float64(t) / 1000, err == nil
}

// localTimes are the layouts in which programs write times without a zone to
// files. They are taken as UTC.
var localTimes = [...]string{
	"2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02", "2006-01-02 15:04",
	"2006/01/02 15:04:05", "2006/01/02 15:04", "2006/01/02",
}

// IsDate reports whether text begins like 2006-01-02 or 2006/01/02.
func IsDate(text []byte) bool {
	return len(text) >= len("2006-01-02") && text[4] == text[7] && (text[4] == '-' || text[4] == '/')
}

// category reads a cell of a category, boolean or text field.
func (r *reader) category(c *file.Cell) ([]byte, bool) {
	switch {
	case c.Kind == file.Nested:
		return nil, false
	case r.spec.Kind == profile.Boolean:
		return boolean(c, r.spec.Coerce)
	case c.Kind == file.Untyped || c.Kind == file.String:
		return c.Text, true
	case r.spec.Kind == profile.Text:
		return nil, false
	}
	start := len(r.text)
	r.text = c.AppendText(r.text)
	return r.text[start:len(r.text):len(r.text)], true
}

func boolean(c *file.Cell, coerce bool) ([]byte, bool) {
	v, ok := c.Bool, c.Kind == file.Bool
	if !ok && (c.Kind == file.Untyped || coerce) {
		v, ok = decode.ParseBool(c.AppendText(nil))
	}
	if v {
		return []byte("true"), ok
	}
	return []byte("false"), ok
}
