package dashboards

// alertsOf marks when alerts fire, and, if somebody asks for it, when they are
// pending. They can be switched at the top of the dashboard.
func alertsOf(selector string) []annotation {
	return []annotation{
		alertsIn("firing", selector, "red", true),
		alertsIn("pending", selector, "orange", false),
	}
}

func alertsIn(state, selector, colour string, enabled bool) annotation {
	return marks("Alerts "+state, colour, enabled, `sum by (monitor, alert, severity) (driftwatch_alerts{`+selector+`state="`+state+`"})`,
		"{{alert}}", state+", {{severity}}, of {{monitor}}", "monitor,alert,severity")
}

// loads marks when a configuration was loaded.
func loads() annotation {
	a := marks("Configuration loaded", "blue", true,
		`1000 * driftwatch_config_last_reload_success_timestamp_seconds{instance=~"$instance"}`, "Configuration loaded", "{{instance}}", "instance")
	a.ValueIsMs = true
	return a
}

func marks(name, colour string, enabled bool, expr, title, text, tags string) annotation {
	return annotation{
		Name: name, Datasource: datasource, Enable: enabled, Color: colour, Title: title, Text: text, Tags: tags,
		Target: target{RefID: "Anno", Expr: expr, Range: true, Datasource: datasource},
	}
}
