package decode

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A path is the keys that lead to a value, joined by dots: "customer.age". In
// an array a key is the index of an element: "items.0.price". A dot or a
// backslash that belongs to a key is written with a backslash before it.

// SplitPath returns the keys of path.
func SplitPath(path string) ([]string, error) {
	if !utf8.ValidString(path) {
		return nil, fmt.Errorf("path %q is not valid UTF-8", path)
	}
	var keys []string
	var key strings.Builder
	for i := 0; i < len(path); i++ {
		switch c := path[i]; c {
		case '.':
			keys = append(keys, key.String())
			key.Reset()
		case '\\':
			i++
			if i == len(path) || path[i] != '.' && path[i] != '\\' {
				return nil, fmt.Errorf(`path %q: a backslash stands before a dot or a backslash only`, path)
			}
			key.WriteByte(path[i])
		default:
			key.WriteByte(c)
		}
	}
	return append(keys, key.String()), nil
}

// AppendKey appends key to a path, escaped. The path of a top-level key begins
// with it.
func AppendKey(path []byte, key string, top bool) []byte {
	if !top {
		path = append(path, '.')
	}
	for i := range len(key) {
		if key[i] == '.' || key[i] == '\\' {
			path = append(path, '\\')
		}
		path = append(path, key[i])
	}
	return path
}

// arrayIndex reads key as the index of an array's element.
func arrayIndex(key string) (int, bool) {
	i, err := strconv.Atoi(key)
	if err != nil || i < 0 || strconv.Itoa(i) != key {
		return 0, false
	}
	return i, true
}
