package dashboards

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	inLink = regexp.MustCompile(`\$\{([^}:]+)(?::(\w+))?\}`)
	ofData = regexp.MustCompile(`^__(?:data\.fields|field\.labels)\.(\w+)$`)
)

// TestLinksAreWhole: what links have in them is a variable of their dashboard, or a
// label that the queries of their panel return; and what is in the path or in the
// query of an address is written for that.
func TestLinksAreWhole(t *testing.T) {
	found := 0
	for _, d := range all() {
		for p := range d.eachPanel {
			for _, url := range p.links() {
				found++
				linkIsWhole(t, &d, p, url)
			}
		}
		for _, l := range d.Links {
			if l.Type == "link" {
				found++
				linkIsWhole(t, &d, &panel{}, l.URL)
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d links", found)
	}
}

func linkIsWhole(t *testing.T, d *dashboard, p *panel, url string) {
	t.Helper()
	variables := []string{"__url_time_range"}
	for _, v := range d.Templating.List {
		variables = append(variables, v.Name)
	}
	for i, m := range inLink.FindAllStringSubmatchIndex(url, -1) {
		ref, name, format := url[m[0]:m[1]], url[m[2]:m[3]], ""
		if m[4] >= 0 {
			format = url[m[4]:m[5]]
		}
		label := ofData.FindStringSubmatch(name)
		switch {
		case label == nil && !slices.Contains(variables, name):
			t.Errorf("%s, %q: there is no %s for %s", d.UID, p.Title, ref, url)
		case len(label) > 1 && !p.returns(label[1]):
			t.Errorf("%s, %q: no query returns %s for %s", d.UID, p.Title, ref, url)
		case i == 0 && m[0] == 0: // the address of the page
		case format != "percentencode" && format != "queryparam" && name != "__url_time_range":
			t.Errorf("%s, %q: %s is not written for an address in %s", d.UID, p.Title, ref, url)
		}
	}
}

// returns reports whether a query of the panel returns a label: it sums by that,
// makes it, or keeps all labels of metrics that have it.
func (p *panel) returns(label string) bool {
	return slices.ContainsFunc(p.Targets, func(t target) bool {
		by := regexp.MustCompile(`by \(([a-z, ]+)\)`).FindStringSubmatch(t.Expr)
		if by == nil {
			return strings.HasPrefix(t.Expr, "driftwatch_check_")
		}
		return slices.Contains(strings.Split(by[1], ", "), label) || strings.Contains(t.Expr, `, "`+label+`", `)
	})
}

// TestLinksBetweenDashboards go to those that there are and set variables that these
// have.
func TestLinksBetweenDashboards(t *testing.T) {
	link := regexp.MustCompile(`^/d/([a-z-]+)\?(.*)$`)
	set := regexp.MustCompile(`var-(\w+)=|\$\{(\w+):queryparam\}`)
	found := 0
	for _, d := range all() {
		for p := range d.eachPanel {
			for _, url := range p.links() {
				m := link.FindStringSubmatch(url)
				if m == nil {
					continue
				}
				found++
				to := slices.IndexFunc(all(), func(d dashboard) bool { return d.UID == m[1] })
				if to < 0 {
					t.Fatalf("%s, %q: there is no dashboard %s", d.UID, p.Title, m[1])
				}
				for _, name := range set.FindAllStringSubmatch(m[2], -1) {
					if !slices.ContainsFunc(all()[to].Templating.List, func(v variable) bool { return v.Name == name[1]+name[2] }) {
						t.Errorf("%s, %q: %s has no variable %s", d.UID, p.Title, m[1], name[1]+name[2])
					}
				}
			}
		}
	}
	if found < 5 {
		t.Errorf("only %d links", found)
	}
}

// TestInterpolation is what Grafana makes of choices in queries.
func TestInterpolation(t *testing.T) {
	one, some := variable{}, variable{IncludeAll: true, AllValue: ".+", Multi: true}
	for _, c := range []struct {
		name   string
		v      variable
		chosen []string
		want   string
	}{
		{"one value", one, []string{"churn.v2"}, "churn.v2"},
		{"one with a backslash", one, []string{`a\b`}, `a\\b`},
		{"all", some, nil, ".+"},
		{"one of several", some, []string{"card.amount"}, `card\\.amount`},
		{"several", some, []string{"a+b", "c"}, `(a\\+b|c)`},
		{"the whole stream", segmentVariable(), nil, "^$"},
		{"a segment", segmentVariable(), []string{"country=BR,device=ios"}, "country=BR,device=ios"},
		{"a segment with signs", segmentVariable(), []string{`plan=a|b (c)\`}, `plan=a\\|b \\(c\\)\\\\`},
	} {
		if got := c.v.interpolated(c.chosen); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestWholeStreamIsTheDefault: segments can be chosen by a variable that begins with
// All, which is the whole stream, and is what links hand on.
func TestWholeStreamIsTheDefault(t *testing.T) {
	for _, d := range []dashboard{monitor(), field()} {
		i := slices.IndexFunc(d.Templating.List, func(v variable) bool { return v.Name == "segment" })
		if v := d.Templating.List[i]; v.Current == nil || v.Current.Value != "$__all" || !v.IncludeAll || v.Multi {
			t.Errorf("%s: %+v", d.UID, v)
		}
		for p := range d.eachPanel {
			for _, target := range p.Targets {
				if strings.Contains(target.Expr, `segment="$segment"`) {
					t.Errorf("%s, %q: %s takes an expression for a text", d.UID, p.Title, target.Expr)
				}
			}
		}
	}
}

// TestVariablesAreAskedOfTheChosenSource: every query does, and variables that are
// expressions are matched as such.
func TestVariablesAreAskedOfTheChosenSource(t *testing.T) {
	for _, d := range all() {
		b, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		if n, uids := strings.Count(string(b), `"datasource":{`), strings.Count(string(b), `"uid":"${datasource}"`); n != uids || n == 0 {
			t.Errorf("%s: %d of %d sources are the one that is chosen", d.UID, uids, n)
		}
		for _, v := range d.Templating.List {
			if v.Type != "query" {
				continue
			}
			if v.Datasource == nil || v.Refresh != 2 {
				t.Errorf("%s: variable %s: %+v", d.UID, v.Name, v)
			}
			if (v.IncludeAll || v.Multi) && strings.Contains(string(b), v.Name+`=\"$`+v.Name+`\"`) {
				t.Errorf("%s: variable %s is an expression, and is compared as a text", d.UID, v.Name)
			}
		}
	}
}
