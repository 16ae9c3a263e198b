package schema

// tests is a file of tests of rules.
func tests() object {
	return fields([]string{"config", "tests"}, object{
		"config": path("The configuration whose monitors and rules are tested."),
		"rules":  paths("Rule files and folders in place of those of the configuration."),
		"tests":  list(test()),
	})
}

func test() object {
	window := segmentResults()
	window["segments"] = free(fields(nil, segmentResults())).with("By name, as in \"country=BR\".")
	window["partial"] = boolean().with("Records are missing from it.")
	window["silence"] = duration().with("After it no window closes for so long, by the clock.")
	window["repeat"] = whole(1, 10_000).with("So many windows like this.")
	window["end"] = scalar().with("Of the window of records that is meant. Without it the next one.")
	window["alerts"] = list(fields([]string{"alert"}, object{
		"alert": text(), "field": text(), "segment": text(), "severity": words("info", "warning", "critical"),
		"labels": free(scalar()), "annotations": free(scalar()),
	})).with("All that fire after it.")
	record := fields([]string{"record"}, object{"record": object{"type": "object"}, "repeat": whole(1, 1_000_000)})
	return fields([]string{"name", "monitor", "windows"}, object{
		"name": text(), "monitor": text(),
		"start":   scalar().with("Of the first window that is given. Default: 2026-01-05T00:00:00Z."),
		"records": anyOf(text(), list(anyOf(text(), record))).with("JSON Lines, and {record: {...}, repeat: 600}."),
		"input":   paths("Data files of JSON Lines."),
		"windows": list(fields(nil, window)),
	})
}

// segmentResults are what the checks of a window found in a segment.
func segmentResults() object {
	result := anyOf(number(), fields(nil, object{
		"value": number(), "low": number(), "high": number(), "effect": number(), "p_value": number(),
		"reference": number(), "drift": boolean(), "skipped": text(),
	}))
	return object{
		"rows":   whole(0, 1<<31-1).with("Default: 10000."),
		"fields": free(free(result)).with("Results of each field, by check."),
		"checks": free(result).with("Results of checks without a field."),
	}
}
