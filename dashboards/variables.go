package dashboards

import (
	"regexp"
	"strings"
)

// Kinds of queries of variables, by Grafana's numbers.
const (
	labelValues = 1
	queryResult = 3
)

// chosenSource is the variable of the Prometheus to ask.
func chosenSource() variable {
	return variable{Name: "datasource", Label: "Prometheus", Type: "datasource", Query: "prometheus", Refresh: 1}
}

// values is a variable that takes the values of the label of its name.
func values(name, label, selector string) variable {
	return variable{
		Name: name, Label: label, Type: "query", Datasource: datasource, Refresh: 2, Sort: 1,
		Query: variableQuery{labelValues, "label_values(" + selector + ", " + name + ")", variableRef},
	}
}

// variableRef is what Grafana's own editor of variables calls their query.
const variableRef = "PrometheusVariableQueryEditor-VariableQuery"

// withAll lets a variable also choose all, which is what it does at first and
// which in a query is a regular expression.
func withAll(v variable, expression string) variable {
	v.IncludeAll, v.AllValue, v.Current = true, expression, &choice{"All", "$__all"}
	return v
}

// several lets a variable choose more than one.
func several(v variable) variable {
	v.Multi = true
	return v
}

// monitorVariable also lists the monitors of which there is only history.
func monitorVariable() variable {
	return values("monitor", "Monitor", `{__name__=~"driftwatch_monitor_info|driftwatch_window_end_timestamp_seconds"}`)
}

// segmentVariable has the whole stream as All: it is the segment without a name,
// and Prometheus does not list an empty label.
func segmentVariable() variable {
	return withAll(values("segment", "Segment (All: the whole stream)", `driftwatch_window_rows{monitor="$monitor", segment!=""}`), "^$")
}

func fieldVariable() variable {
	return values("field", "Field", `driftwatch_check_value{monitor="$monitor", field!=""}`)
}

// pages are the addresses of the daemons' pages, by instance. Where nobody said
// where people find a page it is taken to be where Prometheus finds it.
const pages = `(driftwatch_page_info{url!=""} or label_replace(driftwatch_page_info{url=""}, "url", "http://$1", "instance", "(.+)"))`

// pageOf are the addresses of the pages that have the monitors of a selector.
func pageOf(by, selector string) string {
	return `max by (` + by + `) (driftwatch_monitor_info` + selector + ` * on (instance, job) group_left (url) ` + pages + `)`
}

// pageVariable is where links to the page lead. Nobody has to fill it in.
func pageVariable() variable {
	return variable{
		Name: "page", Label: "Page", Type: "query", Hide: 2, Datasource: datasource, Refresh: 2,
		Query: variableQuery{queryResult, "query_result(" + pageOf("url", `{monitor="$monitor"}`) + ")", variableRef},
		Regex: `/url="([^"]+)"/`,
	}
}

// text is the query of a variable.
func (v *variable) text() string {
	if q, ok := v.Query.(variableQuery); ok {
		return q.Query
	}
	return ""
}

// special are the characters that Grafana escapes for a regular expression inside
// a string of a query.
var special = regexp.MustCompile(`[$^*{}\[\]+?.()|]`)

// interpolated is what Grafana puts in the place of a variable in a query. One
// that may have several values, or all, is a regular expression; another one is
// a part of a string.
func (v *variable) interpolated(chosen []string) string {
	switch {
	case v.IncludeAll && len(chosen) == 0:
		return v.AllValue
	case !v.IncludeAll && !v.Multi:
		return strings.ReplaceAll(strings.Join(chosen, ""), `\`, `\\`)
	}
	escaped := make([]string, len(chosen))
	for i, c := range chosen {
		escaped[i] = special.ReplaceAllString(strings.ReplaceAll(c, `\`, `\\\\`), `\\$0`)
	}
	if len(escaped) == 1 {
		return escaped[0]
	}
	return "(" + strings.Join(escaped, "|") + ")"
}
