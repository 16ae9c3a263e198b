package dashboards

// daemon shows the program itself: does it keep up, does it lose anything, do
// its messages arrive.
func daemon() dashboard {
	var p page
	p.add(number("Configuration", "0: the newest one has errors, the one before runs.", "none", `min(driftwatch_config_last_reload_successful)`, 2))
	p.add(number("Records", "Read a second, over five minutes.", "short", `sum(rate(driftwatch_records_total[5m]))`, 1e12))
	p.add(number("Unusable records", "Share of the records read in the last hour.", "percentunit",
		`sum(increase(driftwatch_record_errors_total[1h])) / sum(increase(driftwatch_records_total[1h])) or vector(0)`, 0.01))
	p.add(number("Lost records", "Deleted by the broker before they were read, in the last day.", "short", `sum(increase(driftwatch_lost_records_total[1d])) or vector(0)`, 1))
	p.add(number("Waiting notifications", "Events that no receiver has taken yet.", "none", `sum(driftwatch_outbox_events)`, 1))
	p.add(number("Memory", "Resident.", "bytes", `sum(process_resident_memory_bytes and on (instance, job) driftwatch_build_info)`, 1e12))

	p.row("Reading")
	p.add(series("Records a second", "", "short", 12, target{Expr: `rate(driftwatch_records_total[5m])`, Legend: "{{stream}}"}))
	p.add(series("Bytes a second", "Of the values.", "Bps", 12, target{Expr: `rate(driftwatch_bytes_total[5m])`, Legend: "{{stream}}"}))
	p.add(series("Lag", "Records between the reader and the end of the partition.", "short", 12,
		target{Expr: `driftwatch_lag_records`, Legend: "{{stream}} {{partition}}"}))
	p.add(series("Freshness", "Age of the newest event time of the partition in which it is oldest.", "s", 12,
		target{Expr: `driftwatch_freshness_seconds`, Legend: "{{stream}}"}))

	p.row("What is not counted")
	p.add(series("Unusable records a second", "By reason; the status page has samples.", "short", 8,
		target{Expr: `rate(driftwatch_record_errors_total[5m])`, Legend: "{{stream}} {{reason}}"}))
	p.add(series("Late records", "They came after their window was sealed.", "short", 8,
		target{Expr: `increase(driftwatch_late_records_total[15m])`, Legend: "{{monitor}}"},
		target{Expr: `increase(driftwatch_amended_records_total[15m])`, Legend: "{{monitor}}, in time to amend windows"}))
	p.add(series("Lost records", "The broker had deleted them.", "short", 8,
		target{Expr: `increase(driftwatch_lost_records_total[15m])`, Legend: "{{stream}}"}))

	p.row("Windows and notifications")
	p.add(series("Windows closed", "In an hour.", "short", 8, target{Expr: `increase(driftwatch_windows_total[1h])`, Legend: "{{monitor}}"}))
	p.add(series("Notifications", "In an hour.", "short", 8,
		target{Expr: `increase(driftwatch_notifications_total[1h])`, Legend: "{{receiver}} sent"},
		target{Expr: `increase(driftwatch_notifications_superseded_total[1h])`, Legend: "{{receiver}} overtaken"}))
	p.add(series("Failed attempts", "In an hour, by reason.", "short", 8,
		target{Expr: `increase(driftwatch_notification_failures_total[1h])`, Legend: "{{receiver}} {{reason}}"}))

	p.row("Store")
	p.add(series("Store", "Size of the file, and what of it is free to be used again.", "bytes", 12,
		target{Expr: `driftwatch_store_bytes`, Legend: "{{instance}} file"},
		target{Expr: `driftwatch_store_free_bytes`, Legend: "{{instance}} free"}))
	p.add(series("Store can be written", "0: the disk is full or broken, and nothing is read until it can.", "none", 12,
		target{Expr: `driftwatch_store_writable`, Legend: "{{instance}}"}))
	return newDashboard("driftwatch-daemon", "Driftwatch: daemon", "The program itself.", nil, p)
}
