package batch

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"driftwatch/monitors/decode"
	"driftwatch/monitors/profile"
	"driftwatch/monitors/reference"
	"driftwatch/monitors/source/file"
)

// Ignore is the type of a field that is to be left out.
const Ignore = "ignore"

const (
	mostly     = 0.95 // share of a column's values that must be of a type for the column to be of it
	fewCodes   = 10   // whole numbers with at most this many values are codes,
	codeRows   = 10   // if each has this many rows on average
	manyTexts  = 0.5  // texts and codes are free text if this share of the rows is distinct,
	textRows   = 20   // in at least this many rows,
	someTexts  = 0.2  // or this share and at least so many values that a table of them is of no use,
	tableMost  = 1000
	longText   = 64 // or if texts have this many bytes on average
	firstUnix  = 978_307_200
	lastUnix   = 4_102_444_800 // whole numbers between, the years 2001 to 2100, may be Unix seconds
	firstMilli = firstUnix * 1e3
)

// infer finds the type of every column of an input, from all of its rows, so
// that their order does not matter. Columns of lists and objects, and those
// whose type is given as Ignore, are left out.
func infer(in *file.Input, types map[string]string) (fields []reference.FieldSpec, ignored []string, err error) {
	var columns []*evidence
	err = in.Scan(func(b *file.Batch) error {
		for _, name := range b.Names[min(len(columns), len(b.Names)):] {
			columns = append(columns, newEvidence(name))
		}
		b.EachColumn(func(i int, cells []file.Cell) {
			if _, given := types[b.Names[i]]; !given {
				columns[i].observe(cells)
			}
		})
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if err := checkTypes(types, in.Names()); err != nil {
		return nil, nil, err
	}
	for _, name := range in.Names()[len(columns):] {
		columns = append(columns, newEvidence(name)) // a header without rows
	}
	for _, c := range columns {
		kind, ok := profile.ParseKind(types[c.name])
		if _, given := types[c.name]; !given {
			kind, ok = c.kind()
		}
		if ok {
			fields = append(fields, reference.FieldSpec{Name: c.name, Kind: kind})
		} else {
			ignored = append(ignored, c.name)
		}
	}
	return fields, ignored, nil
}

// checkTypes refuses types that do not exist, or of fields that do not.
func checkTypes(types map[string]string, names []string) error {
	for _, name := range slices.Sorted(maps.Keys(types)) {
		if _, ok := profile.ParseKind(types[name]); !ok && types[name] != Ignore {
			return fmt.Errorf("type %q of field %q: it is number, category, boolean, text, timestamp or ignore", types[name], name)
		}
		if !slices.Contains(names, name) {
			return fmt.Errorf("a type is given for field %q, which is not there; there is %s", name, list(names, 8))
		}
	}
	return nil
}

// list joins names and cuts a long list off.
func list(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// evidence is what a column's values tell of its type.
type evidence struct {
	name                                 string
	present, bools, times, nested, texts int
	numbers, integers, padded            int
	length                               int // bytes of texts
	least, greatest                      float64
	codes                                map[string]bool  // whole numbers as they are written, a few
	words                                map[string]bool  // spellings of true and false other than these
	distinct                             *profile.Profile // of texts
	scratch                              []byte
}

func newEvidence(name string) *evidence {
	return &evidence{
		name: name, least: math.Inf(1), greatest: math.Inf(-1), codes: map[string]bool{}, words: map[string]bool{},
		distinct: profile.New(profile.Options{Kind: profile.Category}),
	}
}

func (e *evidence) observe(cells []file.Cell) {
	for i := range cells {
		c := &cells[i]
		if c.Kind == file.Missing || c.Kind == file.Null {
			continue
		}
		e.present++
		switch c.Kind {
		case file.Bool:
			e.bools++
		case file.Time:
			e.times++
		case file.Nested:
			e.nested++
		case file.String:
			e.text(c)
		case file.Untyped:
			e.untyped(c)
		default:
			if x, ok := reference.Number(c, profile.Number, false); ok {
				e.number(c, x)
			} else {
				e.numbers++ // an invalid one
			}
		}
	}
}

// untyped observes a CSV cell.
func (e *evidence) untyped(c *file.Cell) {
	if b := c.Text[0]; b <= '9' {
		if x, ok := decode.ParseFloat(c.Text); ok {
			e.number(c, x)
			return
		}
	} else if _, ok := decode.ParseBool(c.Text); ok {
		e.bool(c)
		return
	}
	switch {
	case reference.IsNull(c.Text):
		e.present-- // if the column turns out to be one of names, it makes no difference
	case strings.EqualFold(string(c.Text), "nan"):
		e.numbers++ // an invalid one
	default:
		e.text(c)
	}
}

// bool observes a spelling of true or false, which may also be a category: of
// the letters of a class, or of answers of which one never occurs.
func (e *evidence) bool(c *file.Cell) {
	e.bools++
	if word := strings.ToLower(string(c.Text)); word != "true" && word != "false" {
		e.words[word] = true
	}
}

// isBool reports whether the spellings of true and false are those of one pair.
func (e *evidence) isBool() bool {
	switch {
	case !e.most(e.bools) || len(e.words) > 2:
		return false
	case len(e.words) == 0:
		return true
	}
	for _, pair := range [...][2]string{{"yes", "no"}, {"y", "n"}, {"t", "f"}} {
		if e.words[pair[0]] && e.words[pair[1]] {
			return true
		}
	}
	return false
}

func (e *evidence) text(c *file.Cell) {
	if reference.IsDate(c.Text) {
		if _, ok := reference.Number(c, profile.Timestamp, false); ok {
			e.times++
			return
		}
	}
	e.texts++
	e.length += len(c.Text)
	e.distinct.ObserveCategory(c.Text)
}

func (e *evidence) number(c *file.Cell, x float64) {
	e.numbers++
	e.least, e.greatest = min(e.least, x), max(e.greatest, x)
	switch c.Kind {
	case file.Float:
		return
	case file.Integer:
		if len(e.codes) > fewCodes {
			e.integers++
			return
		}
		e.scratch = c.AppendText(e.scratch[:0])
		e.integer(e.scratch)
	default:
		if isInteger(c.Text) {
			e.integer(c.Text)
		}
	}
}

// isInteger reports whether the text of a number is one of digits alone.
func isInteger(text []byte) bool {
	for _, b := range text {
		if b != '-' && (b < '0' || b > '9') {
			return false
		}
	}
	return true
}

func (e *evidence) integer(text []byte) {
	e.integers++
	if digits := bytes.TrimPrefix(text, []byte("-")); len(digits) > 1 && digits[0] == '0' {
		e.padded++
	}
	if len(e.codes) <= fewCodes && !e.codes[string(text)] {
		e.codes[string(text)] = true
	}
}

// kind decides. It is false for lists and objects.
func (e *evidence) kind() (profile.Kind, bool) {
	switch {
	case e.present == 0:
		return profile.Category, true
	case e.most(e.nested):
		return 0, false
	case e.isBool():
		return profile.Boolean, true
	case e.most(e.times), e.times > 0 && e.most(e.times+e.numbers) && e.unixTime(false):
		return profile.Timestamp, true
	case e.most(e.numbers):
		return e.numberKind(), true
	}
	return e.textKind(), true
}

// textKind tells categories from texts of which hardly one occurs twice.
func (e *evidence) textKind() profile.Kind {
	n, _ := e.distinct.Distinct()
	distinct, texts := float64(n), float64(e.texts) // of a column of codes, some may look like numbers
	unlike := distinct > manyTexts*texts && texts >= textRows || distinct > someTexts*texts && distinct >= tableMost
	if unlike && 2*e.texts > e.present || e.texts == e.present && e.length > longText*e.present {
		return profile.Text
	}
	return profile.Category
}

func (e *evidence) most(n int) bool { return n > 0 && float64(n) >= mostly*float64(e.present) }

// numberKind tells numbers from times and codes that are written as numbers.
func (e *evidence) numberKind() profile.Kind {
	whole := e.integers == e.numbers
	switch {
	case e.unixTime(whole):
		return profile.Timestamp
	case whole && (e.padded > 0 || namesID(e.name)):
		return profile.Category // a name that happens to be a number
	case whole && len(e.codes) <= fewCodes && e.integers >= codeRows*len(e.codes):
		return profile.Category
	}
	return profile.Number
}

// unixTime reports whether all numbers are Unix times of this century. Seconds
// are like other large numbers, so the name has to say so too.
func (e *evidence) unixTime(whole bool) bool {
	for unit := 1.0; unit <= 1e9; unit *= 1e3 {
		if e.least >= firstUnix*unit && e.greatest <= lastUnix*unit {
			return e.times > 0 || namesTime(e.name) || whole && e.least >= firstMilli
		}
	}
	return false
}

// words splits the last part of a path: "user.createdAt" is created, at.
func words(path string) []string {
	name := path[strings.LastIndexByte(path, '.')+1:]
	var b strings.Builder
	lower := false
	for _, r := range name {
		if lower && r >= 'A' && r <= 'Z' {
			b.WriteByte(' ')
		}
		lower = r >= 'a' && r <= 'z'
		b.WriteRune(r)
	}
	return strings.FieldsFunc(strings.ToLower(b.String()), func(r rune) bool { return r == ' ' || r == '_' || r == '-' })
}

func namesID(path string) bool {
	w := words(path)
	return len(w) > 0 && slices.Contains([]string{"id", "ids", "uuid", "guid", "code", "zip", "zipcode", "postcode", "key"}, w[len(w)-1])
}

func namesTime(path string) bool {
	return slices.ContainsFunc(words(path), func(w string) bool {
		return slices.Contains([]string{"ts", "time", "timestamp", "at", "date", "datetime", "epoch", "unix"}, w)
	})
}
