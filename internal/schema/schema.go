// Package schema describes the configuration, monitor and rule files as a JSON
// Schema, for editors. It says what keys there are and what they may be; what
// lint finds beyond that (names that do not exist, limits that contradict each
// other) a schema cannot say. Checks and their parameters come from the table of
// checks.
package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// kinds are the files that there are, and their schemas.
var kinds = []struct {
	name string
	make func() object
}{
	{"config", config}, {"monitors", monitors}, {"rules", rules}, {"tests", tests},
}

// Kinds lists the kinds of files.
func Kinds() []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.name
	}
	return names
}

// Document returns the schema of one kind of file, or with kind "" of any of
// them, as indented JSON. Equal programs give equal bytes.
func Document(kind string) ([]byte, error) {
	root := object{"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Driftwatch"}
	definitions, every := object{"condition": condition(), "route": childRoute()}, []any{}
	for _, k := range kinds {
		definitions[k.name] = k.make()
		every = append(every, reference(k.name))
	}
	root["$defs"] = definitions
	switch {
	case kind == "":
		root["anyOf"] = every
	case slices.Contains(Kinds(), kind):
		root["$ref"] = "#/$defs/" + kind
	default:
		return nil, fmt.Errorf("there is no schema of %q; there is %s", kind, strings.Join(Kinds(), ", "))
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(root); err != nil {
		return nil, fmt.Errorf("write the schema: %w", err)
	}
	return b.Bytes(), nil
}

func reference(definition string) object { return object{"$ref": "#/$defs/" + definition} }
