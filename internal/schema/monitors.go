package schema

import "math"

// monitors is a file of streams and monitors.
func monitors() object {
	return fields(nil, object{"streams": list(stream()), "monitors": list(monitor())})
}

func name() object {
	return pattern(`^[\p{L}\p{N}_][\p{L}\p{N}_.:-]{0,199}$`)
}

func stream() object {
	return fields([]string{"name", "topic"}, object{
		"name":   name(),
		"topic":  pattern(`^[a-zA-Z0-9._-]{1,249}$`).with("The Kafka topic."),
		"format": words("json"),
		"time": fields([]string{"field"}, object{
			"field":  text().with("The path of the event time. Without `time` it is Kafka's timestamp."),
			"layout": text().with("The form of the time, as Go writes 2006-01-02 15:04:05."),
		}),
		"max_ahead": duration().with("A record whose event time is further ahead of its Kafka timestamp is an error. Default: 1h."),
		"id":        text().with("The path of the record's id, for the check duplicates."),
		"samples":   anyOf(boolean(), words("on", "off")).with("Keep a few records that cannot be read, for people to see. Default: on."),
	})
}

func monitor() object {
	return fields([]string{"name", "stream", "window", "fields"}, object{
		"name":   name(),
		"stream": name(),
		"where":  free(scalar()).with("Only records whose fields have these values."),
		"window": fields(nil, object{
			"size":      duration().with("The length of a window. One of size and rows is needed."),
			"every":     duration().with("How often a window ends: a part of size, so that windows overlap. Default: size."),
			"time_zone": text().with("Windows of whole days begin at midnight there, as in Europe/Berlin. Default: they are counted from 1970 in UTC."),
			"rows":      whole(1, math.MaxInt32).with("A window has at least so many rows, however long it takes."),
			"pane":      duration().with("With rows: windows are made of whole pieces that long. Default: 1m."),
			"lateness":  duration().with("How much out of order records may be. Default: 0s."),
			"amend":     duration().with("How long beyond that a late record is still merged into its closed windows. Default: 0s, not at all."),
			"idle":      duration().with("A partition at its end without records for so long is not waited for. Default: 1m."),
			"max_open":  whole(1, 1000).with("How many windows a partition may be ahead of the slowest; pieces of them where every or rows is given. Default: 4."),
		}),
		"segments":       list(some(text())).with("Fields by whose values everything is computed again, as in [[country], [country, device]]."),
		"max_series":     whole(100, 10_000_000).with("How many time series it may export. Default: metrics.max_series."),
		"max_segments":   whole(1, 10000).with("Values kept for each entry of segments. Default: 20."),
		"reference":      referenceOf(),
		"checks":         checkList(),
		"fields":         some(field()),
		"unknown_fields": words("report", "ignore"),
		"alpha":          object{"type": "number", "exclusiveMinimum": 0, "maximum": 0.5, "description": "The share of false verdicts that is accepted. Default: 0.001."},
		"buckets":        whole(16, 1<<15).with("Cap of each field's histogram. Default: 2048."),
	})
}

func referenceOf() object {
	o := fields(nil, object{
		"file":       path("A data file or profile."),
		"trailing":   duration().with("The windows of so long before this one."),
		"skip_drift": boolean().with("With trailing: without the windows that drifted."),
		"offset":     duration().with("The window so long before this one."),
		"first":      whole(1, 10000).with("The first windows of the monitor."),
		"segment":    free(scalar()).with("Another segment of the same window, as in {version: \"2\"}."),
	}).with("What windows are compared with: one of these.")
	o["minProperties"] = 1
	return o
}

func field() object {
	return fields([]string{"name", "type"}, object{
		"name":    text().with("The path in the record, or $key, $partition, $header.NAME."),
		"type":    words("number", "category", "boolean", "text", "timestamp"),
		"role":    words("feature", "prediction", "label", "metadata"),
		"min":     anyOf(number(), text()).with("The least value that is right."),
		"max":     anyOf(number(), text()).with("The greatest value that is right."),
		"nulls":   between(0, 1).with("The greatest share of nulls that is right."),
		"missing": between(0, 1).with("The greatest share of rows without the field that is right."),
		"allowed": some(scalar()).with("The values that are right."),
		"pattern": text().with("A regular expression (RE2) that right values match."),
		"coerce":  boolean().with("Read text such as \"12\" as what the type wants."),
		"redact":  boolean().with("Show no value of it anywhere, for personal data. Default: false."),
		"checks":  checkList(),
	})
}
