package batch

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strconv"
	"strings"

	"driftwatch/internal/plot"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/profile"
)

//go:embed report.html
var reportHTML string

var reportTemplate = template.Must(template.New("report").Parse(reportHTML))

// plotBins is the number of bins of a plot, and of its categories.
const plotBins, plotCategories = 30, 12

// page is what the template shows.
type page struct {
	Headline string
	Drift    bool
	Names    [2]string // of the two sides
	Rows     [2]uint64
	Fields   []pageField
	Notes    []string
}

// pageField is one field of the page.
type pageField struct {
	Name, Type, Verdict string
	Why                 []string
	Plot                template.HTML
	Moved               []string
	Facts               []fact
	Checks              []pageCheck
}

// fact is a number of both sides.
type fact struct{ Name, Reference, Current string }

// pageCheck is one result.
type pageCheck struct{ Name, Value, Interval, Effect, P, Verdict string }

// WriteHTML writes the report as a page that needs nothing else. names are what
// the two sides are called.
func (r *Report) WriteHTML(w io.Writer, names [2]string) error {
	all := r.judged()
	p := page{
		Headline: r.headline(all), Drift: count(all, drifts) > 0,
		Names: names, Rows: [2]uint64{r.Reference.Rows, r.Current.Rows},
	}
	for _, j := range all {
		f, err := r.pageField(j)
		if err != nil {
			return err
		}
		p.Fields = append(p.Fields, f)
	}
	for _, n := range r.notes() {
		p.Notes = append(p.Notes, n.text+": "+strings.Join(n.names, ", "))
	}
	return reportTemplate.Execute(w, p)
}

func (r *Report) pageField(j judged) (pageField, error) {
	f := pageField{Name: j.field.Name, Type: j.field.Type, Verdict: j.verdict, Why: j.why, Facts: facts(j.field)}
	n := plotBins
	if j.field.Current.Mean == nil && (j.field.Reference == nil || j.field.Reference.Mean == nil) {
		n = plotCategories
	}
	if bars := r.bars(j.at, n); len(bars.Bars) > 0 {
		svg, err := plot.SVG(bars, "Shares of the values of "+f.Name+" in the reference and in the current data")
		if err != nil {
			return f, fmt.Errorf("plot of field %q: %w", f.Name, err)
		}
		f.Plot = template.HTML(svg) //nolint:gosec // the plot escapes its texts
	}
	for _, m := range j.field.Moved {
		f.Moved = append(f.Moved, m.String())
	}
	for _, c := range checks.All() {
		if result, ok := j.field.Checks[c.Name]; ok {
			f.Checks = append(f.Checks, pageCheckOf(c.Name, f.Type, result))
		}
	}
	return f, nil
}

func pageCheckOf(name, kind string, r checks.Result) pageCheck {
	if r.Skipped != "" {
		return pageCheck{Name: name, Verdict: r.Skipped}
	}
	text := unitOf(name, kind)
	c := pageCheck{Name: name, Value: text(r.Value), Effect: known(r.Effect), P: known(r.PValue)}
	if r.Low < r.High {
		c.Interval = text(r.Low) + " to " + text(r.High)
	}
	switch {
	case r.Violation:
		c.Verdict = "limit broken"
	case r.Drift != nil && *r.Drift:
		c.Verdict = drifts
	case r.Uncertain:
		c.Verdict = uncertain
	case r.Drift != nil:
		c.Verdict = steady
	}
	return c
}

// unitOf writes the values of a check: those of timestamps are times or spans.
func unitOf(name, kind string) func(float64) string {
	if kind == profile.Timestamp.String() {
		switch name {
		case "mean", "min", "max", "quantile":
			return timeText
		case "stddev", "wasserstein":
			return func(s float64) string { return short(s/3600) + " h" }
		}
	}
	return short
}

func known(v *float64) string {
	if v == nil {
		return ""
	}
	return short(*v)
}

// facts describe the values of a field on both sides.
func facts(f *checks.Field) []fact {
	r, c := checks.Summary{}, f.Current
	if f.Reference != nil {
		r = *f.Reference
	}
	whole := func(n uint64) string { return strconv.FormatUint(n, 10) }
	out := []fact{
		{"present", whole(r.Present), whole(c.Present)}, {"null", whole(r.Null), whole(c.Null)},
		{"missing", whole(r.Missing), whole(c.Missing)}, {"invalid", whole(r.Invalid), whole(c.Invalid)},
		{"distinct", whole(r.Distinct), whole(c.Distinct)},
	}
	text := known
	if f.Type == profile.Timestamp.String() {
		text = func(v *float64) string {
			if v == nil {
				return ""
			}
			return timeText(*v)
		}
	}
	add := func(name string, r, c *float64) {
		if r != nil || c != nil {
			out = append(out, fact{name, text(r), text(c)})
		}
	}
	add("mean", r.Mean, c.Mean)
	if f.Type != profile.Timestamp.String() {
		add("stddev", r.StdDev, c.StdDev)
	}
	add("min", r.Min, c.Min)
	for _, q := range [...][2]string{
		{"0.01", "1 %"}, {"0.05", "5 %"}, {"0.25", "25 %"}, {"0.5", "median"}, {"0.75", "75 %"}, {"0.95", "95 %"}, {"0.99", "99 %"},
	} {
		add(q[1], at(r.Quantiles, q[0]), at(c.Quantiles, q[0]))
	}
	add("max", r.Max, c.Max)
	return out
}

func at(m map[string]float64, key string) *float64 {
	v, ok := m[key]
	if !ok {
		return nil
	}
	return &v
}
