package yamlx

import (
	"encoding/json"

	yaml "go.yaml.in/yaml/v4"
)

// AppendJSON appends the value as JSON on one line, numbers as they are written
// where JSON has them so, and reports what JSON does not have.
func (c Cursor) AppendJSON(b []byte) []byte {
	switch {
	case c.node == nil || c.isNull():
		return append(b, "null"...)
	case c.IsMap():
		b = append(b, '{')
		for i, e := range c.Map().Entries() {
			if i > 0 {
				b = append(b, ',')
			}
			b = e.Value.AppendJSON(append(appendString(b, e.Name()), ':'))
		}
		return append(b, '}')
	case c.IsList():
		b = append(b, '[')
		for i, item := range c.List() {
			if i > 0 {
				b = append(b, ',')
			}
			b = item.AppendJSON(b)
		}
		return append(b, ']')
	}
	return c.appendScalar(b)
}

func (c Cursor) appendScalar(b []byte) []byte {
	switch c.node.ShortTag() {
	case "!!int", "!!float", "!!bool":
		if c.node.Kind == yaml.ScalarNode && json.Valid([]byte(c.node.Value)) {
			return append(b, c.node.Value...)
		}
		c.Must("be written as in JSON, not %s", c.node.Value)
		return append(b, "null"...)
	}
	return appendString(b, c.node.Value)
}

func appendString(b []byte, s string) []byte {
	quoted, _ := json.Marshal(s) // of a string there is no error
	return append(b, quoted...)
}
