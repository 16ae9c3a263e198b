package dashboards

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	grafana "github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
)

// TestGrafanaReadsThem lets Grafana's own library decode the dashboards strictly:
// no key that it does not know, none missing that it needs, each with the type
// that it has there, also inside of panels of each kind and of Prometheus' queries.
func TestGrafanaReadsThem(t *testing.T) {
	for _, d := range all() {
		read, found := strictly(t, &d)
		if found != "" {
			t.Errorf("%s: %s", d.UID, found)
		}
		if err := read.Validate(); err != nil {
			t.Errorf("%s: %v", d.UID, err)
		}
		if len(read.Panels) != len(d.Panels) {
			t.Errorf("%s: %d panels were read, want %d", d.UID, len(read.Panels), len(d.Panels))
		}
	}
}

// strictly decodes a dashboard, and returns what is wrong with it.
//
//nolint:staticcheck // it prefers the newer format of Grafana 12, which older ones do not read
func strictly(t *testing.T, d *dashboard) (read grafana.Dashboard, found string) {
	t.Helper()
	plugins.RegisterDefaultPlugins()
	b, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	// Where nothing is wrong the library returns an empty list, which is not nil.
	if err := read.UnmarshalJSONStrict(asTheLibraryHasIt(t, b)); err != nil {
		found = err.Error()
	}
	return read, found
}

// asTheLibraryHasIt fills in what the library asks of links of values, which it
// takes for links of dashboards. Grafana itself has title, url and targetBlank
// there and nothing else.
func asTheLibraryHasIt(t *testing.T, b []byte) []byte {
	t.Helper()
	var d struct {
		Panels []any `json:"panels"`
	}
	var all map[string]any
	for _, v := range []any{&d, &all} {
		if err := json.Unmarshal(b, v); err != nil {
			t.Fatal(err)
		}
	}
	fillLinks(t, d.Panels)
	all["panels"] = d.Panels
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func fillLinks(t *testing.T, v any) {
	t.Helper()
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			fillLinks(t, e)
		}
	case map[string]any:
		if v["url"] != nil {
			if keys := slices.Sorted(maps.Keys(v)); !slices.Equal(keys, []string{"targetBlank", "title", "url"}) {
				t.Errorf("a link of a value has the keys %v", keys)
			}
			maps.Copy(v, map[string]any{"type": "link", "icon": "", "tooltip": "", "tags": []string{}, "asDropdown": false, "includeVars": false, "keepTime": false})
		}
		for _, e := range v {
			fillLinks(t, e)
		}
	}
}

// TestGrafanaNoticesMistakes: the test above can fail.
func TestGrafanaNoticesMistakes(t *testing.T) {
	for _, m := range []struct {
		kind  string // of panel that is spoiled
		spoil func(*panel)
		want  string
	}{
		{"state-timeline", func(p *panel) { p.Options["mergeValue"] = true }, "unexpected field 'mergeValue'"},
		{"state-timeline", func(p *panel) { p.Options["rowHeight"] = "tall" }, "cannot unmarshal string"},
		{"stat", func(p *panel) { delete(p.Options, "textMode") }, "textMode: required field is missing"},
		{"table", func(p *panel) { p.Options["sorted"] = true }, "unexpected field 'sorted'"},
		{"timeseries", func(p *panel) { p.Fields.Defaults.Custom["points"] = true }, "unexpected field 'points'"},
		{"row", func(p *panel) { p.Panels = nil }, "panels: required field is missing"},
	} {
		d := overview()
		m.spoil(&d.Panels[slices.IndexFunc(d.Panels, func(p panel) bool { return p.Type == m.kind })])
		if _, found := strictly(t, &d); !strings.Contains(found, m.want) {
			t.Errorf("a %s: found %q, want %q", m.kind, found, m.want)
		}
	}
}
