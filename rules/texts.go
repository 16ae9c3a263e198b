package rules

import (
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"driftwatch/internal/yamlx"
)

// texts is what a group or a rule says about its alerts.
type texts struct {
	labels      map[string]string
	annotations map[string]string // the templates' text
	templates   map[string]*template.Template
}

// clone returns a copy that a rule may change.
func (t texts) clone() texts {
	return texts{maps.Clone(t.labels), maps.Clone(t.annotations), maps.Clone(t.templates)}
}

// readTexts reads the labels and annotations of a rule, which has those of its
// group too.
func (r *Rule) readTexts(m *yamlx.Map, group texts) {
	own := group.clone()
	maps.Copy(own.labels, readLabels(m.Get("labels").Map()))
	annotations := m.Get("annotations").Map()
	own.readAnnotations(annotations)
	r.checkNumbers(annotations, own.templates)
	own.labels["class"] = r.Class
	r.Labels, r.Annotations, r.templates = own.labels, own.annotations, own.templates
}

// checkNumbers reports annotations that show what the value is compared with, in a
// rule in which that is never known. Those of a group are for all its rules.
func (r *Rule) checkNumbers(own *yamlx.Map, templates map[string]*template.Template) {
	if !r.When.complete() || !r.When.neverCompares() {
		return
	}
	for _, e := range own.Entries() {
		if t := templates[e.Name()]; t != nil && showsNaN(t) {
			e.Value.Warnf("template", "annotation %s shows NaN: a rule on %q knows no .Reference, .Change and .Percent", e.Name(), r.When.String())
		}
	}
}

// neverCompares reports whether no finding has a value that it is compared with:
// distances from a reference are none of its values.
func (c *Condition) neverCompares() bool {
	return c.Share != nil || !slices.ContainsFunc(c.leaves(), func(leaf *Condition) bool {
		check, known := lookup(leaf.Check)
		return leaf.Test.Change != nil || !known || !check.NeedsReference
	})
}

// showsNaN reports whether a template shows what the value is compared with although
// that is not known.
func showsNaN(t *template.Template) bool {
	data := sample()
	data.Reference, data.Change, data.Percent, data.Against = math.NaN(), math.NaN(), math.NaN(), ""
	var out, with bounded
	if t.Execute(&with, sample()) != nil || t.Execute(&out, data) != nil {
		return false
	}
	return strings.Count(out.String(), "NaN") > strings.Count(with.String(), "NaN")
}

var labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// given are the labels that every alert has without being asked.
var given = []string{"alert", "monitor", "segment", "field", "severity", "class"}

func readLabels(m *yamlx.Map) map[string]string {
	out := make(map[string]string)
	for _, e := range m.Entries() {
		v, ok := e.Value.Literal()
		switch {
		case !labelName.MatchString(e.Name()):
			e.Key.Errorf("label", "label %q is not made of letters, digits and _, beginning with a letter", e.Name())
		case slices.Contains(given, e.Name()):
			e.Key.Errorf("label", "label %q is one that every alert has by itself", e.Name())
		case ok:
			out[e.Name()] = v
		}
	}
	return out
}

func (t *texts) readAnnotations(m *yamlx.Map) {
	for _, e := range m.Entries() {
		text, ok := e.Value.Literal()
		if !ok {
			continue
		}
		compiled, err := compileTemplate(e.Name(), text)
		if err != nil {
			e.Value.Errorf("template", "annotation %s: %s", e.Name(), err)
			continue
		}
		if t.templates == nil {
			t.templates, t.annotations = make(map[string]*template.Template), make(map[string]string)
		}
		t.templates[e.Name()], t.annotations[e.Name()] = compiled, text
	}
}
