package dashboards

// The parts of Grafana's dashboard JSON that are used here, in schema version 39.

type dashboard struct {
	UID           string     `json:"uid"`
	Title         string     `json:"title"`
	Description   string     `json:"description"`
	Tags          []string   `json:"tags"`
	SchemaVersion int        `json:"schemaVersion"`
	Editable      bool       `json:"editable"`
	Refresh       string     `json:"refresh"`
	Time          timeRange  `json:"time"`
	Templating    templating `json:"templating"`
	Links         []link     `json:"links"`
	Panels        []panel    `json:"panels"`
}

type timeRange struct {
	From string `json:"from"`
	To   string `json:"to"`
}

type templating struct {
	List []variable `json:"list"`
}

type variable struct {
	Name       string     `json:"name"`
	Label      string     `json:"label"`
	Type       string     `json:"type"`
	Query      string     `json:"query"`
	Datasource *reference `json:"datasource,omitempty"`
	Refresh    int        `json:"refresh"` // 2: with the time range
	IncludeAll bool       `json:"includeAll"`
	AllValue   string     `json:"allValue,omitempty"`
	Multi      bool       `json:"multi"`
	Sort       int        `json:"sort"`
	Current    *choice    `json:"current,omitempty"`
}

type choice struct {
	Text  string `json:"text"`
	Value string `json:"value"`
}

type reference struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

type link struct {
	Type  string   `json:"type"`
	Title string   `json:"title"`
	Tags  []string `json:"tags"`
	AsIs  bool     `json:"asDropdown"`
}

type panel struct {
	ID          int            `json:"id"`
	Type        string         `json:"type"`
	Title       string         `json:"title"`
	Description string         `json:"description,omitempty"`
	Datasource  *reference     `json:"datasource,omitempty"`
	Grid        grid           `json:"gridPos"`
	Targets     []target       `json:"targets,omitempty"`
	Fields      *fieldConfig   `json:"fieldConfig,omitempty"`
	Options     map[string]any `json:"options,omitempty"`
}

type grid struct {
	X int `json:"x"`
	Y int `json:"y"`
	W int `json:"w"`
	H int `json:"h"`
}

type target struct {
	RefID      string     `json:"refId"`
	Expr       string     `json:"expr"`
	Legend     string     `json:"legendFormat,omitempty"`
	Format     string     `json:"format,omitempty"`
	Instant    bool       `json:"instant,omitempty"`
	Datasource *reference `json:"datasource"`
}

type fieldConfig struct {
	Defaults  defaults `json:"defaults"`
	Overrides []any    `json:"overrides"`
}

type defaults struct {
	Unit       string      `json:"unit,omitempty"`
	Min        *float64    `json:"min,omitempty"`
	Max        *float64    `json:"max,omitempty"`
	Decimals   *int        `json:"decimals,omitempty"`
	Thresholds *thresholds `json:"thresholds,omitempty"`
	Mappings   []any       `json:"mappings,omitempty"`
}

type thresholds struct {
	Mode  string `json:"mode"`
	Steps []step `json:"steps"`
}

type step struct {
	Color string   `json:"color"`
	Value *float64 `json:"value"` // nil: from the least on
}

// datasource is the one that a dashboard's variable chooses.
var datasource = &reference{Type: "prometheus", UID: "${datasource}"}

// Width of a dashboard, and the height of a panel.
const (
	wide   = 24
	height = 8
)

// page lays panels out from left to right and from the top down.
type page struct {
	panels  []panel
	x, y, h int
}

// row begins a new line under a title.
func (p *page) row(title string) {
	p.newLine()
	p.add(panel{Type: "row", Title: title, Grid: grid{W: wide, H: 1}})
	p.newLine()
}

func (p *page) newLine() { p.x, p.y, p.h = 0, p.y+p.h, 0 }

func (p *page) add(next panel) {
	if p.x+next.Grid.W > wide {
		p.newLine()
	}
	next.ID, next.Grid.X, next.Grid.Y = len(p.panels)+1, p.x, p.y
	p.x, p.h = p.x+next.Grid.W, max(p.h, next.Grid.H)
	p.panels = append(p.panels, next)
}

// series is a panel of lines.
func series(title, description, unit string, w int, targets ...target) panel {
	return panel{
		Type: "timeseries", Title: title, Description: description, Datasource: datasource,
		Grid: grid{W: w, H: height}, Targets: named(targets),
		Fields: &fieldConfig{Defaults: defaults{Unit: unit}, Overrides: []any{}},
		Options: map[string]any{
			"legend":  map[string]any{"displayMode": "list", "placement": "bottom", "showLegend": true},
			"tooltip": map[string]any{"mode": "multi", "sort": "desc"},
		},
	}
}

// number is a panel of one number, red from a value on.
func number(title, description, unit, expr string, red float64) panel {
	return panel{
		Type: "stat", Title: title, Description: description, Datasource: datasource,
		Grid: grid{W: 4, H: 4}, Targets: named([]target{{Expr: expr, Instant: true}}),
		Fields: &fieldConfig{Defaults: defaults{Unit: unit, Thresholds: from(red)}, Overrides: []any{}},
		Options: map[string]any{
			"colorMode": "background", "graphMode": "none",
			"reduceOptions": map[string]any{"calcs": []string{"lastNotNull"}, "fields": "", "values": false},
		},
	}
}

// states is a panel of coloured stretches, green at 0 and red at 1.
func states(title, description string, targets ...target) panel {
	return panel{
		Type: "state-timeline", Title: title, Description: description, Datasource: datasource,
		Grid: grid{W: wide, H: 12}, Targets: named(targets),
		Fields: &fieldConfig{
			Defaults: defaults{Thresholds: from(1), Mappings: []any{map[string]any{
				"type": "value", "options": map[string]any{"0": map[string]any{"text": "steady"}, "1": map[string]any{"text": "drift"}},
			}}},
			Overrides: []any{},
		},
		Options: map[string]any{"mergeValues": true, "showValue": "never", "rowHeight": 0.8, "legend": map[string]any{"displayMode": "list", "placement": "bottom", "showLegend": true}},
	}
}

func from(red float64) *thresholds {
	return &thresholds{Mode: "absolute", Steps: []step{{Color: "green"}, {Color: "red", Value: &red}}}
}

// named gives the queries of a panel their letters.
func named(targets []target) []target {
	for i := range targets {
		targets[i].RefID, targets[i].Datasource = string(rune('A'+i)), datasource
	}
	return targets
}
