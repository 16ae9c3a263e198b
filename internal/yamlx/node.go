package yamlx

import (
	yaml "go.yaml.in/yaml/v4"
)

// checkNode reports what is not allowed anywhere in a file. Wrong keys and
// values are the business of those who read the tree.
func (d *document) checkNode(n *yaml.Node) {
	switch {
	case n.Kind == yaml.AliasNode:
		d.report(n.Line, n.Column, Error, "alias", "anchors and aliases are not allowed; write the value of *%s out", n.Value)
		return
	case n.Anchor != "":
		d.report(n.Line, n.Column, Error, "anchor", "anchors and aliases are not allowed: &%s", n.Anchor)
	case n.Style&yaml.TaggedStyle != 0:
		d.report(n.Line, n.Column, Error, "tag", "tags are not allowed: %s", n.ShortTag())
	}
	if n.Kind == yaml.MappingNode {
		d.checkKeys(n)
	}
	for _, c := range n.Content {
		d.checkNode(c)
	}
}

func (d *document) checkKeys(n *yaml.Node) {
	first := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		switch {
		case k.Kind == yaml.AliasNode: // reported by checkNode
		case k.Kind != yaml.ScalarNode:
			d.report(k.Line, k.Column, Error, "key", "a key must be a word, not a %s", kindName(k))
		case k.ShortTag() == "!!merge":
			d.report(k.Line, k.Column, Error, "merge", "merge keys are not allowed: <<")
		case first[k.Value] > 0:
			d.report(k.Line, k.Column, Error, "duplicate-key", "key %q occurs twice, first in line %d", k.Value, first[k.Value])
		default:
			first[k.Value] = k.Line
		}
	}
}

// kindName says in a user's words what a node is.
func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "mapping"
	case yaml.SequenceNode:
		return "list"
	case yaml.AliasNode:
		return "alias"
	}
	switch n.ShortTag() {
	case "!!null":
		return "empty value"
	case "!!bool":
		return "true or false"
	case "!!int", "!!float":
		return "number"
	case "!!timestamp":
		return "time"
	}
	return "text"
}
