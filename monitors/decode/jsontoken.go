package decode

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// space returns the position of what follows white space.
func (d *JSON) space(i int) int {
	for i < len(d.b) && d.b[i] <= ' ' && (d.b[i] == ' ' || d.b[i] == '\n' || d.b[i] == '\t' || d.b[i] == '\r') {
		i++
	}
	return i
}

// literal reads true, false or null.
func (d *JSON) literal(i int) int {
	word := "null"
	switch d.b[i] {
	case 't':
		word = "true"
	case 'f':
		word = "false"
	}
	if end := i + len(word); end <= len(d.b) && string(d.b[i:end]) == word {
		return end
	}
	return d.unexpected(i, "a value")
}

// number reads a number: -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?
func (d *JSON) number(i int) int {
	b := d.b
	if b[i] == '-' {
		i++
	}
	start := i
	if i = digits(b, i); i == start {
		return d.unexpected(i, "a value")
	}
	if b[start] == '0' && i > start+1 {
		return d.fail("json", start, "a number begins with a zero")
	}
	if i < len(b) && b[i] == '.' {
		start = i + 1
		if i = digits(b, start); i == start {
			return d.unexpected(i, "a digit")
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		start = i
		if i = digits(b, start); i == start {
			return d.unexpected(i, "a digit")
		}
	}
	return i
}

// digits returns the position of what follows the digits at i.
func digits(b []byte, i int) int {
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	return i
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// stringEnd reads a string behind its first quote and reports whether it has
// escapes.
func (d *JSON) stringEnd(i int) (end int, escaped bool) {
	b := d.b
	for {
		// Eight bytes at a time: a byte is special if its high bit is set, if
		// it is below a space, or if it is a quote or a backslash.
		for i+8 <= len(b) {
			w := binary.LittleEndian.Uint64(b[i:])
			quote, back := w^ones*'"', w^ones*'\\'
			if (w|(w-ones*' ')|(quote-ones)|(back-ones))&highs != 0 {
				break
			}
			i += 8
		}
		for i < len(b) && b[i] >= ' ' && b[i] < utf8.RuneSelf && b[i] != '"' && b[i] != '\\' {
			i++
		}
		switch {
		case i >= len(b):
			return d.unexpected(i, "the string's end"), false
		case b[i] == '"':
			return i + 1, escaped
		case b[i] == '\\':
			escaped = true
			_, i = d.escape(i)
		case b[i] < ' ':
			return d.fail("json", i, "a control character stands in a string"), false
		default:
			i = d.rune(i)
		}
		if i < 0 {
			return -1, false
		}
	}
}

// rune reads a character of more than one byte.
func (d *JSON) rune(i int) int {
	r, n := utf8.DecodeRune(d.b[i:])
	if r == utf8.RuneError && n == 1 {
		return d.fail("utf8", i, "a string is not valid UTF-8")
	}
	return i + n
}

// escape reads the escape whose backslash is at i.
func (d *JSON) escape(i int) (rune, int) {
	if i+1 >= len(d.b) {
		return 0, d.unexpected(i+1, "an escape")
	}
	switch c := d.b[i+1]; c {
	case '"', '\\', '/':
		return rune(c), i + 2
	case 'b':
		return '\b', i + 2
	case 'f':
		return '\f', i + 2
	case 'n':
		return '\n', i + 2
	case 'r':
		return '\r', i + 2
	case 't':
		return '\t', i + 2
	case 'u':
		return d.unicode(i)
	}
	return 0, d.unexpected(i+1, "an escape")
}

// unicode reads one \uXXXX, or two that are a surrogate pair.
func (d *JSON) unicode(i int) (rune, int) {
	r, ok := hex4(d.b, i+2)
	if !ok {
		return 0, d.fail("json", i, `\u is not followed by four hexadecimal digits`)
	}
	i += 6
	if !utf16.IsSurrogate(r) {
		return r, i
	}
	if i+1 < len(d.b) && d.b[i] == '\\' && d.b[i+1] == 'u' {
		low, ok := hex4(d.b, i+2)
		if !ok {
			return 0, d.fail("json", i, `\u is not followed by four hexadecimal digits`)
		}
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, i + 6
		}
	}
	return 0, d.fail("utf8", i-6, "a surrogate stands alone")
}

func hex4(b []byte, i int) (r rune, ok bool) {
	if i+4 > len(b) {
		return 0, false
	}
	for _, c := range b[i : i+4] {
		switch {
		case c-'0' <= 9:
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// stringValue reads a string behind its first quote and returns its text: a
// part of the payload, or of the record's own buffer if it has escapes.
func (d *JSON) stringValue(i int) ([]byte, int) {
	end, escaped := d.stringEnd(i)
	if end < 0 {
		return nil, -1
	}
	if !escaped {
		return d.b[i : end-1 : end-1], end
	}
	start := len(d.text)
	d.text = d.unescape(d.text, d.b[i:end-1], i)
	return d.text[start:len(d.text):len(d.text)], end
}

// name is stringValue for a name; its text is valid until the next name.
func (d *JSON) name(i int) ([]byte, int) {
	end, escaped := d.stringEnd(i)
	if end < 0 {
		return nil, -1
	}
	if !escaped {
		return d.b[i : end-1], end
	}
	d.key = d.unescape(d.key[:0], d.b[i:end-1], i)
	return d.key, end
}

// unescape appends the text of a string that was checked and begins at i of
// the payload.
func (d *JSON) unescape(text, raw []byte, i int) []byte {
	for end := i + len(raw); i < end; {
		if d.b[i] != '\\' {
			text = append(text, d.b[i])
			i++
			continue
		}
		var r rune
		r, i = d.escape(i)
		text = utf8.AppendRune(text, r)
	}
	return text
}
