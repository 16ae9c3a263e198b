package schema

// config is driftwatch.yaml.
func config() object {
	address := pattern(`^.*:[0-9]{1,5}$`)
	return fields(nil, object{
		"kafka": fields([]string{"brokers"}, object{
			"brokers":     some(address).with("host:port of some brokers."),
			"group":       text().with("Share monitors with other processes of this group. Without it this process takes all."),
			"state_topic": text().with("With a group: the compacted topic in which the state of monitors moves from process to process. Default: driftwatch.state."),
			"session":     duration().with("How long a process may be silent before its monitors go to others of the group. Default: 45s."),
			"start": anyOf(words("earliest", "latest"), pattern(`^[0-9]{4}-[0-9]{2}-[0-9]{2}`)).
				with("Where a stream without stored offsets begins: earliest, latest or a time. Default: earliest."),
			"tls": fields(nil, object{
				"ca_file": path("Certificates of the authorities."), "cert_file": path("The client's certificate."),
				"key_file": path("Its key."), "server_name": text().with("The name in the broker's certificate."),
			}),
			"sasl": fields([]string{"mechanism", "username", "password_file"}, object{
				"mechanism": words("plain", "scram-sha-256", "scram-sha-512"),
				"username":  text(), "password_file": path("The file that holds the password."),
			}),
		}).with("Where records are read from."),
		"store": fields(nil, object{
			"path":      path("The folder of the store. Default: data."),
			"retention": duration().with("Of results, counted back from a monitor's newest window. Default: 30d."),
			"profiles":  duration().with("Of profiles, of which references of windows are made. Default: 8d."),

			"maintenance": text().with("When the store's file is made smaller, as a cron expression in UTC. Default: 0 3 * * *."),
		}),
		"web": fields(nil, object{
			"listen":       address.with("Default: 127.0.0.1:9474."),
			"config_file":  path("A Prometheus web-config file: TLS, basic auth."),
			"backup":       anyOf(boolean(), words("on", "off")).with("Let /api/v1/backup give a copy of the store. Default: on, unless a field is redacted."),
			"external_url": pattern(`^https?://.`).with("How people reach the page, for links in messages."),
		}),
		"memory":   fields(nil, object{"limit": pattern(`^[0-9]+ ?[KMGT]i?B$`).with("What the configuration may need at most, such as 2GiB.")}),
		"reload":   fields(nil, object{"watch": anyOf(duration(), words("off")).with("How often the files are looked at; a change is loaded at the second look that finds it. Default: 5s.")}),
		"metrics":  fields(nil, object{"max_series": whole(100, 10_000_000).with("How many time series each monitor may export. Default: 25000.")}),
		"monitors": paths("Files of streams and monitors."),
		"rules":    paths("Files of rules."),
		"alerting": fields(nil, object{
			"receivers": list(receiver()),
			"route":     rootRoute(),
			"inhibit": list(fields([]string{"source", "target"}, object{
				"source": matchers("Of the alert that explains others."),
				"target": matchers("Of the alerts that are quiet while it fires."),
				"equal":  list(labelName()).with("The labels in which both agree."),
			})),
			"mute_times": free(muteTimes()).with("Named times in which routes send nothing."),
			"digests": list(fields([]string{"name", "cron", "receiver"}, object{
				"name":     text(),
				"cron":     text().with("When it is sent, in UTC, such as \"0 8 * * 1\"."),
				"receiver": text().with("One of slack, webhook without a template, or email."),
				"for":      duration().with("How long the time is that it is about. Default: since the one before."),
				"monitors": oneOrList(text()).with("Names and globs of the monitors that it is about. Default: all."),
			})).with("Summaries that a receiver gets again and again."),
			"outbox_limit": whole(100, 1_000_000).with("How many events may wait for one receiver. Default: 10000."),
		}),
	})
}
