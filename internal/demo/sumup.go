package demo

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// sumUp prints what was done to the data until now and what the daemon made of
// it.
func (t *tour) sumUp() {
	found, counts := t.watcher.facts()
	t.out.print("\n" + t.out.paint(bold, "What was found") + "\n" + summary(t.start, time.Since(t.start), found) + "\n" + counts.text() + "\n")
}

// summary compares what was done with what fired.
func summary(start time.Time, now time.Duration, found []finding) string {
	outcomes, unexpected := judge(start, now, found)
	var b strings.Builder
	b.WriteString(outcomeTable(start, now, outcomes))
	b.WriteString(verdict(now, outcomes, unexpected) + "\n")
	for _, f := range unexpected {
		fmt.Fprintf(&b, "  not expected at %s: %s, %s %.3f\n", clock(f.at(start)), name(&f.fired), f.fired.Check, f.fired.Result.Value)
	}
	for _, f := range firing(found) {
		fmt.Fprintf(&b, "  still firing: %s\n", name(&f.fired))
	}
	return b.String()
}

func outcomeTable(start time.Time, now time.Duration, outcomes []outcome) string {
	if len(outcomes) == 0 {
		return ""
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "WHEN\tDONE TO THE DATA\tFOUND BY\tVALUE\tWINDOWS\tTIME")
	for _, o := range outcomes {
		fmt.Fprintf(w, "%s-%s\t%s\t", clock(o.from), clock(o.to), o.did)
		switch {
		case o.by != nil:
			windows := int((o.by.at(start) - o.from) / WindowLength)
			fmt.Fprintf(w, "%s\t%s %.2f\t%d\t%.0f s\n", o.by.fired.Name, o.by.fired.Check, o.by.fired.Result.Value, windows, (o.by.seen - o.from).Seconds())
		case o.due(now):
			fmt.Fprint(w, "nothing\t-\t-\t-\n")
		default:
			fmt.Fprint(w, "nothing yet\t-\t-\t-\n")
		}
	}
	w.Flush() // to a strings.Builder, which never fails
	return b.String()
}

// closing is how long after its end a window is judged at the latest, on a
// machine that is not overloaded.
const closing = 5 * time.Second

// due reports whether a chapter ought to have been found by now.
func (o *outcome) due(now time.Duration) bool { return now >= o.to+closing }

// verdict says in a sentence whether all was found, and nothing else.
func verdict(now time.Duration, outcomes []outcome, unexpected []finding) string {
	found, due := 0, 0
	for _, o := range outcomes {
		if o.by != nil {
			found++
		}
		if o.by != nil || o.due(now) {
			due++
		}
	}
	said := fmt.Sprintf("%d of %d found", found, due)
	if due == 0 {
		said = "Nothing that was to be found yet"
	}
	switch n := len(unexpected); n {
	case 0:
		return said + "; no other alert fired."
	case 1:
		return said + "; and one alert fired that was not expected:"
	default:
		return fmt.Sprintf("%s; and %d alerts fired that were not expected:", said, n)
	}
}

func (c counts) text() string {
	return fmt.Sprintf("%d records read, %d windows of both monitors; %d records could not be used,\n%d were late, %d lost; %d MB of memory.\n",
		c.records, c.windows, c.unusable, c.late, c.lost, c.memory>>20)
}
