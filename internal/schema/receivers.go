package schema

import (
	"driftwatch/alerting/notify"
	"driftwatch/alerting/receivers"
)

// receiver is one receiver: its name and the section of its kind.
func receiver() object {
	properties, kinds := object{
		"name":          text(),
		"cooldown":      duration().with("How long nothing more is said of an alert in a monitor once it fired. Default: 0s."),
		"send_resolved": boolean().with("Whether the end of alerts is told. Default: true."),
	}, []any{}
	for _, k := range receivers.All() {
		properties[k.Name] = section(k)
		kinds = append(kinds, object{"required": []string{k.Name}})
	}
	o := fields([]string{"name"}, properties)
	o["oneOf"] = kinds
	return o
}

func section(k notify.Kind) object {
	properties := object{}
	var needed []string
	for _, key := range k.Keys {
		properties[key.Name] = setting(key)
		if key.Needed {
			needed = append(needed, key.Name)
		}
	}
	return fields(needed, properties).with(k.Help)
}

// setting is the value of one key of a receiver.
func setting(k notify.Key) object {
	url := pattern(`^https?://.`)
	switch k.Form {
	case notify.Word:
		return words(k.Words...).with(k.Help)
	case notify.URL:
		return url.with(k.Help)
	case notify.URLs:
		return anyOf(url, some(url)).with(k.Help)
	case notify.Path:
		return path(k.Help)
	case notify.Address:
		return pattern(`^.*:[0-9]{1,5}$`).with(k.Help)
	case notify.Duration:
		return duration().with(k.Help)
	case notify.Flag:
		return boolean().with(k.Help)
	case notify.Texts:
		return anyOf(text(), some(text())).with(k.Help)
	case notify.Map:
		return free(text()).with(k.Help)
	case notify.Headers:
		return free(anyOf(text(), fields([]string{"file"}, object{"file": path("The file that holds the value.")}))).with(k.Help)
	}
	return text().with(k.Help)
}
