package dashboards

// The parts of Grafana's dashboard JSON that are used here, in schema version 39.
// What Grafana would fill in is written too: a file says all of what it means.

type dashboard struct {
	UID           string      `json:"uid"`
	Title         string      `json:"title"`
	Description   string      `json:"description"`
	Tags          []string    `json:"tags"`
	SchemaVersion int         `json:"schemaVersion"`
	Editable      bool        `json:"editable"`
	GraphTooltip  int         `json:"graphTooltip"` // 1: one crosshair for all panels
	Refresh       string      `json:"refresh"`
	Time          timeRange   `json:"time"`
	Templating    templating  `json:"templating"`
	Annotations   annotations `json:"annotations"`
	Links         []link      `json:"links"`
	Panels        []panel     `json:"panels"`
}

type timeRange struct {
	From string `json:"from"`
	To   string `json:"to"`
}

type templating struct {
	List []variable `json:"list"`
}

// variable is what a person chooses, or, if it is hidden, what links need.
type variable struct {
	Name       string     `json:"name"`
	Label      string     `json:"label"`
	Type       string     `json:"type"`
	Hide       int        `json:"hide"`  // 2: it is not shown
	Query      any        `json:"query"` // a word, or a variableQuery
	Regex      string     `json:"regex"` // what of an answer is the value
	Datasource *reference `json:"datasource,omitempty"`
	Refresh    int        `json:"refresh"` // 1: when the dashboard is opened, 2: with the time range
	IncludeAll bool       `json:"includeAll"`
	AllValue   string     `json:"allValue,omitempty"`
	Multi      bool       `json:"multi"`
	Sort       int        `json:"sort"` // 1: by the alphabet
	Current    *choice    `json:"current,omitempty"`
}

type variableQuery struct {
	Kind  int    `json:"qryType"`
	Query string `json:"query"`
	RefID string `json:"refId"`
}

type choice struct {
	Text  string `json:"text"`
	Value string `json:"value"`
}

type annotations struct {
	List []annotation `json:"list"`
}

// annotation marks on all panels when its query has a value above 0. The formats
// may name labels.
type annotation struct {
	Name       string     `json:"name"`
	Datasource *reference `json:"datasource"`
	Enable     bool       `json:"enable"`
	Hide       bool       `json:"hide"`
	Color      string     `json:"iconColor"`
	Target     target     `json:"target"`
	Title      string     `json:"titleFormat"`
	Text       string     `json:"textFormat"`
	Tags       string     `json:"tagKeys"`
	ValueIsMs  bool       `json:"useValueForTime"` // the value says when it was
}

type reference struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

// link stands at the top of a dashboard.
type link struct {
	Type        string   `json:"type"`
	Title       string   `json:"title"`
	Icon        string   `json:"icon"`
	Tooltip     string   `json:"tooltip"`
	URL         string   `json:"url,omitempty"`
	Tags        []string `json:"tags"`
	AsDropdown  bool     `json:"asDropdown"`
	TargetBlank bool     `json:"targetBlank"`
	IncludeVars bool     `json:"includeVars"`
	KeepTime    bool     `json:"keepTime"`
}

// dataLink is of a value in a panel.
type dataLink struct {
	Title       string `json:"title"`
	URL         string `json:"url"`
	TargetBlank bool   `json:"targetBlank"`
}

type panel struct {
	ID              int              `json:"id"`
	Type            string           `json:"type"`
	Title           string           `json:"title"`
	Description     string           `json:"description,omitempty"`
	Datasource      *reference       `json:"datasource,omitempty"`
	Grid            grid             `json:"gridPos"`
	Repeat          string           `json:"repeat,omitempty"` // by the values of a variable
	RepeatDirection string           `json:"repeatDirection,omitempty"`
	MaxPerRow       int              `json:"maxPerRow,omitempty"`
	Targets         []target         `json:"targets,omitempty"`
	Transformations []transformation `json:"transformations,omitempty"`
	Fields          *fieldConfig     `json:"fieldConfig,omitempty"`
	Options         map[string]any   `json:"options,omitempty"`
	Collapsed       *bool            `json:"collapsed,omitempty"` // of a row only
	Panels          *[]panel         `json:"panels,omitempty"`    // of a row only: those below it while it is collapsed
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
	Instant    bool       `json:"instant"`
	Range      bool       `json:"range"`
	Datasource *reference `json:"datasource"`
}

type transformation struct {
	ID      string         `json:"id"`
	Options map[string]any `json:"options"`
}

type fieldConfig struct {
	Defaults  defaults   `json:"defaults"`
	Overrides []override `json:"overrides"`
}

type defaults struct {
	Unit       string         `json:"unit,omitempty"`
	Min        *float64       `json:"min,omitempty"`
	Color      *color         `json:"color,omitempty"`
	NoValue    string         `json:"noValue,omitempty"`
	Thresholds *thresholds    `json:"thresholds,omitempty"`
	Mappings   []mapping      `json:"mappings,omitempty"`
	Links      []dataLink     `json:"links,omitempty"`
	Custom     map[string]any `json:"custom,omitempty"`
}

type color struct {
	Mode string `json:"mode"`
}

type thresholds struct {
	Mode  string `json:"mode"`
	Steps []step `json:"steps"`
}

type step struct {
	Color string   `json:"color"`
	Value *float64 `json:"value"` // nil: from the least on
}

// mapping shows words for values.
type mapping struct {
	Type    string          `json:"type"`
	Options map[string]word `json:"options"`
}

type word struct {
	Text  string `json:"text"`
	Color string `json:"color"`
	Index int    `json:"index"`
}

// override changes how some of a panel's columns or lines are shown.
type override struct {
	Matcher    matcher    `json:"matcher"`
	Properties []property `json:"properties"`
}

type matcher struct {
	ID      string `json:"id"`
	Options string `json:"options"`
}

type property struct {
	ID    string `json:"id"`
	Value any    `json:"value"`
}

// datasource is the one that a dashboard's variable chooses.
var datasource = &reference{Type: "prometheus", UID: "${datasource}"}
