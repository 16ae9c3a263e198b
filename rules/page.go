package rules

import "net/url"

// Path is where the daemon's pages show what the alert found: a field or all of a
// window; of windows that do not come, their monitor.
func (a *Alert) Path() string {
	path := MonitorPath(a.Monitor)
	q := url.Values{}
	switch {
	case a.Check == NoData:
		return path
	case a.Field == "":
		path += "/windows/" + a.WindowEnd.String()
	default:
		path += "/fields/" + url.PathEscape(a.Field)
		q.Set("check", a.Check)
		q.Set("end", a.WindowEnd.String())
	}
	if a.Segment != "" {
		q.Set("segment", a.Segment)
	}
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	return path
}

// MonitorPath is where they show a monitor.
func MonitorPath(name string) string { return "/monitors/" + url.PathEscape(name) }

// RulePath is where they show a rule.
func RulePath(group, alert string) string {
	return "/rules/" + url.PathEscape(group) + "/" + url.PathEscape(alert)
}
