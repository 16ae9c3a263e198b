//go:build integration

package integration

import (
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"driftwatch/dashboards"
	"driftwatch/internal/daemontest"
	"driftwatch/monitors/window"
)

// known is what the API of the daemon and the records say: with what queries are
// compared.
type known struct {
	daemon *daemontest.Daemon
	before daemontest.Metrics // what counters were when Prometheus first looked
	sent   sent               // since then
	links  map[string]bool    // of the page, that the dashboards lead to
	shown  map[string]bool    // queries that have returned something
	failed bool

	at                time.Time
	value, p, drift   vector // of each check, by monitor, segment, field and check
	rows, alerts, end vector
	windows           vector // that were closed, by monitor
	revision          vector
	status            apiStatus
}

type apiStatus struct {
	Outbox int `json:"outbox_events"`
	Reload struct {
		OK bool      `json:"successful"`
		At time.Time `json:"last_success"`
	} `json:"config_reload"`
	Streams []struct {
		Name       string
		Lost       float64 `json:"lost_records"`
		Partitions []struct {
			ID     int          `json:"partition"`
			Lag    float64      `json:"lag_records"`
			Newest *window.Time `json:"newest"`
		}
	}
	Receivers []struct {
		Name                      string
		Sent, Superseded, Dropped float64
		Failures                  map[string]float64
	}
	Store struct {
		Bytes float64 `json:"bytes"`
		Free  float64 `json:"free_bytes"`
	}
}

// until waits until there is no problem, or for long enough, and returns it.
func (k *known) until(check func() string) (problem string) {
	patience := 30 * time.Second
	if k.failed {
		patience = 2 * time.Second
	}
	for deadline := time.Now().Add(patience); ; {
		k.observe()
		problem = check()
		if problem == "" || time.Now().After(deadline) {
			k.failed = k.failed || problem != ""
			return problem
		}
		<-time.After(50 * time.Millisecond)
	}
}

// observe asks the API for everything.
func (k *known) observe() {
	k.at = time.Now()
	k.value, k.p, k.drift, k.rows, k.alerts, k.end, k.windows, k.revision = nil, nil, nil, nil, nil, nil, nil, nil
	k.status = apiStatus{}
	k.daemon.JSON("/api/v1/status", &k.status)
	var list struct {
		Monitors []struct {
			Name     string
			Total    float64 `json:"windows_total"`
			Segments []string
			Last     struct {
				End      window.Time
				Revision float64
			} `json:"last_window"`
		}
	}
	k.daemon.JSON("/api/v1/monitors", &list)
	for _, m := range list.Monitors {
		k.end = k.end.with(float64(m.Last.End)/1000, "monitor", m.Name)
		k.windows = k.windows.with(m.Total, "monitor", m.Name)
		k.revision = k.revision.with(m.Last.Revision, "monitor", m.Name)
		for _, segment := range m.Segments {
			k.observeWindow(m.Name, m.Last.End, segment)
		}
	}
	var alerts struct {
		Alerts []struct{ Monitor, Alert, Severity, State string }
	}
	k.daemon.JSON("/api/v1/alerts", &alerts)
	for _, a := range alerts.Alerts {
		if a.State == "firing" || a.State == "pending" {
			k.alerts = k.alerts.with(1, "monitor", a.Monitor, "alert", a.Alert, "severity", a.Severity, "state", a.State)
		}
	}
}

func (k *known) observeWindow(monitor string, end window.Time, segment string) {
	var w apiWindow
	k.daemon.JSON("/api/v1/monitors/"+monitor+"/windows/"+end.String()+"?segment="+url.QueryEscape(segment), &w)
	k.rows = k.rows.with(float64(w.Rows), "monitor", monitor, "segment", segment)
	of := func(field string, checks map[string]result) {
		for check, r := range checks {
			labels := []string{"monitor", monitor, "segment", segment, "field", field, "check", check}
			if r.Value != nil {
				k.value = k.value.with(*r.Value, labels...)
			}
			if r.PValue != nil {
				k.p = k.p.with(*r.PValue, labels...)
			}
			if r.Drift != nil {
				k.drift = k.drift.with(map[bool]float64{true: 1}[*r.Drift], labels...)
			}
		}
	}
	of("", w.Checks)
	for _, f := range w.Fields {
		of(f.Name, f.Checks)
	}
}

// point is a value by labels. It is not exactly known where it moves with the
// clock.
type point struct {
	labels      map[string]string
	least, most float64
}

// vector is what a query returns.
type vector []point

func (v vector) with(value float64, labels ...string) vector {
	return v.between(value, value, labels...)
}

func (v vector) between(least, most float64, labels ...string) vector {
	s := point{map[string]string{}, least, most}
	for i := 0; i < len(labels); i += 2 {
		s.labels[labels[i]] = labels[i+1]
	}
	return append(v, s)
}

// differs says in what an answer is not the vector.
func (v vector) differs(got daemontest.Metrics) string {
	want := map[string]point{}
	for _, s := range v {
		want[seriesOf(present(s.labels))] = s
	}
	var problems []string
	for _, series := range slices.Sorted(maps.Keys(want)) {
		g, there := got[series]
		s := want[series]
		near := g >= s.least-math.Abs(s.least)*1e-9 && g <= s.most+math.Abs(s.most)*1e-9
		if !there || !near && !(math.IsNaN(s.least) && math.IsNaN(g)) {
			problems = append(problems, fmt.Sprintf("%s is %v (there: %v), want %v to %v", series, g, there, s.least, s.most))
		}
	}
	for _, series := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[series]; !ok {
			problems = append(problems, fmt.Sprintf("%s is there, %v", series, got[series]))
		}
	}
	return strings.Join(problems, "; ")
}

// present leaves out labels without a value: to Prometheus they are not there.
func present(labels map[string]string) map[string]string {
	labels = maps.Clone(labels)
	maps.DeleteFunc(labels, func(_, v string) bool { return v == "" })
	return labels
}

// where keeps samples with a label of which an expression matches the whole.
func (v vector) where(label, expression string) (out vector) {
	whole := regexp.MustCompile("^(?:" + expression + ")$")
	for _, s := range v {
		if whole.MatchString(s.labels[label]) {
			out = append(out, s)
		}
	}
	return out
}

// fold joins the samples that have the same labels of some names.
func (v vector) fold(join func(a, b float64) float64, by ...string) (out vector) {
	at := map[string]int{}
	for _, s := range v {
		labels := map[string]string{}
		for _, l := range by {
			labels[l] = s.labels[l]
		}
		key := seriesOf(labels)
		i, ok := at[key]
		if !ok {
			at[key] = len(out)
			out = append(out, point{labels, s.least, s.most})
			continue
		}
		out[i].least, out[i].most = join(out[i].least, s.least), join(out[i].most, s.most)
	}
	return out
}

func (v vector) max(by ...string) vector { return v.fold(math.Max, by...) }
func (v vector) min(by ...string) vector { return v.fold(math.Min, by...) }
func (v vector) sum(by ...string) vector {
	return v.fold(func(a, b float64) float64 { return a + b }, by...)
}

func (v vector) count(by ...string) vector {
	ones := vector{}
	for _, s := range v {
		ones = append(ones, point{s.labels, 1, 1})
	}
	return ones.sum(by...)
}

// like has the name of the metric, as a query without an aggregation returns it.
func (v vector) like(metric string) (out vector) {
	for _, s := range v {
		s.labels = maps.Clone(s.labels)
		s.labels["__name__"] = metric
		out = append(out, s)
	}
	return out
}

// whole gives the whole stream a name under a label.
func (v vector) whole(label string) (out vector) {
	for _, s := range v {
		s.labels = maps.Clone(s.labels)
		if s.labels[label] = s.labels["segment"]; s.labels[label] == "" {
			s.labels[label] = "whole stream"
		}
		out = append(out, s)
	}
	return out
}

// old is how long ago the times of a vector are. Prometheus may have evaluated
// them some time ago.
func (k *known) old(times vector) (out vector) {
	now := float64(k.at.UnixMilli()) / 1000
	for _, s := range times {
		out = append(out, point{s.labels, now - s.most - 60, now - s.least + 60})
	}
	return out
}

// metric are the daemon's own values of a metric, as they are now.
func (k *known) metric(name string) vector { return vectorOf(k.daemon.Metrics(), name) }

var labelPair = regexp.MustCompile(`(\w+)="((?:[^"\\]|\\.)*)"`)

func vectorOf(m daemontest.Metrics, name string) (out vector) {
	for series, v := range m {
		if rest, ok := strings.CutPrefix(series, name); ok && (rest == "" || rest[0] == '{') {
			labels := []string{}
			for _, pair := range labelPair.FindAllStringSubmatch(rest, -1) {
				labels = append(labels, pair[1], strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n").Replace(pair[2]))
			}
			out = out.with(v, labels...)
		}
	}
	return out
}

// most is by how much Prometheus' increase may be above what a counter grew by:
// it goes on to the ends of the time that is asked for, by half a scrape at the
// one and one scrape at the other, and there were twenty scrapes.
const most = 1.1

// grown is by how much the counters of a metric grew since Prometheus looks.
func (k *known) grown(name string) (out vector) {
	first := map[string]float64{}
	for _, s := range vectorOf(k.before, name) {
		first[seriesOf(s.labels)] = s.least
	}
	for _, s := range k.metric(name) {
		before, ok := first[seriesOf(s.labels)]
		if !ok {
			continue // Prometheus cannot know what the first value that it saw grew from
		}
		out = append(out, point{s.labels, s.least - before, most * (s.most - before)})
	}
	return out
}

// since is what Prometheus may say of counters that grew by so much.
func (v vector) since() (out vector) {
	for _, s := range v {
		out = append(out, point{s.labels, s.least, s.most * most})
	}
	return out
}

// aSecond is a rate over the hour that is asked for.
func (v vector) aSecond() (out vector) {
	for _, s := range v {
		out = append(out, point{s.labels, s.least / 3600, s.most / 3600})
	}
	return out
}

// near allows for what changes from one moment to the next.
func (v vector) near() (out vector) {
	for _, s := range v {
		out = append(out, point{s.labels, s.least / 2, s.most * 2})
	}
	return out
}

// beyond is from the least of each on.
func (v vector) beyond() (out vector) {
	for _, s := range v {
		out = append(out, point{s.labels, s.least, math.Inf(1)})
	}
	return out
}

// remember keeps where the values of a query lead to.
func (k *known) remember(q *dashboards.Query, c dashboards.Choices, got daemontest.Metrics) {
	for series := range got {
		k.shown[q.String()] = true
		labels := map[string]string{}
		for _, pair := range labelPair.FindAllStringSubmatch(series, -1) {
			labels[pair[1]] = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n").Replace(pair[2])
		}
		for _, link := range q.Links {
			if strings.HasPrefix(link, "/d/") || strings.Contains(link, "fields.url}") && labels["url"] == "" {
				continue // to a dashboard; or that column of the table is another query's
			}
			k.links[resolved(link, labels, c, k.daemon.URL)] = true
		}
	}
}

var reference = regexp.MustCompile(`\$\{([^}:]+)(?::(\w+))?\}`)

// resolved is a link as Grafana makes it of a series' labels and the variables.
func resolved(link string, labels map[string]string, c dashboards.Choices, page string) string {
	return reference.ReplaceAllStringFunc(link, func(ref string) string {
		m := reference.FindStringSubmatch(ref)
		value := strings.Join(c[m[1]], "")
		if m[1] == "page" {
			value = page
		}
		for _, from := range []string{"__data.fields.", "__field.labels."} {
			if label, ok := strings.CutPrefix(m[1], from); ok {
				value = labels[label]
			}
		}
		if m[2] == "percentencode" {
			return strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
		}
		return value
	})
}

// follow goes where the dashboards lead to.
func (k *known) follow(t *testing.T) {
	t.Helper()
	if len(k.links) < 10 {
		t.Errorf("the dashboards lead to %d pages: %v", len(k.links), slices.Sorted(maps.Keys(k.links)))
	}
	for _, link := range slices.Sorted(maps.Keys(k.links)) {
		path, ours := strings.CutPrefix(link, k.daemon.URL)
		if status, _ := k.daemon.Get(path); !ours || status != http.StatusOK {
			t.Errorf("%s leads to status %d", link, status)
		}
	}
}
