package dashboards

// overview shows all monitors: where to look first.
func overview() dashboard {
	var p page
	p.add(number("Firing alerts", "Of all monitors.", "none", `sum(driftwatch_alerts{state="firing"}) or vector(0)`, 1))
	p.add(number("Drifted fields", "Fields of the whole stream of which some check says drift.", "none",
		`sum(max by (monitor, field) (driftwatch_check_drift{segment="", field!=""})) or vector(0)`, 1))
	p.add(number("Monitors", "That have closed a window.", "none", `count(driftwatch_window_end_timestamp_seconds) or vector(0)`, 1e9))
	p.add(number("Oldest window", "Age of the newest window of the monitor where it is oldest.", "s",
		`max(time() - driftwatch_window_end_timestamp_seconds)`, 6*3600))
	p.add(number("Lag", "Records between the readers and the ends of their partitions.", "none", `sum(driftwatch_lag_records) or vector(0)`, 10000))
	p.add(number("Waiting notifications", "Events that no receiver has taken yet.", "none", `sum(driftwatch_outbox_events)`, 1))

	p.row("Monitors")
	p.add(series("Drifted fields by monitor", "How many fields of the whole stream drift.", "none", 12,
		target{Expr: `sum by (monitor) (max by (monitor, field) (driftwatch_check_drift{segment="", field!=""}))`, Legend: "{{monitor}}"}))
	p.add(series("Firing alerts by monitor", "", "none", 12,
		target{Expr: `sum by (monitor) (driftwatch_alerts{state="firing"})`, Legend: "{{monitor}}"}))
	p.add(series("Rows by window", "Of the whole stream.", "short", 12,
		target{Expr: `driftwatch_window_rows{segment=""}`, Legend: "{{monitor}}"}))
	p.add(series("Age of the newest window", "It grows from one window's end to the next.", "s", 12,
		target{Expr: `time() - driftwatch_window_end_timestamp_seconds`, Legend: "{{monitor}}"}))
	p.add(states("Drift by monitor", "Red while any field of the whole stream drifts.",
		target{Expr: `max by (monitor) (driftwatch_check_drift{segment=""})`, Legend: "{{monitor}}"}))
	return newDashboard("driftwatch-overview", "Driftwatch: overview", "All monitors at a glance.", nil, p)
}
