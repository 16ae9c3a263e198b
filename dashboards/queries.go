package dashboards

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
)

// Query is one query of a dashboard, as Grafana would send it: with the variables
// replaced by what a person chose.
type Query struct {
	Dashboard string
	Place     string // the panel's title and the query's letter, or the name of a variable or of an annotation
	Expr      string // PromQL; of a variable of label values, what they are taken of
	Label     string // whose values a variable takes; "" for other queries
	Regex     string // what of an answer is the variable's value; "" for other queries
	Links     []string
}

// String names the query.
func (q *Query) String() string { return q.Dashboard + ": " + q.Place }

// Choices are the values that a person chose, by variable. A variable that is
// not among them is as it is at first: All, if it has that.
type Choices map[string][]string

// Queries lists the queries of all dashboards: of panels, annotations and
// variables.
func Queries(chosen Choices) []Query {
	var queries []Query
	for _, d := range all() {
		fill := d.filler(chosen)
		for _, v := range d.Templating.List {
			if text := v.text(); text != "" {
				queries = append(queries, v.query(d.UID, fill(text)))
			}
		}
		for _, a := range d.Annotations.List {
			queries = append(queries, Query{Dashboard: d.UID, Place: "annotation " + a.Name, Expr: fill(a.Target.Expr)})
		}
		for p := range d.eachPanel {
			for _, t := range p.Targets {
				queries = append(queries, Query{Dashboard: d.UID, Place: p.Title + " " + t.RefID, Expr: fill(t.Expr), Links: p.links()})
			}
		}
	}
	return queries
}

// eachPanel yields the panels that are not rows, those inside of rows too.
func (d *dashboard) eachPanel(yield func(*panel) bool) {
	for i := range d.Panels {
		p := &d.Panels[i]
		if p.Panels == nil {
			if !yield(p) {
				return
			}
			continue
		}
		for j := range *p.Panels {
			if !yield(&(*p.Panels)[j]) {
				return
			}
		}
	}
}

// links are the addresses that values of the panel lead to.
func (p *panel) links() (urls []string) {
	list := p.Fields.Defaults.Links
	for _, o := range p.Fields.Overrides {
		for _, property := range o.Properties {
			if of, ok := property.Value.([]dataLink); ok {
				list = append(list, of...)
			}
		}
	}
	for _, l := range list {
		urls = append(urls, l.URL)
	}
	return urls
}

// labelsOf takes label_values(selector, label) apart, answer query_result(query).
var (
	labelsOf = regexp.MustCompile(`^label_values\((.*), (\w+)\)$`)
	answer   = regexp.MustCompile(`^query_result\((.*)\)$`)
)

func (v *variable) query(dashboard, text string) Query {
	q := Query{Dashboard: dashboard, Place: "variable " + v.Name, Regex: strings.Trim(v.Regex, "/")}
	if m := labelsOf.FindStringSubmatch(text); m != nil {
		q.Expr, q.Label = m[1], m[2]
	} else {
		q.Expr = answer.FindStringSubmatch(text)[1]
	}
	return q
}

// rateInterval is a variable that Grafana makes of how often Prometheus scrapes and
// how much time is shown.
const rateInterval = "__rate_interval"

// filler replaces the variables of the dashboard in a query. The longer of two
// names that begin alike is not taken for the shorter one.
func (d *dashboard) filler(chosen Choices) func(string) string {
	values := map[string]string{rateInterval: cmp.Or(strings.Join(chosen[rateInterval], ""), "5m")}
	for _, v := range d.Templating.List {
		values[v.Name] = v.interpolated(chosen[v.Name])
	}
	return func(expr string) string {
		return referred.ReplaceAllStringFunc(expr, func(ref string) string {
			if value, ok := values[ref[1:]]; ok {
				return value
			}
			return fmt.Sprintf("<no variable %s>", ref)
		})
	}
}

// referred is a reference to a variable; $1 is one to a group of an expression.
var referred = regexp.MustCompile(`\$[a-z_]\w*`)
