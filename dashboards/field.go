package dashboards

// ofField selects what the variables of the field's dashboard choose, ofSegments
// the field in all segments.
const (
	ofField    = `{monitor="$monitor", segment=~"$segment", field="$field"}`
	ofSegments = `{monitor="$monitor", field="$field"}`
)

// field shows one field: what its checks say, since when, and in which segments.
func field() dashboard {
	var p page
	p.add(spoken(number("Verdict", "Whether any check of the field says drift.", "none", `max(driftwatch_check_drift`+ofField+`)`, redFrom(1)), verdicts))
	p.add(number("Checks that say drift", "", "none", `sum(driftwatch_check_drift`+ofField+`) or vector(0)`, redFrom(1)))
	p.add(number("Segments that drift", "In which some check of the field says drift.", "none",
		`count(max by (segment) (driftwatch_check_drift{monitor="$monitor", field="$field", segment!=""}) == 1) or vector(0)`, redFrom(1)))
	p.add(number("Smallest p-value", "Of all checks.", "sci", `min(driftwatch_check_p_value`+ofField+`)`, plain()))
	p.add(number("Rows of the window", "The newest one.", "short", `max(driftwatch_window_rows`+ofMonitor+`)`, plain()))
	p.add(number("Missing or null", "Share of the rows.", "percentunit",
		`sum(driftwatch_check_value{monitor="$monitor", segment=~"$segment", field="$field", check=~"missing|nulls"})`, plain()))

	t := eachCheck()
	p.add(t.panel())
	p.add(states("Verdicts", "Red while the check says drift.", 10, verdicts,
		target{Expr: `max by (check) (driftwatch_check_drift` + ofField + `)`, Legend: "{{check}}"}))
	p.add(series("Rows", "Of each window.", "short", 12, target{Expr: whole(`driftwatch_window_rows` + ofMonitor), Legend: "{{segment}}"}))
	p.add(series("Values that are not there", "Shares of the rows.", "percentunit", 12,
		target{Expr: `max by (check) (driftwatch_check_value{monitor="$monitor", segment=~"$segment", field="$field", check=~"missing|nulls|invalid"})`, Legend: "{{check}}"}))

	p.row("Each check")
	p.add(eachPanel("$check", "Its value, and where there is a test its p-value at the right.",
		target{Expr: `max by (check) (driftwatch_check_value{monitor="$monitor", segment=~"$segment", field="$field", check=~"$check"})`, Legend: "{{check}}"},
		target{Expr: `max by (check) (driftwatch_check_p_value{monitor="$monitor", segment=~"$segment", field="$field", check=~"$check"})`, Legend: "p-value"}))

	bySegment := segments()
	p.folded("Segments", bySegment.panel(), linesOfSegments(),
		eachPanel("$check by segment", "A line for each segment.",
			target{Expr: whole(`max by (segment) (driftwatch_check_value{monitor="$monitor", field="$field", check=~"$check"})`), Legend: "{{segment}}"}))

	return ofOneMonitor(newDashboard(fieldUID, "Driftwatch: field", "One field of a monitor, all of its checks and segments.", p,
		monitorVariable(), fieldVariable(), segmentVariable(),
		several(withAll(values("check", "Check", `driftwatch_check_value`+ofSegments), ".+")), pageVariable()))
}

// eachCheck is a row for each check that fits the field.
func eachCheck() table {
	return table{
		title: "Checks", description: "Of the newest window. A check leads to the page, with the field's distribution and this check's course.",
		w: wide, h: 12, labels: []string{"check"}, hidden: []string{"segment"},
		links: []dataLink{onPage("Page of the field", pageOfField("${page}", theMonitor, theField, "?segment="+segmentOfRow+"&check="+checkOfRow))},
		sort:  []string{"Verdict"},
		columns: []column{
			{name: "Value", expr: `max by (check, segment) (driftwatch_check_value` + ofField + `)`},
			{name: "P-value", expr: `max by (check, segment) (driftwatch_check_p_value` + ofField + `)`, unit: "sci"},
			{name: "Verdict", expr: `max by (check, segment) (driftwatch_check_drift` + ofField + `)`, words: verdicts, colour: redFrom(1)},
		},
	}
}

// eachPanel is a panel that Grafana repeats for each check of the field: there
// are those that fit it and no others.
func eachPanel(title, description string, targets ...target) panel {
	s := series(title, description, "none", 8, targets...)
	s.Repeat, s.RepeatDirection, s.MaxPerRow = "check", "h", 3
	s.Fields.Overrides = append(byCheck(), of("p-value",
		property{"unit", "sci"}, property{"custom.axisPlacement", "right"}, property{"min", 0}, property{"max", 1},
		property{"custom.lineStyle", map[string]any{"fill": "dash", "dash": []int{4, 4}}}))
	return s
}

// segments compares the field in all segments, the whole stream among them. Its
// rows have a name to be shown and the segment as addresses have it.
func segments() table {
	t := table{
		title: "Segments", description: "The field in each of them, in the newest window. A segment leads to the page.",
		w: wide, h: 10, labels: []string{"name"}, hidden: []string{"segment"},
		links: []dataLink{onPage("Page of the field", pageOfField("${page}", theMonitor, theField, "?segment="+segmentOfRow))},
		sort:  []string{"Checks that say drift", "PSI"},
		columns: []column{
			{name: "Checks that say drift", expr: `sum by (segment) (driftwatch_check_drift` + ofSegments + `)`, colour: redFrom(1)},
			{name: "Checks", expr: `count by (segment) (driftwatch_check_value` + ofSegments + `)`},
			{name: "Rows", expr: `max by (segment) (driftwatch_window_rows{monitor="$monitor"})`, unit: "short"},
			{name: "PSI", expr: `max by (segment) (driftwatch_check_value{monitor="$monitor", field="$field", check=~"psi(_.+)?"})`},
			{name: "Smallest p-value", expr: `min by (segment) (driftwatch_check_p_value` + ofSegments + `)`, unit: "sci"},
		},
	}
	for i := range t.columns {
		c := &t.columns[i]
		c.expr = `label_replace(label_replace(` + c.expr + `, "name", "$1", "segment", "(.+)"), "name", "whole stream", "segment", "")`
	}
	return t
}

func linesOfSegments() panel {
	return states("Drift by segment", "Red while any check of the field says drift there.", 10, verdicts,
		target{Expr: whole(`max by (segment) (driftwatch_check_drift` + ofSegments + `)`), Legend: "{{segment}}"})
}
