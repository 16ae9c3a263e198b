package dashboards

import "strings"

// Query is one query of a panel.
type Query struct {
	Dashboard, Panel, Expr string
}

// Queries lists the queries of all dashboards, with the variables replaced by
// what they select: a monitor, and all fields of its whole stream.
func Queries(monitorName string) []Query {
	fill := strings.NewReplacer("$monitor", monitorName, "$segment", "^$", "$field", ".+")
	var queries []Query
	for _, d := range all() {
		for _, p := range d.Panels {
			for _, t := range p.Targets {
				queries = append(queries, Query{d.UID, p.Title, fill.Replace(t.Expr)})
			}
		}
	}
	return queries
}
