package web

import (
	"fmt"
	"strings"
)

// words says in sentences what was found: the headline, each field, the pipeline.
func (f *findingsJSON) words() []string {
	out := []string{f.Headline()}
	for i := range f.Fields {
		out = append(out, f.Fields[i].Words()+".")
	}
	if f.More > 0 {
		out = append(out, plural(f.More, "more field", "more fields")+" drifted or broke a limit.")
	}
	return append(out, f.Pipeline.Words())
}

// Headline answers whether it is the data or the pipeline.
func (f *findingsJSON) Headline() string {
	switch f.Verdict {
	case causeData:
		return "The data changed: values drifted, and nothing points at the pipeline."
	case causePipeline:
		return "Look at the pipeline: values or records are missing or of the wrong form."
	case causeBoth:
		return "Look at the pipeline first: values or records are missing or of the wrong form. Values drifted, too."
	}
	return "Nothing needs looking at: no field drifted or broke a limit in the newest window."
}

// Words is one finding in words.
func (f findingJSON) Words() string { return f.Begin() + ": " + f.Field + " " + f.What() }

// Begin says since when it lasts.
func (f findingJSON) Begin() string {
	s := "Since " + shortClock(f.Since)
	if f.Longer {
		return s + " at the latest (" + plural(f.Windows, "window", "windows") + " or more)"
	}
	return s + " (" + plural(f.Windows, "window", "windows") + ")"
}

// What says what happened to the field, and where.
func (f findingJSON) What() string {
	by := f.Check
	if f.Value != nil {
		by += " " + valueText(f.Check, f.kind, *f.Value)
	}
	s := "drifted (" + by + ")"
	if f.Verdict == violated {
		s = "is outside your limit (" + by + ")"
	}
	switch {
	case f.Segment != "":
		s += ", in " + f.Segment + " only"
	case f.Mostly != "":
		s += ", mostly in " + f.Mostly
	}
	return s
}

// Words says how the pipeline is.
func (p pipelineJSON) Words() string {
	parts := []string{plural(int(p.Rows), "row", "rows") + ", " + p.usual()}
	if p.Problem != "" {
		parts = append(parts, "the stream cannot be read: "+p.Problem)
	}
	if p.Partial {
		parts = append(parts, "records from before the first one read are missing")
	}
	parts = append(parts, p.bad())
	if p.Lag > 0 {
		parts = append(parts, plural(int(p.Lag), "record", "records")+" to read")
	}
	return "Pipeline: " + strings.Join(parts, "; ") + "."
}

// usual says what the checks of the window as a whole found.
func (p *pipelineJSON) usual() string {
	switch {
	case len(p.Unusual) > 0:
		return "which is not all as usual: see " + strings.Join(p.Unusual, ", ")
	case len(p.Usual) > 0:
		return "as usual"
	}
	return "too few windows yet to tell whether that is usual"
}

// bad says which records are missing from windows.
func (p *pipelineJSON) bad() string {
	var parts []string
	for _, x := range []struct {
		n    uint64
		what string
	}{{p.Errors, "could not be used"}, {p.Late, "late"}, {p.Lost, "lost"}} {
		if x.n > 0 {
			parts = append(parts, count(x.n)+" "+x.what)
		}
	}
	if len(parts) == 0 {
		return "no record was bad, late or lost"
	}
	s := "of the stream so far " + strings.Join(parts, ", ")
	if p.Bad > 0 {
		s += fmt.Sprintf(", %d of them in this window", p.Bad)
	}
	return s
}

// Link is the page of the field in the window.
func (f *findingsJSON) Link(monitor string, x findingJSON) string {
	return fieldLink(monitor, x.Field, x.Segment, x.Check, f.End)
}
