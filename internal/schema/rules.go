package schema

import "driftwatch/monitors/checks"

// rules is a rule file.
func rules() object {
	return fields([]string{"groups"}, object{
		"groups": list(fields([]string{"name", "monitor", "rules"}, object{
			"name":        text(),
			"monitor":     oneOrList(text()).with("The monitors that the rules are for: names or globs."),
			"labels":      labels(),
			"annotations": annotations(),
			"rules":       list(rule()),
		})),
	})
}

func labels() object {
	o := free(scalar())
	o["propertyNames"] = pattern(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
	return o
}

func rule() object {
	return fields([]string{"alert", "when"}, object{
		"alert": text(),
		"fields": anyOf(text(), list(text()), fields([]string{"role"}, object{
			"role": oneOrList(words("feature", "prediction", "label", "metadata")),
		})).with("Names or globs, or {role: feature}. Without it all fields that the check fits."),
		"segments": free(oneOrList(scalar())).with("Alert by segment, as in {country: \"*\"}."),
		"when":     reference("condition"),
		"windows": anyOf(whole(1, 1000), fields([]string{"m", "of"}, object{"m": whole(1, 1000), "of": whole(1, 1000)})).
			with("Windows in a row before it fires, or so many of the newest: {m: 2, of: 5}. Default: 1."),
		"resolve":  fields(nil, object{"below": number(), "above": number()}).with("Where a firing alert ends. Without it where the condition no longer holds."),
		"min_rows": whole(0, 1<<31-1).with("Smaller windows change nothing."),
		"mute": muteTimes().
			with("Windows in these times change nothing: {cron: \"0 22 * * 5\", for: 60h}. Times are UTC and those of the events."),
		"class":       words("schema", "values", "performance").with("What the alert is for. Default: that of the checks."),
		"redact":      boolean().with("Let its alerts say that it fired, and no value. Default: false."),
		"severity":    words("info", "warning", "critical"),
		"labels":      labels(),
		"annotations": annotations(),
	})
}

func annotations() object {
	return free(scalar()).
		with("Texts, which may be templates: {{ .Field }}, {{ .Value }}, {{ .Moved }}, {{ .Explained }}, {{ .Page }} and others.")
}

// change is what a rule asks of a value and that of earlier windows.
func change() object {
	amount := func() object { return anyOf(number(), pattern(`^[-+]?[0-9.]+%$`)) }
	return fields([]string{"against"}, object{
		"above": amount(), "below": amount(), "outside": object{"type": "array", "items": amount(), "minItems": 2, "maxItems": 2},
		"against": anyOf(words("previous", "trailing"), duration(), fields([]string{"trailing"}, object{"trailing": whole(2, 100)})),
	}).with("How far the value is from that of earlier windows: {above: 50%, against: previous}, or 1d, 1w, trailing, {trailing: 24}.")
}

// condition is what a rule asks of a window. It may hold others.
func condition() object {
	var names []string
	for _, c := range checks.All() {
		names = append(names, c.Name)
	}
	thresholds := func() object {
		return object{"above": number(), "below": number(), "outside": object{"type": "array", "items": number(), "minItems": 2, "maxItems": 2}}
	}
	test := thresholds()
	// Results of checks with parameters have names of their own: quantile_0.99.
	test["check"] = anyOf(words(names...), pattern(`^[a-z0-9_]+_.+$`))
	test["p_below"], test["drift"], test["change"] = between(0, 1), object{"const": true}, change()
	share := thresholds()
	share["share_of_fields"] = fields([]string{"check"}, test)
	return anyOf(
		fields([]string{"check"}, test),
		fields([]string{"any"}, object{"any": some(reference("condition"))}),
		fields([]string{"all"}, object{"all": some(reference("condition"))}),
		fields([]string{"share_of_fields"}, share),
		fields([]string{"no_data"}, object{"no_data": duration()}).with("No window closed for so long, by the clock."),
	)
}
