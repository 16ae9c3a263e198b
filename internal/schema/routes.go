package schema

// rootRoute is the route that takes everything.
func rootRoute() object { return fields([]string{"receiver"}, routeKeys()) }

// childRoute is a route below another one, whose keys it takes over.
func childRoute() object {
	keys := routeKeys()
	keys["match"] = matchers("Of the alerts that take the route.")
	keys["continue"] = boolean().with("Whether the next routes are looked at too. Default: false.")
	return fields(nil, keys)
}

func routeKeys() object {
	return object{
		"receiver":       text(),
		"group_by":       list(labelName()).with("The labels that the events of one message agree in. Default: [monitor]."),
		"group_wait":     duration().with("How long the first event of a message waits for others. Default: 0s."),
		"group_interval": duration().with("Between two messages of a group. Default: 0s."),
		"repeat":         duration().with("How often a firing alert is told again; 0 for never. Default: 4h."),
		"flap_windows":   whole(0, 1000).with("An alert that fires again within so many windows of its end has to fire for longer before it is told. Default: 10."),
		"mute":           oneOrList(text()).with("Names of mute times in which nothing is sent."),
		"routes":         list(reference("route")),
	}
}

func matchers(what string) object {
	m := pattern(`^\s*[a-zA-Z_][a-zA-Z0-9_]*\s*(=~|!~|!=|=)`)
	return anyOf(m, list(m)).with(what + " Written as severity=critical or monitor=~\"churn.*\".")
}

func labelName() object { return pattern(`^[a-zA-Z_][a-zA-Z0-9_]*$`) }
