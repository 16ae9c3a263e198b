package dashboards

import (
	"fmt"

	"driftwatch/monitors/checks"
)

// family is checks that are looked at together.
type family struct {
	title  string
	checks []checks.Check
}

// families divides the table of checks, in its order.
func families() []family {
	distances, quality, stream, values := family{title: "How far from the reference"}, family{title: "Data quality"}, family{title: "Stream"}, family{title: "Values"}
	for _, c := range checks.All() {
		to := &values
		switch {
		case c.Kinds == nil:
			to = &stream
		case c.Unit == checks.Share:
			to = &quality
		case c.NeedsReference:
			to = &distances
		}
		to.checks = append(to.checks, c)
	}
	return []family{distances, quality, stream, values}
}

// panelOf shows a check by field, also where it is computed several times with
// parameters that are a part of its name.
func panelOf(c checks.Check) panel {
	fields, legend := `, field=~"$field"`, "{{field}} {{check}}"
	if c.Kinds == nil {
		fields, legend = "", "{{check}}"
	}
	segment := `, segment=~"$segment"`
	if c.Whole {
		segment = `, segment=""`
	}
	t := series(c.Name, c.Summary+".", unitOf(c.Unit), 12, target{
		Expr:   fmt.Sprintf(`driftwatch_check_value{monitor="$monitor"%s%s, check=~%q}`, segment, fields, namesOf(c)),
		Legend: legend,
	})
	t.Fields.Defaults.Min = finite(c.Range.Least)
	if c.Kinds != nil {
		t.Fields.Defaults.Links = fieldLinks()
	}
	return t
}

// namesOf is an expression of the names that results of a check have.
func namesOf(c checks.Check) string { return c.Name + "(_.+)?" }

// unitOf is Grafana's name of a unit.
func unitOf(u checks.Unit) string {
	switch u {
	case checks.Share:
		return "percentunit"
	case checks.Seconds:
		return "s"
	case checks.Rows, checks.Values:
		return "short"
	}
	return "none"
}

// byCheck gives each line that is named after a check the unit and the least
// value of that check.
func byCheck() (list []override) {
	for _, c := range checks.All() {
		if c.Kinds == nil {
			continue
		}
		properties := []property{{"unit", unitOf(c.Unit)}}
		if least := finite(c.Range.Least); least != nil {
			properties = append(properties, property{"min", *least})
		}
		list = append(list, override{matcher{"byRegexp", "/^" + namesOf(c) + "$/"}, properties})
	}
	return list
}
