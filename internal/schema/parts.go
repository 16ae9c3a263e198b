package schema

import (
	"math"

	"driftwatch/monitors/checks"
)

// object is a JSON value that is an object. Its keys are written in order.
type object map[string]any

// with adds a description, which editors show.
func (o object) with(description string) object {
	o["description"] = description
	return o
}

// fields is a mapping of known keys, of which some are needed.
func fields(needed []string, properties object) object {
	o := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(needed) > 0 {
		o["required"] = needed
	}
	return o
}

// free is a mapping whose keys are free.
func free(value any) object { return object{"type": "object", "additionalProperties": value} }

func list(item any) object { return object{"type": "array", "items": item} }

// some is a list that is not empty.
func some(item any) object {
	o := list(item)
	o["minItems"] = 1
	return o
}

func oneOrList(item any) object { return anyOf(item, list(item)) }

func anyOf(forms ...any) object { return object{"anyOf": forms} }

func text() object { return object{"type": "string", "minLength": 1} }

// muteTimes are one or several beginnings by cron, with how long each lasts.
func muteTimes() object {
	return oneOrList(fields([]string{"cron", "for"}, object{"cron": text(), "for": duration()}))
}

func pattern(expression string) object { return object{"type": "string", "pattern": expression} }

func words(w ...string) object { return object{"enum": w} }

func boolean() object { return object{"type": "boolean"} }

func number() object { return object{"type": "number"} }

func between(least, greatest float64) object {
	return object{"type": "number", "minimum": least, "maximum": greatest}
}

func whole(least, greatest int) object {
	return object{"type": "integer", "minimum": least, "maximum": greatest}
}

// scalar is any single value: what files say of it is taken as text.
func scalar() object { return object{"type": []string{"string", "number", "boolean"}} }

// duration is like 90s, 5m, 1h30m, 7d, 1w.
func duration() object {
	return anyOf(pattern(`^([0-9]{1,9}w)?([0-9]{1,9}d)?([0-9]{1,9}h)?([0-9]{1,9}m)?([0-9]{1,9}s)?([0-9]{1,9}ms)?$`), object{"const": 0}).
		with("A length of time such as 90s, 5m, 1h30m, 7d or 1w.")
}

func path(what string) object {
	return text().with(what + " A relative path is relative to this file.")
}

func paths(what string) object { return oneOrList(path(what + " Globs are allowed.")) }

// checkList is what a monitor or field asks for: names, and names with
// parameters, from the table of checks.
func checkList() object {
	parameters := object{}
	forms := []any{object{"const": "schema", "description": "missing, invalid, unknown_fields, allowed and range"}}
	for _, c := range checks.All() {
		forms = append(forms, object{"const": c.Name, "description": c.Summary})
		if len(c.Params) > 0 {
			parameters[c.Name] = checkParams(c)
		}
	}
	with := fields(nil, parameters)
	with["minProperties"], with["maxProperties"] = 1, 1
	return list(anyOf(append(forms, with)...)).with("What is computed. Without it all checks that fit a field's type.")
}

func checkParams(c checks.Check) object {
	properties := object{}
	var needed []string
	for _, p := range c.Params {
		properties[p.Name] = param(p)
		if p.Required {
			needed = append(needed, p.Name)
		}
	}
	return fields(needed, properties).with(c.Summary)
}

// param is a parameter in the forms that it has.
func param(p checks.Param) object {
	var forms []any
	switch {
	case p.List:
		forms = append(forms, some(number()))
	case p.Key != "":
		forms = append(forms, fields([]string{p.Key}, object{p.Key: bounds(p.Number)}))
	case p.Number != nil:
		forms = append(forms, bounds(p.Number))
	}
	if len(p.Words) > 0 {
		forms = append(forms, words(p.Words...))
	}
	help := p.Help
	if p.Default != "" {
		help += " Default: " + p.Default + "."
	}
	return anyOf(forms...).with(help)
}

func bounds(b *checks.Bounds) object {
	o := number()
	if b.Whole {
		o["type"] = "integer"
	}
	least := "minimum"
	if b.Open {
		least = "exclusiveMinimum"
	}
	if !math.IsInf(b.Least, 0) {
		o[least] = b.Least
	}
	if !math.IsInf(b.Greatest, 0) {
		o["maximum"] = b.Greatest
	}
	return o
}
