package dashboards

import "fmt"

// daemon shows the program itself: does it keep up, does it lose anything, do
// its messages arrive.
func daemon() dashboard {
	var p page
	health(&p)
	reading(&p)
	uncounted(&p)
	telling(&p)
	latencies(&p)
	resources(&p)
	d := newDashboard(daemonUID, "Driftwatch: daemon", "The program itself.", p,
		several(withAll(values("instance", "Instance", "driftwatch_build_info"), ".+")),
		values("stream", "Stream", `driftwatch_records_total{instance=~"$instance"}`))
	streams := &d.Templating.List[2]
	*streams = several(withAll(*streams, ".+"))
	d.Annotations.List = []annotation{loads()}
	return d
}

func health(p *page) {
	p.add(spoken(number("Configuration", "The newest one: where it was refused, the one before runs.", "none",
		`min(driftwatch_config_last_reload_successful{instance=~"$instance"})`, plain()), loadedWell))
	p.add(number("Records", "Read a second.", "short", `sum(rate(driftwatch_records_total{instance=~"$instance", stream=~"$stream"}[$__rate_interval]))`, plain()))
	p.add(number("Unusable records", "Share of the records read in the last hour.", "percentunit",
		`sum(increase(driftwatch_record_errors_total{instance=~"$instance", stream=~"$stream"}[1h])) / sum(increase(driftwatch_records_total{instance=~"$instance", stream=~"$stream"}[1h])) or vector(0)`, redFrom(0.01)))
	p.add(number("Lost in a day", "Records deleted by the broker before they were read.", "short",
		`sum(increase(driftwatch_lost_records_total{instance=~"$instance", stream=~"$stream"}[1d]))`, redFrom(1)))
	p.add(number("Undelivered", "Events that no receiver has taken yet.", "none", `sum(driftwatch_outbox_events{instance=~"$instance"})`, redFrom(1)))
	p.add(spoken(number("State of the store", "Where it cannot be written, the disk is full or broken, and nothing is read until it can.", "none",
		`min(driftwatch_store_writable{instance=~"$instance"})`, plain()), writable))
}

func reading(p *page) {
	p.row("Reading")
	p.add(series("Records a second", "", "short", 12, target{
		Expr: `sum by (stream) (rate(driftwatch_records_total{instance=~"$instance", stream=~"$stream"}[$__rate_interval]))`, Legend: "{{stream}}",
	}))
	p.add(series("Bytes a second", "Of the values.", "Bps", 12, target{
		Expr: `sum by (stream) (rate(driftwatch_bytes_total{instance=~"$instance", stream=~"$stream"}[$__rate_interval]))`, Legend: "{{stream}}",
	}))
	p.add(series("Lag", "Records between the reader and the end of the partition.", "short", 12, target{
		Expr: `max by (stream, partition) (driftwatch_lag_records{instance=~"$instance", stream=~"$stream"})`, Legend: "{{stream}} {{partition}}",
	}))
	p.add(series("Freshness", "Age of the newest event time of the partition in which it is oldest.", "s", 12, target{
		Expr: `max by (stream) (driftwatch_freshness_seconds{instance=~"$instance", stream=~"$stream"})`, Legend: "{{stream}}",
	}))
}

func uncounted(p *page) {
	p.row("What is not counted")
	p.add(series("Unusable records a second", "By reason; the status page has samples.", "short", 8, target{
		Expr: `sum by (stream, reason) (rate(driftwatch_record_errors_total{instance=~"$instance", stream=~"$stream"}[$__rate_interval]))`, Legend: "{{stream}} {{reason}}",
	}))
	p.add(series("Late records", "They came after their window was sealed, in an hour.", "short", 8,
		target{Expr: `sum by (monitor) (increase(driftwatch_late_records_total{instance=~"$instance"}[1h]))`, Legend: "{{monitor}}"},
		target{Expr: `sum by (monitor) (increase(driftwatch_amended_records_total{instance=~"$instance"}[1h]))`, Legend: "{{monitor}}, in time to amend windows"},
		target{Expr: `sum by (monitor) (increase(driftwatch_unrevised_windows_total{instance=~"$instance"}[1h]))`, Legend: "{{monitor}}: windows that could not be amended"}))
	p.add(series("Lost records", "The broker had deleted them, in an hour.", "short", 8, target{
		Expr: `sum by (stream) (increase(driftwatch_lost_records_total{instance=~"$instance", stream=~"$stream"}[1h]))`, Legend: "{{stream}}",
	}))
}

func telling(p *page) {
	p.row("Windows and notifications")
	p.add(series("Windows closed", "In an hour.", "short", 8, target{
		Expr: `sum by (monitor) (increase(driftwatch_windows_total{instance=~"$instance"}[1h]))`, Legend: "{{monitor}}",
	}))
	p.add(series("Waiting notifications", "Events that no receiver has taken yet.", "short", 8, target{
		Expr: `max by (instance) (driftwatch_outbox_events{instance=~"$instance"})`, Legend: "{{instance}}",
	}))
	p.add(series("Notifications", "In an hour.", "short", 8,
		target{Expr: `sum by (receiver) (increase(driftwatch_notifications_total{instance=~"$instance"}[1h]))`, Legend: "{{receiver}} sent"},
		target{Expr: `sum by (receiver) (increase(driftwatch_notifications_superseded_total{instance=~"$instance"}[1h]))`, Legend: "{{receiver}} overtaken"},
		target{Expr: `sum by (receiver) (increase(driftwatch_outbox_dropped_total{instance=~"$instance"}[1h]))`, Legend: "{{receiver}} dropped"}))
	p.add(series("Failed attempts", "In an hour, by reason.", "short", wide, target{
		Expr: `sum by (receiver, reason) (increase(driftwatch_notification_failures_total{instance=~"$instance"}[1h]))`, Legend: "{{receiver}} {{reason}}",
	}))
}

func latencies(p *page) {
	p.row("How long it takes")
	p.add(latency("Delay of windows", "From the end of a window and its lateness to its result.", "driftwatch_window_delay_seconds", "stream"))
	p.add(latency("Fetches", "Of records that the broker has.", "driftwatch_fetch_duration_seconds", "stream"))
	p.add(latency("Notifications one by one", "An attempt to deliver one, failed ones included.", "driftwatch_notification_duration_seconds", "receiver"))
	p.add(latency("Checks of a window", "", "driftwatch_window_evaluation_duration_seconds", "instance"))
	p.add(latency("Rules of a window", "", "driftwatch_rules_evaluation_duration_seconds", "instance"))
	p.add(latency("Commits to the store", "", "driftwatch_store_commit_duration_seconds", "instance"))
}

// latency shows what a half and what nearly all of a histogram are below.
func latency(title, description, histogram, by string) panel {
	return series(title, description, "s", 8,
		target{Expr: quantile("0.5", histogram, by), Legend: "{{" + by + "}} median"},
		target{Expr: quantile("0.99", histogram, by), Legend: "{{" + by + "}} 99 %"})
}

// quantile asks for the classic buckets of a histogram, and for the native ones of
// a Prometheus that scrapes those instead.
func quantile(q, histogram, by string) string {
	return fmt.Sprintf(`histogram_quantile(%[1]s, sum by (%[3]s, le) (rate(%[2]s_bucket{instance=~"$instance"}[$__rate_interval]))) or `+
		`histogram_quantile(%[1]s, sum by (%[3]s) (rate(%[2]s{instance=~"$instance"}[$__rate_interval])))`, q, histogram, by)
}

// daemons keeps what Prometheus has of other programs out.
const daemons = ` and on (instance, job) driftwatch_build_info{instance=~"$instance"}`

func resources(p *page) {
	p.row("Store and process")
	p.add(series("Store", "Size of the file, and what of it is free to be used again.", "bytes", 12,
		target{Expr: `max by (instance) (driftwatch_store_bytes{instance=~"$instance"})`, Legend: "{{instance}} file"},
		target{Expr: `max by (instance) (driftwatch_store_free_bytes{instance=~"$instance"})`, Legend: "{{instance}} free"}))
	p.add(series("Failed writes to the store", "In an hour.", "short", 12, target{
		Expr: `sum by (instance) (increase(driftwatch_store_write_failures_total{instance=~"$instance"}[1h]))`, Legend: "{{instance}}",
	}))
	p.add(series("Memory", "Resident, what the runtime has, what it keeps to, and what of it was alive when it last collected.", "bytes", 12,
		target{Expr: `max by (instance) (process_resident_memory_bytes` + daemons + `)`, Legend: "{{instance}} resident"},
		target{Expr: `max by (instance) (go_memstats_sys_bytes - go_memstats_heap_released_bytes` + daemons + `)`, Legend: "{{instance}} runtime"},
		target{Expr: `max by (instance) (go_gc_gomemlimit_bytes` + daemons + `)`, Legend: "{{instance}} limit"},
		target{Expr: `max by (instance) (driftwatch_memory_live_bytes{instance=~"$instance"})`, Legend: "{{instance}} alive"}))
	p.add(series("Processor", "Cores in use.", "short", 12, target{
		Expr: `max by (instance) (rate(process_cpu_seconds_total[$__rate_interval])` + daemons + `)`, Legend: "{{instance}}",
	}))
	p.add(series("Uptime", "Since the process was started.", "s", 12, target{
		Expr: `max by (instance) (time() - process_start_time_seconds` + daemons + `)`, Legend: "{{instance}}",
	}))
	p.add(series("Series", "That one scrape of the daemon brings, and that are left out of it because a monitor has too many.", "short", 12,
		target{Expr: `max by (instance) (scrape_samples_scraped` + daemons + `)`, Legend: "{{instance}}"},
		target{Expr: `sum by (monitor) (driftwatch_series_left_out{instance=~"$instance"})`, Legend: "{{monitor}} left out"}))
}
