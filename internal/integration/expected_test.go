//go:build integration

package integration

import (
	"math"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"driftwatch/dashboards"
	"driftwatch/monitors/checks"
)

// expectation is what a query is to return for what was chosen.
type expectation func(k *known, c dashboards.Choices) vector

// expected has all queries of the dashboards that are not of variables: one that
// is missing here fails the test.
var expected = expectations(overviewShows(), monitorShows(), checksShow(), fieldShows(), daemonShows(), latenciesShow(), processShows())

func expectations(of ...map[string]expectation) map[string]expectation {
	all := map[string]expectation{}
	for _, some := range of {
		for name, e := range some {
			all[name] = e
		}
	}
	return all
}

// offered is what variables offer.
var offered = map[string]func(*known, dashboards.Choices) []string{
	"variable monitor": func(k *known, _ dashboards.Choices) []string { return k.end.values("monitor") },
	"variable segment": func(k *known, _ dashboards.Choices) []string {
		// One is in earlier windows only. Names of segments escape backslashes.
		odd := "c=" + strings.ReplaceAll(oddName, `\`, `\\`)
		return k.rows.where("monitor", "m").where("segment", ".+").with(0, "segment", odd).values("segment")
	},
	"variable field": func(k *known, _ dashboards.Choices) []string {
		return k.value.where("monitor", "m").where("field", ".+").values("field")
	},
	"variable check":  func(k *known, c dashboards.Choices) []string { return k.ofField(k.value, c, false).values("check") },
	"variable stream": func(*known, dashboards.Choices) []string { return []string{"s", "slow"} },
	"variable page":   func(k *known, _ dashboards.Choices) []string { return []string{k.daemon.URL} },
	"variable instance": func(k *known, _ dashboards.Choices) []string {
		return []string{strings.TrimPrefix(k.daemon.URL, "http://")}
	},
}

// values are those of a label, in order.
func (v vector) values(label string) (list []string) {
	for _, s := range v {
		list = append(list, s.labels[label])
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// chosen is an expression of what a variable selects.
func chosen(c dashboards.Choices, variable, all string) string {
	if v := c[variable]; len(v) > 0 {
		return regexp.QuoteMeta(v[0])
	}
	return all
}

// inSegment is what a vector has of the chosen monitor and segment, ofFields of
// the chosen fields in that, ofField of the chosen field there or in all segments.
func (k *known) inSegment(v vector, c dashboards.Choices) vector {
	return v.where("monitor", chosen(c, "monitor", "")).where("segment", chosen(c, "segment", ""))
}

func (k *known) ofFields(v vector, c dashboards.Choices) vector {
	return k.inSegment(v, c).where("field", chosen(c, "field", ".+"))
}

func (k *known) ofField(v vector, c dashboards.Choices, inSegment bool) vector {
	if inSegment {
		return k.ofFields(v, c)
	}
	return v.where("monitor", chosen(c, "monitor", "")).where("field", chosen(c, "field", ""))
}

// drifted counts the fields of which some check says drift.
func drifted(v vector, by ...string) vector {
	return v.where("field", ".+").max("monitor", "field").sum(by...)
}

func overviewShows() map[string]expectation {
	alerts := func(state string) expectation {
		return func(k *known, _ dashboards.Choices) vector {
			return k.alerts.where("state", state).sum("monitor", "alert", "severity")
		}
	}
	firing := func(k *known, _ dashboards.Choices) vector { return k.alerts.where("state", "firing").sum("monitor") }
	state := func(k *known, _ dashboards.Choices) vector { return k.drift.where("segment", "").max("monitor") }
	fields := func(k *known, _ dashboards.Choices) vector { return drifted(k.drift.where("segment", ""), "monitor") }
	rows := func(k *known, _ dashboards.Choices) vector { return k.rows.where("segment", "").max("monitor") }
	age := func(k *known, _ dashboards.Choices) vector { return k.old(k.end) }
	return map[string]expectation{
		"driftwatch-overview: annotation Alerts firing":  alerts("firing"),
		"driftwatch-overview: annotation Alerts pending": alerts("pending"),
		"driftwatch-overview: Firing alerts A":           func(k *known, _ dashboards.Choices) vector { return k.alerts.where("state", "firing").sum() },
		"driftwatch-overview: Drifted fields A":          func(k *known, _ dashboards.Choices) vector { return drifted(k.drift.where("segment", "")) },
		"driftwatch-overview: Number of monitors A":      func(*known, dashboards.Choices) vector { return vector{}.with(2) },
		"driftwatch-overview: Oldest window A":           func(k *known, _ dashboards.Choices) vector { return k.old(k.end.min()) },
		"driftwatch-overview: Lag A":                     func(k *known, _ dashboards.Choices) vector { return k.lag().sum() },
		"driftwatch-overview: Waiting notifications A":   undelivered,
		"driftwatch-overview: Monitors A":                state,
		"driftwatch-overview: Monitors B":                fields,
		"driftwatch-overview: Monitors C":                firing,
		"driftwatch-overview: Monitors D":                age,
		"driftwatch-overview: Monitors E":                rows,
		"driftwatch-overview: Monitors F": func(k *known, _ dashboards.Choices) (v vector) {
			lag := k.lag()
			return v.with(lag.where("stream", "s").sum()[0].least, "monitor", "m").with(lag.where("stream", "slow").sum()[0].least, "monitor", "slow")
		},
		"driftwatch-overview: Monitors G": func(k *known, _ dashboards.Choices) (v vector) {
			return v.with(1, "monitor", "m", "url", k.daemon.URL).with(1, "monitor", "slow", "url", k.daemon.URL)
		},
		"driftwatch-overview: Drift by monitor A":          state,
		"driftwatch-overview: Drifted fields by monitor A": fields,
		"driftwatch-overview: Firing alerts by monitor A":  firing,
		"driftwatch-overview: Rows by window A":            rows,
		"driftwatch-overview: Age of the newest window A":  age,
	}
}

func undelivered(k *known, _ dashboards.Choices) vector {
	return vector{}.with(float64(k.status.Outbox))
}

// lag is that of the API, by stream and partition.
func (k *known) lag() (v vector) {
	for _, s := range k.status.Streams {
		for _, p := range s.Partitions {
			v = v.with(p.Lag, "stream", s.Name, "partition", strconv.Itoa(p.ID))
		}
	}
	return v
}

// alertsOfMonitor are the marks that dashboards of one monitor have.
func alertsOfMonitor(state string) expectation {
	return func(k *known, c dashboards.Choices) vector {
		return k.alerts.where("monitor", chosen(c, "monitor", "")).where("state", state).sum("monitor", "alert", "severity")
	}
}

// late is how many late records were sent while Prometheus looked.
func late(k *known, _ dashboards.Choices) vector { return vector{}.with(float64(k.sent.late)).since() }

func monitorShows() map[string]expectation {
	type of = func(k *known, c dashboards.Choices) vector
	fields := func(e func(k *known, c dashboards.Choices, drift, value, p vector) vector) of {
		return func(k *known, c dashboards.Choices) vector {
			return e(k, c, k.ofFields(k.drift, c), k.ofFields(k.value, c), k.ofFields(k.p, c))
		}
	}
	return map[string]expectation{
		"driftwatch-monitor: annotation Alerts firing":  alertsOfMonitor("firing"),
		"driftwatch-monitor: annotation Alerts pending": alertsOfMonitor("pending"),
		"driftwatch-monitor: State A":                   func(k *known, c dashboards.Choices) vector { return k.inSegment(k.drift, c).max() },
		"driftwatch-monitor: Drifted fields A":          func(k *known, c dashboards.Choices) vector { return drifted(k.inSegment(k.drift, c)) },
		"driftwatch-monitor: Firing alerts A":           func(k *known, c dashboards.Choices) vector { return alertsOfMonitor("firing")(k, c).sum() },
		"driftwatch-monitor: Age of the newest window A": func(k *known, _ dashboards.Choices) vector {
			return k.old(k.end.where("monitor", "m").max())
		},
		"driftwatch-monitor: Rows A":           func(k *known, c dashboards.Choices) vector { return k.inSegment(k.rows, c).max() },
		"driftwatch-monitor: Late in a day A":  late,
		"driftwatch-monitor: Drift by field A": fields(func(_ *known, _ dashboards.Choices, drift, _, _ vector) vector { return drift.max("field", "segment") }),
		"driftwatch-monitor: Worst fields A":   fields(func(_ *known, _ dashboards.Choices, drift, _, _ vector) vector { return drift.sum("field", "segment") }),
		"driftwatch-monitor: Worst fields B": fields(func(_ *known, _ dashboards.Choices, _, value, _ vector) vector {
			return value.count("field", "segment")
		}),
		"driftwatch-monitor: Worst fields C": fields(func(_ *known, _ dashboards.Choices, _, value, _ vector) vector {
			return value.where("check", "psi").max("field", "segment")
		}),
		"driftwatch-monitor: Worst fields D": fields(func(_ *known, _ dashboards.Choices, _, _, p vector) vector { return p.min("field", "segment") }),
		"driftwatch-monitor: Worst fields E": fields(func(_ *known, _ dashboards.Choices, _, value, _ vector) vector {
			return value.where("check", "missing|nulls").sum("field", "segment")
		}),
		"driftwatch-monitor: Alerts A": func(k *known, _ dashboards.Choices) (v vector) {
			for _, a := range k.alerts.where("monitor", "m") {
				v = v.with(map[string]float64{"pending": 1, "firing": 2}[a.labels["state"]], "alert", a.labels["alert"], "severity", a.labels["severity"])
			}
			return v.max("alert", "severity")
		},
		"driftwatch-monitor: Rows by window A": func(k *known, c dashboards.Choices) vector { return k.rowsOf(c) },
		"driftwatch-monitor: Late records A": func(k *known, _ dashboards.Choices) vector {
			return vector{}.with(float64(k.sent.late), "monitor", "m").since()
		},
		"driftwatch-monitor: Late records B": func(k *known, _ dashboards.Choices) vector {
			return k.revision.where("monitor", "m").like("driftwatch_window_revision")
		},
		"driftwatch-monitor: P-values A": fields(func(_ *known, _ dashboards.Choices, _, _, p vector) vector { return p.like("driftwatch_check_p_value") }),
	}
}

// rowsOf are those of the chosen segment, with its name.
func (k *known) rowsOf(c dashboards.Choices) vector {
	return k.inSegment(k.rows, c).whole("segment").like("driftwatch_window_rows")
}

// checksShow are the panels of the monitor's dashboard that show a check each.
func checksShow() map[string]expectation {
	all := map[string]expectation{}
	for _, check := range checks.All() {
		all["driftwatch-monitor: "+check.Name+" A"] = func(k *known, c dashboards.Choices) vector {
			v := k.ofFields(k.value, c)
			switch {
			case check.Whole:
				v = k.value.where("monitor", "m").where("segment", "").where("field", "")
			case check.Kinds == nil:
				v = k.inSegment(k.value, c).where("field", "")
			}
			return v.where("check", check.Name).like("driftwatch_check_value")
		}
	}
	return all
}

func fieldShows() map[string]expectation {
	type vectors struct{ drift, value, p vector }
	of := func(inSegment bool, e func(v vectors) vector) expectation {
		return func(k *known, c dashboards.Choices) vector {
			return e(vectors{k.ofField(k.drift, c, inSegment), k.ofField(k.value, c, inSegment), k.ofField(k.p, c, inSegment)})
		}
	}
	rows := func(k *known, c dashboards.Choices) vector { return k.inSegment(k.rows, c) }
	ofCheck := func(c dashboards.Choices) string { return chosen(c, "check", ".+") }
	segments := func(e func(v vectors) vector) expectation {
		return of(false, func(v vectors) vector { return e(v).whole("name") })
	}
	return map[string]expectation{
		"driftwatch-field: annotation Alerts firing":  alertsOfMonitor("firing"),
		"driftwatch-field: annotation Alerts pending": alertsOfMonitor("pending"),
		"driftwatch-field: Verdict A":                 of(true, func(v vectors) vector { return v.drift.max() }),
		"driftwatch-field: Checks that say drift A":   of(true, func(v vectors) vector { return v.drift.sum() }),
		"driftwatch-field: Segments that drift A":     of(false, func(v vectors) vector { return v.drift.where("segment", ".+").max("segment").sum() }),
		"driftwatch-field: Smallest p-value A":        of(true, func(v vectors) vector { return v.p.min() }),
		"driftwatch-field: Rows of the window A":      func(k *known, c dashboards.Choices) vector { return rows(k, c).max() },
		"driftwatch-field: Missing or null A":         of(true, func(v vectors) vector { return v.value.where("check", "missing|nulls").sum() }),
		"driftwatch-field: Checks A":                  of(true, func(v vectors) vector { return v.value.max("check", "segment") }),
		"driftwatch-field: Checks B":                  of(true, func(v vectors) vector { return v.p.max("check", "segment") }),
		"driftwatch-field: Checks C":                  of(true, func(v vectors) vector { return v.drift.max("check", "segment") }),
		"driftwatch-field: Verdicts A":                of(true, func(v vectors) vector { return v.drift.max("check") }),
		"driftwatch-field: Rows A":                    func(k *known, c dashboards.Choices) vector { return k.rowsOf(c) },
		"driftwatch-field: Values that are not there A": of(true, func(v vectors) vector {
			return v.value.where("check", "missing|nulls|invalid").max("check")
		}),
		"driftwatch-field: $check A": func(k *known, c dashboards.Choices) vector {
			return k.ofField(k.value, c, true).where("check", ofCheck(c)).max("check")
		},
		"driftwatch-field: $check B": func(k *known, c dashboards.Choices) vector {
			return k.ofField(k.p, c, true).where("check", ofCheck(c)).max("check")
		},
		"driftwatch-field: Segments A": segments(func(v vectors) vector { return v.drift.sum("segment") }),
		"driftwatch-field: Segments B": segments(func(v vectors) vector { return v.value.count("segment") }),
		"driftwatch-field: Segments C": func(k *known, _ dashboards.Choices) vector {
			return k.rows.where("monitor", "m").max("segment").whole("name")
		},
		"driftwatch-field: Segments D":         segments(func(v vectors) vector { return v.value.where("check", "psi").max("segment") }),
		"driftwatch-field: Segments E":         segments(func(v vectors) vector { return v.p.min("segment") }),
		"driftwatch-field: Drift by segment A": of(false, func(v vectors) vector { return v.drift.max("segment").whole("segment") }),
		"driftwatch-field: $check by segment A": func(k *known, c dashboards.Choices) vector {
			return k.ofField(k.value, c, false).where("check", ofCheck(c)).max("segment").whole("segment")
		},
	}
}

func daemonShows() map[string]expectation {
	grown := func(metric string, by ...string) expectation {
		return func(k *known, c dashboards.Choices) vector {
			v := k.grown(metric)
			if strings.HasPrefix(metric, "driftwatch_record") || strings.HasPrefix(metric, "driftwatch_lost") || strings.HasPrefix(metric, "driftwatch_bytes") {
				v = v.where("stream", chosen(c, "stream", ".+"))
			}
			return v.sum(by...)
		}
	}
	rate := func(metric string, by ...string) expectation {
		return func(k *known, c dashboards.Choices) vector { return grown(metric, by...)(k, c).aSecond() }
	}
	return map[string]expectation{
		"driftwatch-daemon: annotation Configuration loaded": func(k *known, _ dashboards.Choices) vector {
			return vector{}.with(float64(k.status.Reload.At.UnixMilli()), "instance", "")
		},
		"driftwatch-daemon: Configuration A": func(k *known, _ dashboards.Choices) vector {
			return vector{}.with(map[bool]float64{true: 1}[k.status.Reload.OK])
		},
		"driftwatch-daemon: Records A": rate("driftwatch_records_total"),
		"driftwatch-daemon: Unusable records A": func(k *known, c dashboards.Choices) vector {
			read := grown("driftwatch_records_total")(k, c)[0].least
			return vector{}.between(7/read/most, 7/read*most)
		},
		"driftwatch-daemon: Lost in a day A":      grown("driftwatch_lost_records_total"),
		"driftwatch-daemon: Undelivered A":        undelivered,
		"driftwatch-daemon: State of the store A": func(*known, dashboards.Choices) vector { return vector{}.with(1) },
		"driftwatch-daemon: Records a second A":   rate("driftwatch_records_total", "stream"),
		"driftwatch-daemon: Bytes a second A":     rate("driftwatch_bytes_total", "stream"),
		"driftwatch-daemon: Lag A": func(k *known, c dashboards.Choices) vector {
			return k.lag().where("stream", chosen(c, "stream", ".+")).max("stream", "partition")
		},
		"driftwatch-daemon: Freshness A": func(k *known, c dashboards.Choices) vector {
			var newest vector
			for _, s := range k.status.Streams {
				for _, p := range s.Partitions {
					newest = newest.with(float64(*p.Newest)/1000, "stream", s.Name)
				}
			}
			return k.old(newest.where("stream", chosen(c, "stream", ".+")).min("stream"))
		},
		"driftwatch-daemon: Unusable records a second A": func(k *known, _ dashboards.Choices) (v vector) {
			for reason, n := range k.sent.errors {
				v = v.with(float64(n), "stream", "s", "reason", reason)
			}
			return v.since().aSecond()
		},
		"driftwatch-daemon: Late records A": func(k *known, _ dashboards.Choices) vector {
			return vector{}.with(float64(k.sent.late), "monitor", "m").with(0, "monitor", "slow").since()
		},
		"driftwatch-daemon: Late records B": func(k *known, _ dashboards.Choices) vector { // all of them amend a window
			return vector{}.with(float64(k.sent.late), "monitor", "m").with(0, "monitor", "slow").since()
		},
		"driftwatch-daemon: Late records C":               grown("driftwatch_unrevised_windows_total", "monitor"),
		"driftwatch-daemon: Lost records A":               grown("driftwatch_lost_records_total", "stream"),
		"driftwatch-daemon: Windows closed A":             grown("driftwatch_windows_total", "monitor"),
		"driftwatch-daemon: Waiting notifications A":      undelivered,
		"driftwatch-daemon: Notifications A":              grown("driftwatch_notifications_total", "receiver"),
		"driftwatch-daemon: Notifications B":              grown("driftwatch_notifications_superseded_total", "receiver"),
		"driftwatch-daemon: Notifications C":              grown("driftwatch_outbox_dropped_total", "receiver"),
		"driftwatch-daemon: Failed attempts A":            grown("driftwatch_notification_failures_total", "receiver", "reason"),
		"driftwatch-daemon: Store A":                      func(k *known, _ dashboards.Choices) vector { return vector{}.with(k.status.Store.Bytes).near() },
		"driftwatch-daemon: Store B":                      func(k *known, _ dashboards.Choices) vector { return vector{}.between(0, k.status.Store.Bytes) },
		"driftwatch-daemon: Failed writes to the store A": grown("driftwatch_store_write_failures_total"),
	}
}

// latenciesShow are quantiles: they lie within the buckets that have something. All
// windows are of months ago, in the bucket without an end, of which Prometheus
// knows where it begins.
func latenciesShow() map[string]expectation {
	all := map[string]expectation{}
	for title, of := range map[string]struct{ metric, by string }{
		"Fetches":                  {"driftwatch_fetch_duration_seconds", "stream"},
		"Notifications one by one": {"driftwatch_notification_duration_seconds", "receiver"},
		"Checks of a window":       {"driftwatch_window_evaluation_duration_seconds", ""},
		"Rules of a window":        {"driftwatch_rules_evaluation_duration_seconds", ""},
		"Commits to the store":     {"driftwatch_store_commit_duration_seconds", ""},
	} {
		for _, letter := range []string{" A", " B"} {
			all["driftwatch-daemon: "+title+letter] = func(k *known, _ dashboards.Choices) vector { return k.spread(of.metric, of.by) }
		}
	}
	for _, letter := range []string{" A", " B"} {
		all["driftwatch-daemon: Delay of windows"+letter] = func(*known, dashboards.Choices) (v vector) {
			return v.with(86400, "stream", "s").with(86400, "stream", "slow")
		}
	}
	return all
}

// spread is between which buckets of a histogram its values lie. Where nothing was
// measured while Prometheus looked a quantile is no number: reading of a stream
// that is always read to its end is not, for example.
func (k *known) spread(metric, by string) (v vector) {
	m := k.daemon.Metrics()
	for _, whole := range vectorOf(m, metric+"_count") {
		if k.grown(metric+"_count").where(by, regexp.QuoteMeta(whole.labels[by])).sum()[0].least == 0 {
			v = v.with(math.NaN(), by, whole.labels[by])
			continue
		}
		least, most := 0.0, 0.0
		for _, b := range vectorOf(m, metric+"_bucket").where(by, regexp.QuoteMeta(whole.labels[by])) {
			le, err := strconv.ParseFloat(b.labels["le"], 64)
			switch {
			case err != nil:
			case b.least == 0:
				least = max(least, le)
			case b.least == whole.least && (most == 0 || le < most):
				most = le
			}
		}
		v = v.between(least, most, by, whole.labels[by])
	}
	return v
}

// processShows are what the Go runtime and the system say of the process, and
// Prometheus of its scrapes.
func processShows() map[string]expectation {
	return map[string]expectation{
		"driftwatch-daemon: Memory A": func(k *known, _ dashboards.Choices) vector { return k.metric("process_resident_memory_bytes").near() },
		"driftwatch-daemon: Memory B": func(k *known, _ dashboards.Choices) vector {
			return vector{}.with(k.metric("go_memstats_sys_bytes")[0].least - k.metric("go_memstats_heap_released_bytes")[0].least).near()
		},
		"driftwatch-daemon: Memory C": func(k *known, _ dashboards.Choices) vector { return k.metric("go_gc_gomemlimit_bytes") },
		"driftwatch-daemon: Memory D": func(k *known, _ dashboards.Choices) vector { return k.metric("driftwatch_memory_live_bytes").near() },
		"driftwatch-daemon: Series B": func(k *known, _ dashboards.Choices) vector {
			return k.metric("driftwatch_series_left_out").sum("monitor")
		},
		"driftwatch-daemon: Processor A": func(*known, dashboards.Choices) vector {
			return vector{}.between(1e-6, float64(runtime.NumCPU()))
		},
		"driftwatch-daemon: Uptime A": func(k *known, _ dashboards.Choices) vector { return k.old(k.metric("process_start_time_seconds")) },
		"driftwatch-daemon: Series A": func(k *known, _ dashboards.Choices) vector {
			return vector{}.with(float64(len(k.daemon.Metrics()))).near()
		},
	}
}
