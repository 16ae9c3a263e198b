package notify

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"driftwatch/alerting/summary"
	"driftwatch/rules"
)

// DigestLines is how many things a digest tells one by one under each heading: it
// is read on a phone.
const DigestLines = 6

// Part is what a digest says under one heading.
type Part struct {
	Heading string
	Lines   []Line
	More    int // lines that are left out
}

// Line is one thing that is said: what it is about, what of it, and what else.
type Line struct {
	Mark, Subject, Text string
	Notes               []string
}

// DigestTitle is like "Digest weekly: 3 of 12 monitors drifted, 14 alerts fired".
func DigestTitle(d *summary.Digest) string {
	t := &d.Totals
	title := "Digest"
	if d.Name != "" {
		title += " " + OneLine(d.Name, maxName)
	}
	says := []string{"nothing drifted", "no alert fired"}
	if t.Drifted > 0 {
		says[0] = fmt.Sprintf("%d of %s drifted", t.Drifted, count(t.Monitors, "monitor"))
	}
	if t.Fired > 0 {
		says[1] = count(t.Fired, "alert") + " fired"
	}
	if t.Firing > 0 {
		says = append(says, fmt.Sprintf("%d still firing", t.Firing))
	}
	return title + ": " + strings.Join(says, ", ")
}

// DigestSpan says what time a digest is about, and of how much.
func DigestSpan(d *summary.Digest) string {
	to := dayTime(d.To)
	if d.From.Format(time.DateOnly) == d.To.Format(time.DateOnly) {
		to = d.To.Format("15:04")
	}
	s := fmt.Sprintf("%s to %s UTC: %s, %s", dayTime(d.From), to, count(d.Totals.Windows, "window"), rowsOf(d.Totals.Rows))
	if d.Known != nil && d.Known.After(d.From) {
		s += fmt.Sprintf(" (nothing is kept of the time before %s)", dayTime(*d.Known))
	}
	return s
}

// DigestFooter says what a digest does not hold, or "".
func DigestFooter(d *summary.Digest) string {
	if n := d.Totals.Elsewhere; n > 0 {
		return count(n, "monitor") + " of other processes of the group are told of by these."
	}
	return ""
}

// DigestParts are what a digest says.
func DigestParts(d *summary.Digest) []Part {
	all := []Part{
		part("Monitors that drifted", d.Monitors, driftedLine),
		part("Rules that fired", d.Rules, firedLine),
		part("Rules that fire too often", d.TooOften, oftenLine(d)),
		part("Monitors without windows", d.Silent, silentLine),
		part("Silences", d.Silences, silenceLine),
		part("Receivers", summary.List[summary.Receiver]{Top: d.Troubled}, receiverLine),
		quietPart(d),
	}
	return slices.DeleteFunc(all, func(p Part) bool { return len(p.Lines) == 0 })
}

func part[T any](heading string, list summary.List[T], line func(*T) Line) Part {
	p := Part{Heading: heading, More: list.More}
	for i := range list.Top {
		if len(p.Lines) == DigestLines {
			p.More += len(list.Top) - i
			break
		}
		p.Lines = append(p.Lines, line(&list.Top[i]))
	}
	return p
}

func driftedLine(v *summary.Drifted) Line {
	l := Line{Mark: "🟠", Subject: OneLine(v.Monitor, maxName), Text: fmt.Sprintf("drifted in %d of %s", v.Drifted, count(v.Windows, "window"))}
	if v.Drifted == 0 {
		l.Text = fmt.Sprintf("broke limits in %d of %s", v.Broken, count(v.Windows, "window"))
	} else if v.Broken > 0 {
		l.Text += fmt.Sprintf(", broke limits in %d", v.Broken)
	}
	if 2*v.Drifted > v.Windows {
		l.Mark = "🔴"
	}
	var fields []string
	for _, f := range v.Fields {
		fields = append(fields, fmt.Sprintf("%s %d×", OneLine(f.Field, maxName), f.Windows))
	}
	if v.More > 0 {
		fields = append(fields, fmt.Sprintf("and %d more", v.More))
	}
	if len(fields) > 0 {
		l.Notes = []string{strings.Join(fields, ", ")}
	}
	return l
}

func firedLine(v *summary.Fired) Line {
	l := Line{Mark: Mark(&rules.Alert{Severity: v.Severity}), Subject: OneLine(v.Alert, maxName) + " of " + OneLine(v.Monitor, maxName)}
	l.Text = "went on firing"
	if v.Fired > 0 {
		l.Text = "fired " + times(v.Fired)
	}
	if v.Alerts > 1 {
		l.Text += fmt.Sprintf(" in %d fields or segments", v.Alerts)
	} else if of := where(v.Where); of != "" {
		l.Text += " in " + of
	}
	if v.Seconds > 0 {
		l.Text += ", for " + lasted(v.Seconds)
	}
	switch {
	case v.Firing > 0 && v.Alerts == 1:
		l.Text += ", still firing"
	case v.Firing > 0:
		l.Text += fmt.Sprintf(", %d still firing", v.Firing)
	}
	if v.Gone {
		l.Text += " (it is no longer in use)"
	}
	if v.Longest > 0 && (v.Alerts > 1 || v.Fired > 1) {
		note := "longest: " + lasted(v.Longest)
		if of := where(v.Where); of != "" && v.Alerts > 1 {
			note += " in " + of
		}
		l.Notes = []string{note}
	}
	return l
}

func oftenLine(d *summary.Digest) func(v *summary.TooOften) Line {
	return func(v *summary.TooOften) Line {
		l := Line{Mark: "🔁", Subject: OneLine(v.Alert, maxName) + " of " + OneLine(v.Monitor, maxName)}
		if v.Reason == summary.Always {
			l.Mark = "⏳"
			l.Text = fmt.Sprintf("fired in %d of %s", v.Firing, count(v.Windows, "window"))
			l.Notes = []string{"If this is how the data is now, accept a window as the reference; else change the threshold."}
			return l
		}
		l.Text = fmt.Sprintf("came and went %s in %s", times(v.Fired), lasted(d.To.Sub(d.From).Seconds()))
		if of := where(v.Where); of != "" {
			l.Text += " in " + of
		}
		if v.OneWindow > 0 {
			l.Text += fmt.Sprintf(", %s for one window only", times(v.OneWindow))
		}
		l.Notes = []string{"Try " + strings.Join(v.Try, ", or ")}
		return l
	}
}

func silentLine(v *summary.Silent) Line {
	l := Line{Mark: "💤", Subject: OneLine(v.Monitor, maxName), Text: "never had one"}
	if v.Last != nil {
		l.Text = "the last ended " + dayTime(v.Last.Time()) + " UTC"
	}
	return l
}

// quietPart names the rules that did not fire in one line, those first that did
// not for as long as is known.
func quietPart(d *summary.Digest) Part {
	if d.Totals.Quiet == 0 {
		return Part{}
	}
	p := Part{Heading: fmt.Sprintf("Rules that did not fire: %d of %d", d.Totals.Quiet, d.Totals.Rules)}
	var never, lately []string
	for _, q := range d.Quiet.Top {
		name := OneLine(q.Alert, maxName)
		if q.Earlier {
			lately = append(lately, name)
		} else {
			never = append(never, name)
		}
	}
	if since := "not once"; len(never) > 0 {
		if d.Known != nil && d.Known.Before(d.From) {
			since += " since " + dayTime(*d.Known) + " UTC"
		}
		p.Lines = append(p.Lines, Line{Text: since + ": " + names(never, d.Quiet.More)})
	}
	if len(lately) > 0 {
		p.Lines = append(p.Lines, Line{Text: "not this time: " + names(lately, 0)})
	}
	return p
}

// names lists some names, each once.
func names(all []string, more int) string {
	slices.Sort(all)
	all = slices.Compact(all)
	if n := len(all) - DigestLines; n > 0 {
		more += n
		all = all[:DigestLines]
	}
	text := strings.Join(all, ", ")
	if more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

func silenceLine(v *summary.Silence) Line {
	l := Line{
		Mark: "🔕", Subject: OneLine(v.CreatedBy, maxName),
		Text: fmt.Sprintf("until %s UTC: %s", dayTime(v.EndsAt), OneLine(v.Comment, maxSummary)),
	}
	matched := "it matched no alert that fired"
	if v.Matched > 0 {
		matched = fmt.Sprintf("it matched %s: %s", count(v.Matched, "alert"), OneLine(shortList(v.Alerts), maxRule))
	}
	l.Notes = []string{OneLine(strings.Join(v.Matchers, ", "), maxRule), matched}
	return l
}

func receiverLine(v *summary.Receiver) Line {
	l := Line{Mark: "📪", Subject: OneLine(v.Name, maxName), Text: "is told of everything again"}
	if v.Problem != "" {
		l.Text = "cannot be told: " + OneLine(v.Problem, maxRule)
	}
	if v.Dropped > 0 {
		l.Notes = []string{"dropped since the daemon began, as too many waited: " + count(int(v.Dropped), "event")}
	}
	return l
}

// DigestText is a digest for readers of plain text.
func DigestText(d *summary.Digest) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n", DigestTitle(d), DigestSpan(d))
	for _, p := range DigestParts(d) {
		fmt.Fprintf(&b, "\n%s\n", p.Heading)
		for _, l := range p.Lines {
			words := slices.DeleteFunc([]string{l.Mark, l.Subject, l.Text}, func(s string) bool { return s == "" })
			fmt.Fprintf(&b, "  %s\n", strings.Join(words, " "))
			for _, n := range l.Notes {
				fmt.Fprintf(&b, "     %s\n", n)
			}
		}
		if p.More > 0 {
			fmt.Fprintf(&b, "  and %d more\n", p.More)
		}
	}
	if f := DigestFooter(d); f != "" {
		fmt.Fprintf(&b, "\n%s\n", f)
	}
	if IsWebURL(d.URL) {
		fmt.Fprintf(&b, "\nOpen in Driftwatch: %s\n", d.URL)
	}
	return b.String()
}

// where names a field and its segment, or is "" for all records.
func where(w summary.Where) string {
	out := OneLine(w.Field, maxName)
	switch {
	case w.Segment == "":
		return out
	case out == "":
		return OneLine(w.Segment, maxName)
	}
	return out + " (" + OneLine(w.Segment, maxName) + ")"
}

func dayTime(t time.Time) string { return t.UTC().Format("Mon 2 Jan 15:04") }

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return thousands(uint64(n)) + " " + what + "s"
}

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return thousands(uint64(n)) + " times"
}

func thousands(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// rowsOf says how many rows, to about three figures.
func rowsOf(n uint64) string {
	if n < 10_000 {
		return count(int(n), "row")
	}
	units := []string{" thousand", " million", " billion", " trillion"}
	v, unit := float64(n)/1000, 0
	for v >= 999.5 && unit < len(units)-1 {
		v, unit = v/1000, unit+1
	}
	return strconv.FormatFloat(v, 'f', decimalsAbove(v), 64) + units[unit] + " rows"
}

func decimalsAbove(v float64) int {
	switch {
	case v >= 100:
		return 0
	case v >= 10:
		return 1
	}
	return 2
}

// lasted writes how long something lasted, in the two greatest units.
func lasted(seconds float64) string {
	s := int64(math.Round(seconds))
	units := []struct {
		of   int64
		name string
	}{{86400, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}}
	for i, u := range units {
		if s < u.of {
			continue
		}
		text := strconv.FormatInt(s/u.of, 10) + u.name
		if i+1 < len(units) {
			if rest := s % u.of / units[i+1].of; rest > 0 {
				text += strconv.FormatInt(rest, 10) + units[i+1].name
			}
		}
		return text
	}
	return "less than a second"
}
