package replay

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"driftwatch/internal/yamlx"
	"driftwatch/monitors/checks"
	"driftwatch/rules"
)

// WriteText writes the windows, the alerts and the summary for people.
func (r *Result) WriteText(w io.Writer) error {
	s, err := r.Summary()
	if err != nil {
		return err
	}
	for _, write := range []func(io.Writer) error{r.writeWindows, r.writeAlerts, s.writeText} {
		if err := write(w); err != nil {
			return err
		}
	}
	return nil
}

// table aligns cells that tabs separate.
func table(w io.Writer) *tabwriter.Writer { return tabwriter.NewWriter(w, 0, 0, 2, ' ', 0) }

func (r *Result) writeWindows(w io.Writer) error {
	t := table(w)
	row(t, "WINDOW ENDS", "MONITOR", "ROWS", "VERDICT")
	err := r.Windows(func(win *checks.Window) error {
		row(t, win.End.String(), win.Monitor, strconv.FormatUint(win.Whole().Rows, 10), verdict(win))
		return nil
	})
	if err != nil {
		return err
	}
	return t.Flush()
}

// row writes one line of cells, whatever is in them. A table keeps its errors
// until it is flushed.
func row(t *tabwriter.Writer, cells ...string) {
	for i, c := range cells {
		if c = strings.Map(printable, c); c == "" {
			c = "-"
		}
		cells[i] = c
	}
	fmt.Fprintln(t, strings.Join(cells, "\t"))
}

func printable(r rune) rune {
	if !strconv.IsPrint(r) {
		return '?'
	}
	return r
}

// verdict says what is wrong with a window.
func verdict(w *checks.Window) string {
	if w.Partial {
		return "partial: records are missing"
	}
	var parts []string
	judged, in := false, 0
	for i := range w.Segments {
		found, some := drifted(&w.Segments[i])
		judged = judged || some
		switch {
		case i == 0:
			parts = found
		case len(found) > 0:
			in++
		}
	}
	const most = 5
	if more := len(parts) - most; more > 0 {
		parts = append(parts[:most:most], fmt.Sprintf("%d more", more))
	}
	if in > 0 {
		parts = append(parts, counted(in, "segment"))
	}
	switch {
	case len(parts) > 0:
		return "drift: " + strings.Join(parts, ", ")
	case judged:
		return "no drift"
	}
	return "none"
}

// drifted lists what drifted in a segment, with the checks that say so, and
// reports whether any check has a verdict.
func drifted(s *checks.Segment) (list []string, judged bool) {
	list, judged = verdicts(s.Checks)
	for i := range s.Fields {
		names, some := verdicts(s.Fields[i].Checks)
		judged = judged || some
		if len(names) > 0 {
			list = append(list, fmt.Sprintf("%s (%s)", s.Fields[i].Name, strings.Join(names, " ")))
		}
	}
	return list, judged
}

func verdicts(results map[string]checks.Result) (names []string, judged bool) {
	for _, name := range slices.Sorted(maps.Keys(results)) {
		if d := results[name].Drift; d != nil {
			judged = true
			if *d {
				names = append(names, name)
			}
		}
	}
	return names, judged
}

func (r *Result) writeAlerts(w io.Writer) error {
	alerts, err := r.Alerts()
	if err != nil || len(alerts) == 0 {
		return err
	}
	fmt.Fprintln(w)
	t := table(w)
	row(t, "TIME", "STATE", "ALERT", "MONITOR", "SEGMENT", "FIELD", "VALUE", "SUMMARY")
	for i := range alerts {
		a := &alerts[i]
		row(t, a.WindowEnd.String(), strings.ToUpper(a.State), a.Name, a.Monitor, a.Segment, a.Field, value(a), a.Annotations["summary"])
	}
	return t.Flush()
}

func value(a *rules.Alert) string {
	if a.Result.Skipped != "" {
		return strings.TrimSpace(a.Check + " " + a.Result.Skipped)
	}
	v := strconv.FormatFloat(a.Result.Value, 'g', 4, 64)
	if a.Check == "" {
		return v
	}
	return a.Check + " " + v
}

func (s *Summary) writeText(w io.Writer) error {
	if s.Windows == 0 {
		_, err := fmt.Fprintf(w, "no window: %s were read\n", counted(int(s.Records), "record"))
		return err
	}
	t := table(w)
	fmt.Fprintln(t)
	span := s.To.Time().Sub(s.From.Time())
	fmt.Fprintf(t, "windows\t%d, %d with drift, %d partial\n", s.Windows, s.Drifted, s.Partial)
	fmt.Fprintf(t, "time\t%v to %v, %s\n", s.From, s.To, yamlx.FormatDuration(span))
	fmt.Fprintf(t, "records\t%d%s\n", s.Records, s.losses())
	for i := range s.Rules {
		r := &s.Rules[i]
		fmt.Fprintf(t, "rule\t%s\n", r.text())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	week := ""
	if span >= 24*time.Hour { // what is shorter says little of a week
		week = fmt.Sprintf(": %.1f a week", *s.AlertsPerWeek)
	}
	_, err := fmt.Fprintf(w, "\nThese rules would have sent %s in this time%s.\n", counted(s.Alerts, "alert"), week)
	return err
}

// losses says which records are in no window.
func (s *Summary) losses() string {
	var b strings.Builder
	late := uint64(0)
	for _, n := range s.Late {
		late += n
	}
	if late > 0 {
		fmt.Fprintf(&b, ", %d late", late)
	}
	if s.Lost > 0 {
		fmt.Fprintf(&b, ", %d gone before they could be read", s.Lost)
	}
	for _, reason := range slices.Sorted(maps.Keys(s.Errors)) {
		fmt.Fprintf(&b, ", %d with error %q", s.Errors[reason], reason)
	}
	return b.String()
}

func (r *RuleSummary) text() string {
	text := fmt.Sprintf("%s of %s (%s): ", r.Alert, r.Monitor, r.Severity)
	if r.Firing == 0 && r.Fired == 0 {
		return text + "never fired"
	}
	text += fmt.Sprintf("fired %s, firing for %s", times(r.Fired), yamlx.FormatDuration(time.Duration(r.Firing*float64(time.Second))))
	if r.Still > 0 {
		text += ", still at the end"
	}
	return text
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
