package dashboards

// ofMonitor and ofFields select what the variables of the monitor's dashboard
// choose.
const (
	ofMonitor = `{monitor="$monitor", segment=~"$segment"}`
	ofFields  = `{monitor="$monitor", segment=~"$segment", field=~"$field"}`
)

// monitor shows one monitor: its verdicts, its worst fields, and a panel for each
// check.
func monitor() dashboard {
	var p page
	p.add(spoken(number("State", "Whether any check says drift.", "none", `max(driftwatch_check_drift`+ofMonitor+`)`, redFrom(1)), verdicts))
	p.add(number("Drifted fields", "Of which some check says drift.", "none",
		`sum(max by (field) (driftwatch_check_drift{monitor="$monitor", segment=~"$segment", field!=""})) or vector(0)`, redFrom(1)))
	p.add(number("Firing alerts", "Of all segments.", "none", `sum(driftwatch_alerts{monitor="$monitor", state="firing"}) or vector(0)`, redFrom(1)))
	p.add(number("Age of the newest window", "Since its end.", "s", `time() - max(driftwatch_window_end_timestamp_seconds{monitor="$monitor"})`, plain()))
	p.add(number("Rows", "Of the newest window.", "short", `max(driftwatch_window_rows`+ofMonitor+`)`, plain()))
	p.add(number("Late in a day", "Records that came after their window was sealed.", "short", `sum(increase(driftwatch_late_records_total{monitor="$monitor"}[1d]))`, redFrom(1)))

	verdictOf := states("Drift by field", "Red while any check of the field says drift.", 12, verdicts,
		target{Expr: `max by (field, segment) (driftwatch_check_drift` + ofFields + `)`, Legend: "{{field}}"})
	verdictOf.Fields.Defaults.Links = fieldLinks()
	p.add(verdictOf)
	t := worst()
	p.add(t.panel())
	p.add(states("Alerts", "Of all segments.", 8, alertings, target{
		Expr: `max by (alert, severity) ((driftwatch_alerts{monitor="$monitor", state="pending"} > bool 0) or 2 * (driftwatch_alerts{monitor="$monitor", state="firing"} > bool 0))`,

		Legend: "{{alert}} {{severity}}",
	}))
	p.add(series("Rows by window", "", "short", 12, target{Expr: whole(`driftwatch_window_rows` + ofMonitor), Legend: "{{segment}}"}))
	p.add(series("Late records", "That came after their window was sealed, in an hour; and how many of them the newest window holds all the same.", "short", 12,
		target{Expr: `increase(driftwatch_late_records_total{monitor="$monitor"}[1h])`, Legend: "late"},
		target{Expr: `driftwatch_window_revision{monitor="$monitor"}`, Legend: "in the newest window"}))
	for _, f := range families() {
		var panels []panel
		for _, c := range f.checks {
			panels = append(panels, panelOf(c))
		}
		p.folded(f.title, panels...)
	}
	p.folded("Significance", significance())
	return ofOneMonitor(newDashboard(monitorUID, "Driftwatch: monitor", "One monitor, all of its checks.", p,
		monitorVariable(), segmentVariable(), several(withAll(fieldVariable(), ".+")), pageVariable()))
}

func significance() panel {
	s := series("P-values", "Small ones are surprising; a verdict also asks for an effect.", "none", wide,
		target{Expr: `driftwatch_check_p_value` + ofFields, Legend: "{{field}} {{check}}"})
	s.Fields.Defaults.Links = fieldLinks()
	return s
}

// ofOneMonitor gives a dashboard the marks of its monitor's alerts and a way to
// its page.
func ofOneMonitor(d dashboard) dashboard {
	d.Annotations.List = alertsOf(`monitor="$monitor", `)
	d.Links = append(d.Links, toPage("Page", pageOfMonitor("${page}", theMonitor)))
	return d
}

// fieldLinks lead from a line to its field.
func fieldLinks() []dataLink {
	return []dataLink{
		onField(fieldOfLine),
		onPage("Page of the field", pageOfField("${page}", theMonitor, fieldOfLine, "?segment="+segmentOfLine)),
	}
}

// worst is a row for each field. That with most checks that say drift is at the
// top.
func worst() table {
	return table{
		title: "Worst fields", description: "In the newest window. A field leads to its dashboard and to its page.",
		w: wide, h: 10, labels: []string{"field"}, hidden: []string{"segment"},
		links: []dataLink{
			onField(fieldOfRow),
			onPage("Page of the field", pageOfField("${page}", theMonitor, fieldOfRow, "?segment="+segmentOfRow)),
		},
		sort: []string{"Checks that say drift", "PSI"},
		columns: []column{
			{name: "Checks that say drift", expr: `sum by (field, segment) (driftwatch_check_drift` + ofFields + `)`, colour: redFrom(1)},
			{name: "Checks", expr: `count by (field, segment) (driftwatch_check_value` + ofFields + `)`},
			{name: "PSI", expr: `max by (field, segment) (driftwatch_check_value{monitor="$monitor", segment=~"$segment", field=~"$field", check=~"psi(_.+)?"})`},
			{name: "Smallest p-value", expr: `min by (field, segment) (driftwatch_check_p_value` + ofFields + `)`, unit: "sci"},
			{name: "Missing or null", expr: `sum by (field, segment) (driftwatch_check_value{monitor="$monitor", segment=~"$segment", field=~"$field", check=~"missing|nulls"})`, unit: "percentunit"},
		},
	}
}

// whole gives the whole stream a name where segments are told apart by theirs.
func whole(expr string) string {
	return `label_replace(` + expr + `, "segment", "whole stream", "segment", "")`
}
