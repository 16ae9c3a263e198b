package dashboards

// driftedByMonitor counts the fields of the whole stream that drift.
const driftedByMonitor = `sum by (monitor) (max by (monitor, field) (driftwatch_check_drift{segment="", field!=""}))`

// overview shows all monitors: where to look first.
func overview() dashboard {
	var p page
	p.add(number("Firing alerts", "Of all monitors.", "none", `sum(driftwatch_alerts{state="firing"}) or vector(0)`, redFrom(1)))
	p.add(number("Drifted fields", "Fields of the whole stream of which some check says drift.", "none",
		`sum(max by (monitor, field) (driftwatch_check_drift{segment="", field!=""})) or vector(0)`, redFrom(1)))
	p.add(number("Number of monitors", "Of all daemons that Prometheus scrapes.", "none", `count(group by (monitor) (driftwatch_monitor_info))`, plain()))
	p.add(number("Oldest window", "Age of the newest window of the monitor where it is oldest.", "s",
		`max(time() - max by (monitor) (driftwatch_window_end_timestamp_seconds))`, plain()))
	p.add(number("Lag", "Records between the readers and the ends of their partitions.", "short", `sum(driftwatch_lag_records)`, redFrom(10000)))
	p.add(number("Waiting notifications", "Events that no receiver has taken yet.", "none", `sum(driftwatch_outbox_events)`, redFrom(1)))

	p.row("Each monitor")
	t := monitors()
	p.add(t.panel())
	p.add(states("Drift by monitor", "Red while any field of the whole stream drifts.", 8, verdicts,
		target{Expr: `max by (monitor) (driftwatch_check_drift{segment=""})`, Legend: "{{monitor}}"}))
	p.add(series("Drifted fields by monitor", "How many fields of the whole stream drift.", "none", 12, target{Expr: driftedByMonitor, Legend: "{{monitor}}"}))
	p.add(series("Firing alerts by monitor", "", "none", 12,
		target{Expr: `sum by (monitor) (driftwatch_alerts{state="firing"})`, Legend: "{{monitor}}"}))
	p.add(series("Rows by window", "Of the whole stream.", "short", 12,
		target{Expr: `max by (monitor) (driftwatch_window_rows{segment=""})`, Legend: "{{monitor}}"}))
	p.add(series("Age of the newest window", "It grows from one window's end to the next.", "s", 12,
		target{Expr: `time() - max by (monitor) (driftwatch_window_end_timestamp_seconds)`, Legend: "{{monitor}}"}))

	d := newDashboard(overviewUID, "Driftwatch: overview", "All monitors at a glance.", p)
	d.Annotations.List = alertsOf("")
	return d
}

// monitors is a row for each monitor, with ways to its dashboard and its page.
// The last column is there for each monitor, so each has a row.
func monitors() table {
	return table{
		title: "Monitors", description: "The whole stream of each in its newest window. A monitor leads to its dashboard and to its page.",
		w: wide, h: 10, labels: []string{"monitor"}, hidden: []string{"url"},
		links: []dataLink{onMonitor(monitorOfRow), onPage("Page of the monitor", pageOfMonitor("${__data.fields.url}", monitorOfRow))},
		sort:  []string{"Firing alerts", "Drifted fields"},
		columns: []column{
			{name: "State", expr: `max by (monitor) (driftwatch_check_drift{segment=""})`, words: verdicts, colour: redFrom(1)},
			{name: "Drifted fields", expr: driftedByMonitor},
			{name: "Firing alerts", expr: `sum by (monitor) (driftwatch_alerts{state="firing"})`, colour: redFrom(1)},
			{name: "Age of the newest window", expr: `time() - max by (monitor) (driftwatch_window_end_timestamp_seconds)`, unit: "s"},
			{name: "Rows", expr: `max by (monitor) (driftwatch_window_rows{segment=""})`, unit: "short"},
			{name: "Lag", expr: `max by (monitor) (driftwatch_monitor_info * on (instance, job, stream) group_left () sum by (instance, job, stream) (driftwatch_lag_records))`, unit: "short"},
			{name: "Known", expr: pageOf("monitor, url", ""), hidden: true},
		},
	}
}
