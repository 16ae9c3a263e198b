package metrics

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// descs are the metrics. Names and labels are public: dashboards and rules
// depend on them.
type descs struct {
	texts                                          map[*prometheus.Desc]text
	value, pValue, drift                           *prometheus.Desc
	monitorInfo, monitorWindow                     *prometheus.Desc
	windowRows, windowEnd, windowRevision, windows *prometheus.Desc
	late, amended, unrevised, leftOut              *prometheus.Desc
	records, bytes, recordErrors, lost             *prometheus.Desc
	lag, watermark, freshness                      *prometheus.Desc
	alerts, outbox, sent, sendFailures, superseded *prometheus.Desc
	dropped                                        *prometheus.Desc
	storeBytes, storeFree                          *prometheus.Desc
	storeWritable, storeFailures                   *prometheus.Desc
	reloadOK, reloadAt, ready                      *prometheus.Desc
	memoryLive, memoryEstimate, memoryLimit        *prometheus.Desc
	groupInfo, elsewhere                           *prometheus.Desc
	buildInfo, rulesInfo, pageInfo                 *prometheus.Desc
}

// text is what a description does not tell.
type text struct{ name, help string }

func newDescs() descs {
	texts := map[*prometheus.Desc]text{}
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		d := prometheus.NewDesc("driftwatch_"+name, help, labels, nil)
		texts[d] = text{"driftwatch_" + name, help}
		return d
	}
	check := []string{"monitor", "segment", "field", "check"}
	return descs{
		texts: texts,

		value:          desc("check_value", "Value of a check in the monitor's newest window.", check...),
		pValue:         desc("check_p_value", "P-value of a check in the monitor's newest window.", check...),
		drift:          desc("check_drift", "Whether the check's verdict on the monitor's newest window is drift.", check...),
		monitorInfo:    desc("monitor_info", "The stream that a monitor reads.", "monitor", "stream"),
		monitorWindow:  desc("monitor_window_seconds", "Length of the monitor's windows.", "monitor"),
		windowRows:     desc("window_rows", "Rows in the monitor's newest window.", "monitor", "segment"),
		windowEnd:      desc("window_end_timestamp_seconds", "Event time at which the monitor's newest window ends.", "monitor"),
		windowRevision: desc("window_revision", "Late records that the monitor's newest window holds.", "monitor"),
		leftOut:        desc("series_left_out", "Time series of the monitor's newest window that are not exported, because it has more than it may.", "monitor"),
		windows:        desc("windows_total", "Windows that were closed.", "monitor"),
		late:           desc("late_records_total", "Records that came after their window was sealed.", "monitor"),
		amended:        desc("amended_records_total", "Late records that came in time to amend closed windows.", "monitor"),
		unrevised:      desc("unrevised_windows_total", "Windows that late records could not amend, because what they were made of is gone or changed.", "monitor"),

		records:      desc("records_total", "Records read, those with errors included.", "stream"),
		bytes:        desc("bytes_total", "Bytes of the values of the records read.", "stream"),
		recordErrors: desc("record_errors_total", "Records that could not be used.", "stream", "reason"),
		lost:         desc("lost_records_total", "Records that the broker had deleted before they were read.", "stream"),
		lag:          desc("lag_records", "Records between the reader and the end of the partition.", "stream", "partition"),
		watermark:    desc("watermark_timestamp_seconds", "Event time up to which the partition was read.", "stream", "partition"),
		freshness:    desc("freshness_seconds", "Age of the newest event time of the partition in which it is oldest.", "stream"),

		alerts:       desc("alerts", "Alerts by state.", "monitor", "alert", "severity", "state"),
		outbox:       desc("outbox_events", "Events that wait to be delivered."),
		sent:         desc("notifications_total", "Notifications delivered.", "receiver"),
		sendFailures: desc("notification_failures_total", "Attempts to deliver a notification that failed.", "receiver", "reason"),
		superseded:   desc("notifications_superseded_total", "Events that a later change of their alert overtook before they could be delivered.", "receiver"),

		dropped: desc("outbox_dropped_total", "Events that were dropped because more waited for the receiver than may.", "receiver"),

		storeBytes:    desc("store_bytes", "Size of the store's file."),
		storeFree:     desc("store_free_bytes", "Bytes of the store's file that are free to be used again."),
		storeWritable: desc("store_writable", "Whether the store could be written when that was last tried."),
		storeFailures: desc("store_write_failures_total", "Attempts to write windows and positions to the store that failed."),

		ready:          desc("ready", "Whether partitions are assigned and the store can be written."),
		memoryLive:     desc("memory_live_bytes", "Heap that was alive at the newest collection. Above half of the limit no partition is read ahead of others."),
		memoryEstimate: desc("memory_estimate_bytes", "Bytes that all open windows can take at most, as estimated from the configuration."),
		memoryLimit:    desc("memory_limit_bytes", "The configured limit of memory."),
		groupInfo:      desc("group_info", "The group with which this process shares its monitors.", "group"),
		elsewhere:      desc("group_monitors_elsewhere", "Monitors that other processes of the group have."),

		reloadOK:  desc("config_last_reload_successful", "Whether the newest load of the configuration succeeded."),
		reloadAt:  desc("config_last_reload_success_timestamp_seconds", "When the configuration was last loaded with success."),
		buildInfo: desc("build_info", "The program that runs.", "version", "revision", "goversion"),
		rulesInfo: desc("rules_info", "The revision of the rule files in use.", "revision"),
		pageInfo:  desc("page_info", "Where people find the page.", "url"),
	}
}

func (d *descs) all() []*prometheus.Desc {
	return []*prometheus.Desc{
		d.value, d.pValue, d.drift,
		d.monitorInfo, d.monitorWindow,
		d.windowRows, d.windowEnd, d.windowRevision, d.windows,
		d.late, d.amended, d.unrevised, d.leftOut,
		d.records, d.bytes, d.recordErrors, d.lost,
		d.lag, d.watermark, d.freshness,
		d.alerts, d.outbox, d.sent, d.sendFailures, d.superseded, d.dropped,
		d.storeBytes, d.storeFree, d.storeWritable, d.storeFailures,
		d.ready, d.memoryLive, d.memoryEstimate, d.memoryLimit, d.groupInfo, d.elsewhere,
		d.reloadOK, d.reloadAt, d.buildInfo, d.rulesInfo, d.pageInfo,
	}
}

func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
