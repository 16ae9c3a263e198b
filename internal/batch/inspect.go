package batch

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/profile"
	"driftwatch/monitors/reference"
	"driftwatch/monitors/window"
)

// Contents is what a profile file holds.
type Contents struct {
	Hash     string             `json:"hash"`
	Rows     uint64             `json:"rows"`
	Fields   []InspectedField   `json:"fields"`
	Segments []InspectedSegment `json:"segments,omitempty"`
}

// InspectedSegment is one segment of a profile file.
type InspectedSegment struct {
	Name string `json:"segment"`
	Rows uint64 `json:"rows"`
}

// InspectedField is one field of a profile file.
type InspectedField struct {
	Name       string         `json:"field"`
	Type       string         `json:"type"`
	Exact      bool           `json:"exact"`          // every distinct value is counted by itself
	Grid       int            `json:"grid,omitempty"` // edges of its quantile grid
	Watched    int            `json:"watched,omitempty"`
	Summary    checks.Summary `json:"summary"`
	Categories []Category     `json:"categories,omitempty"`
}

// Category is a value that the profile can name.
type Category struct {
	Value string `json:"value"`
	Count uint64 `json:"count"`
}

// Inspect reads a profile file, or makes the profile of a data file.
func Inspect(path string, o Options) (*Contents, error) {
	r, err := o.read(path)
	if err != nil {
		return nil, err
	}
	c := &Contents{Hash: r.Hash, Rows: r.Rows, Fields: []InspectedField{}}
	for _, f := range r.Fields {
		c.Fields = append(c.Fields, inspect(f.Name, f.Profile))
	}
	for i := range r.Segments {
		c.Segments = append(c.Segments, InspectedSegment{r.Segments[i].Name, r.Segments[i].Rows})
	}
	return c, nil
}

func (o *Options) read(path string) (*reference.Reference, error) {
	if path != "-" {
		isProfile, err := reference.IsProfile(path)
		if err != nil {
			return nil, err
		}
		if isProfile {
			return reference.ReadFile(path)
		}
	}
	p, err := Profile([]string{path}, *o)
	if err != nil {
		return nil, err
	}
	return p.Reference, nil
}

func inspect(name string, p *profile.Profile) InspectedField {
	f := InspectedField{Name: name, Type: p.Kind().String(), Exact: p.Exact(), Summary: checks.Summarize(p)}
	if g, ok := p.Guide(); ok {
		f.Grid, f.Watched = len(g.Edges()), len(g.Names())
	}
	for _, n := range commonest(p) {
		f.Categories = append(f.Categories, Category{n.Name, n.Count})
	}
	return f
}

// WriteJSON writes the contents as one indented JSON object.
func (c *Contents) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(c)
}

// WriteTable writes the contents for people.
func (c *Contents) WriteTable(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d fields of %d rows; hash %.16s\n\n", len(c.Fields), c.Rows, c.Hash)
	t := table{{"field", "type", "present", "null", "invalid", "distinct", "values"}}
	for _, f := range c.Fields {
		s := f.Summary
		distinct := fmt.Sprint(s.Distinct)
		if !f.Exact {
			distinct = "~" + distinct
		}
		t = append(t, []string{f.Name, f.Type, fmt.Sprint(s.Present), fmt.Sprint(s.Null), fmt.Sprint(s.Invalid), distinct, f.values()})
	}
	t.write(&b)
	if len(c.Segments) > 0 {
		b.WriteByte('\n')
		t = table{{"segment", "rows"}}
		for _, s := range c.Segments {
			t = append(t, []string{s.Name, fmt.Sprint(s.Rows)})
		}
		t.write(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// values describes what a field holds: its range, or its commonest values.
func (f *InspectedField) values() string {
	s := f.Summary
	switch {
	case f.Type == "timestamp" && s.Min != nil:
		return timeText(*s.Min) + " to " + timeText(*s.Max)
	case s.Min != nil && s.Mean != nil:
		return fmt.Sprintf("%s to %s, mean %s", short(*s.Min), short(*s.Max), short(*s.Mean))
	}
	const shown = 4
	var parts []string
	for _, c := range f.Categories[:min(shown, len(f.Categories))] {
		parts = append(parts, fmt.Sprintf("%s %d", c.Value, c.Count))
	}
	return strings.Join(parts, ", ")
}

// mostNamed bounds how many categories are listed of a field.
const mostNamed = 20

// commonest lists the categories that a profile can name, the commonest first.
func commonest(p *profile.Profile) []profile.Named {
	if p.Kind().Numeric() {
		return nil
	}
	named := slices.Clone(p.Sample())
	slices.SortStableFunc(named, func(a, b profile.Named) int {
		return cmp.Or(-cmp.Compare(a.Count, b.Count), cmp.Compare(a.Name, b.Name))
	})
	return named[:min(mostNamed, len(named))]
}

// timeText writes Unix seconds as RFC 3339.
func timeText(seconds float64) string { return window.Time(seconds * 1000).String() }
