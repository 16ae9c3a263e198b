package dashboards

import (
	"fmt"
	"math"

	"driftwatch/monitors/checks"
)

// monitor shows one monitor: its verdicts, and a panel for each check.
func monitor() dashboard {
	variables := []variable{
		values("monitor", "Monitor", "driftwatch_windows_total"),
		values("segment", "Segment (All: the whole stream)", `driftwatch_window_rows{monitor="$monitor", segment!=""}`),
		values("field", "Field", `driftwatch_check_value{monitor="$monitor", field!=""}`),
	}
	// The whole stream is the segment without a name, which no list shows.
	variables[1].IncludeAll, variables[1].AllValue, variables[1].Current = true, "^$", &choice{"All", "$__all"}
	variables[2].IncludeAll, variables[2].Multi, variables[2].Current = true, true, &choice{"All", "$__all"}

	var p page
	p.add(states("Drift by field", "Red while any check of the field says drift.",
		target{Expr: `max by (field) (driftwatch_check_drift{monitor="$monitor", segment=~"$segment", field=~"$field"})`, Legend: "{{field}}"}))
	p.add(series("Alerts", "", "none", 12,
		target{Expr: `sum by (alert, severity, state) (driftwatch_alerts{monitor="$monitor"})`, Legend: "{{alert}} {{severity}} {{state}}"}))
	p.add(series("Rows by window", "", "short", 12,
		target{Expr: `driftwatch_window_rows{monitor="$monitor", segment=~"$segment"}`, Legend: "{{segment}} rows"}))
	for _, f := range families() {
		p.row(f.title)
		for _, c := range f.checks {
			p.add(panelOf(c))
		}
	}
	p.row("Significance")
	p.add(series("P-values", "Small ones are surprising; a verdict also asks for an effect.", "none", wide,
		target{Expr: `driftwatch_check_p_value{monitor="$monitor", segment=~"$segment", field=~"$field"}`, Legend: "{{field}} {{check}}"}))
	return newDashboard("driftwatch-monitor", "Driftwatch: monitor", "One monitor, all of its checks.", variables, p)
}

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
		Expr:   fmt.Sprintf(`driftwatch_check_value{monitor="$monitor"%s%s, check=~"%s(_.+)?"}`, segment, fields, c.Name),
		Legend: legend,
	})
	d := &t.Fields.Defaults
	if !math.IsInf(c.Range.Least, 0) {
		d.Min = &c.Range.Least
	}
	return t
}

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
