package calibration

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// generated says at the top of a page where it comes from.
const generated = "<!-- Written by `make calibrate`. -->\n"

// table is a Markdown table; the first row is its head.
type table [][]string

func (t table) write(w *strings.Builder) {
	for i, row := range t {
		fmt.Fprintf(w, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			w.WriteString("|---" + strings.Repeat("|---:", len(row)-1) + "|\n")
		}
	}
	w.WriteString("\n")
}

func percent(rate float64) string {
	switch {
	case rate == 0:
		return "0"
	case rate < 0.0001:
		return "< 0.01 %"
	}
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", 100*rate), "0"), ".") + " %"
}

// Report is all that the page of calibration tells.
type Report struct {
	Plan  Plan
	Found Findings
	Power []Drifted
}

// WritePage writes docs/calibration.md.
func (r Report) WritePage(w io.Writer) error {
	var b strings.Builder
	b.WriteString(generated + calibrationText)
	r.summary(&b)
	b.WriteString("## False alarms of verdicts\n\nEach number is the share of windows with a false verdict, the worst over all populations and sizes of the " +
		"reference (500, 5,000 and 1,000,000 rows), at the default alpha of 0.001 and one field. What is accepted is 1.5 alpha and three " +
		"standard errors of the number of windows drawn. Combinations above that were drawn anew, ten times as often: among thousands some are above by " +
		"chance, a flaw stays.\n\n")
	r.falseAlarms(&b, 1)
	fmt.Fprintf(&b, "The same with %d fields in each window, of which none may have a verdict:\n\n", r.Plan.Fields)
	r.falseAlarms(&b, r.Plan.Fields)
	b.WriteString("## False alarms of fixed thresholds\n\nOn the same windows, against references of 5,000 rows: how often the usual rules fire although nothing has changed.\n\n")
	for _, p := range r.Plan.Populations {
		r.fixed(&b, p.Name)
	}
	b.WriteString("## What is found\n\nThe share of windows in which a change was found: by verdicts at alpha 0.001, and by fixed thresholds, whose " +
		"false alarms are above. References have 5,000 rows.\n\n")
	r.power(&b)
	_, err := io.WriteString(w, strings.TrimRight(b.String(), "\n")+"\n")
	return err
}

const calibrationText = `# Calibration

Does ` + "`drift: true`" + ` mean anything? This page is a simulation that anybody can repeat (` + "`make calibrate`" + `, a quarter of an hour; the
random numbers are seeded). It draws a reference and a window from the same population, so that nothing has changed, and
counts how often a check says drift; then it draws windows in which something did change, and counts how often that is found.

Populations: normal, lognormal, 60 % zeros and three values; 2, 20, 100 and 5,000 categories of Zipf frequency; shares of
0.001 to 0.5; numbers of rows with and without noise. Windows of 30 to 1,000,000 rows. Draws are independent: records of a
real stream are not, see the [guide](guide.md#is-it-drift).

`

func (r Report) summary(b *strings.Builder) {
	windows, exceed := 0, 0
	sum, n := map[float64]float64{}, map[float64]float64{}
	for _, c := range r.Found.Cells {
		windows += c.Windows
		sum[c.Alpha] += c.Rate()
		n[c.Alpha]++
		if c.Exceeds() {
			exceed++
		}
	}
	fmt.Fprintf(b, "In short: %d combinations, %.1f million judged windows, %d combinations above what is accepted.", len(r.Found.Cells), float64(windows)/1e6, exceed)
	for _, alpha := range r.Plan.Alphas {
		fmt.Fprintf(b, " At alpha %v, %s of windows have a false verdict on average.", alpha, percent(sum[alpha]/n[alpha]))
	}
	b.WriteString("\n\n")
}

// strictest is the alpha that the tables show.
func (r Report) strictest() float64 { return slices.Min(r.Plan.Alphas) }

func (r Report) falseAlarms(b *strings.Builder, fields int) {
	head := []string{"check"}
	for _, w := range r.Plan.Windows {
		head = append(head, fmt.Sprintf("%d rows", w))
	}
	t := table{head}
	var names []string
	worst := map[string]map[int]float64{}
	for _, c := range r.Found.Cells {
		if c.Fields != fields || c.Alpha != r.strictest() {
			continue
		}
		if worst[c.Check] == nil {
			names = append(names, c.Check)
			worst[c.Check] = map[int]float64{}
		}
		worst[c.Check][c.Window] = max(worst[c.Check][c.Window], c.Rate())
	}
	for _, name := range names {
		row := []string{"`" + name + "`"}
		for _, w := range r.Plan.Windows {
			row = append(row, percent(worst[name][w]))
		}
		t = append(t, row)
	}
	t.write(b)
}

func (r Report) fixed(b *strings.Builder, population string) {
	head := []string{population}
	for _, w := range r.Plan.Windows {
		head = append(head, fmt.Sprintf("%d rows", w))
	}
	t := table{head}
	rows := map[string][]string{}
	var names []string
	for _, f := range r.Found.Fixed {
		if f.Population != population {
			continue
		}
		if rows[f.Rule] == nil {
			names = append(names, f.Rule)
			rows[f.Rule] = []string{f.Rule}
		}
		rows[f.Rule] = append(rows[f.Rule], percent(f.Rate()))
	}
	for _, name := range names {
		t = append(t, rows[name])
	}
	if len(names) > 0 {
		t.write(b)
	}
}

func (r Report) power(b *strings.Builder) {
	var changes []string
	var windows []int
	for _, d := range r.Power {
		if !slices.Contains(changes, d.Change) {
			changes = append(changes, d.Change)
		}
		if !slices.Contains(windows, d.Window) {
			windows = append(windows, d.Window)
		}
	}
	slices.SortFunc(windows, cmp.Compare[int])
	for _, change := range changes {
		head := []string{change}
		for _, w := range windows {
			head = append(head, fmt.Sprintf("%d rows", w))
		}
		t := table{head}
		for _, by := range r.judges(change) {
			row := []string{by}
			for _, d := range r.Power {
				if d.Change == change && d.label() == by {
					row = append(row, percent(d.Rate()))
				}
			}
			t = append(t, row)
		}
		t.write(b)
	}
}

// judges lists what a change was tried with.
func (r Report) judges(change string) []string {
	var all []string
	for _, d := range r.Power {
		if d.Change == change && !slices.Contains(all, d.label()) {
			all = append(all, d.label())
		}
	}
	return all
}

func (d Drifted) label() string {
	if d.Verdict {
		return "`" + d.By + "`"
	}
	return d.By
}

// WriteAccuracy writes docs/accuracy.md.
func WriteAccuracy(w io.Writer, widths []Width) error {
	var b strings.Builder
	b.WriteString(generated + accuracyText)
	var sizes []int
	for _, x := range widths {
		if !slices.Contains(sizes, x.Values) {
			sizes = append(sizes, x.Values)
		}
	}
	for _, n := range sizes {
		fmt.Fprintf(&b, "## %d values\n\n", n)
		t := table{{"values", "ks", "ks, grid", "quantiles", "quantiles, grid", "wasserstein", "wasserstein, grid"}}
		for _, x := range widths {
			if x.Values != n || x.Grid {
				continue
			}
			g := widths[slices.IndexFunc(widths, func(y Width) bool { return y.Values == n && y.Grid && y.Shape == x.Shape })]
			t = append(t, []string{x.Shape, width(x.KS), width(g.KS), width(x.Quantile), width(g.Quantile), width(x.Area), width(g.Area)})
		}
		t.write(&b)
	}
	_, err := io.WriteString(w, strings.TrimRight(b.String(), "\n")+"\n")
	return err
}

func width(v float64) string {
	if v == 0 {
		return "exact"
	}
	return fmt.Sprintf("%.5f", v)
}

const accuracyText = `# Accuracy

Every result has bounds that hold the true value for certain: ` + "`low`" + ` and ` + "`high`" + `. How far apart are they? A field with at most
2,048 distinct values is exact. Beyond that it depends on the shape of the values, and on whether the reference is a file, whose
grid of 1,024 quantiles windows are counted in.

The tables hold ` + "`high - low`" + ` of a reference and a window of equal size, the window slightly changed: of ` + "`ks`" + `; of the worst of
the percentiles from 1 to 99, as the share of the values that lie between its bounds; of ` + "`wasserstein`" + `, in standard deviations.
In each case the exact statistic, computed from the values themselves, was inside the bounds. On smooth values ` + "`ks`" + ` is known to
within 0.005, with a grid to within 0.002 on all of these.

Where it matters: ` + "`ks`" + ` without a grid on values that are spread over many orders of magnitude and dense in one place. The bounds
are then wide, and where a verdict depends on them it is ` + "`uncertain`" + ` and no alarm. A profile of the training data as
` + "`reference: {file: ...}`" + ` makes them narrow.

`
