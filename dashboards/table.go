package dashboards

// column is one of a table that a query fills.
type column struct {
	name   string
	expr   string
	unit   string
	words  []mapping   // nil: numbers
	colour *thresholds // nil: none
	hidden bool        // only links use it
}

// table has a row for each set of labels that its queries have in common, and a
// column for each of the labels and queries. What is greatest in the columns by
// which it is sorted stands at the top.
type table struct {
	title, description string
	w, h               int
	labels             []string
	links              []dataLink // of the first label's column
	hidden             []string   // labels that only links use
	columns            []column
	sort               []string
}

func (t *table) panel() panel {
	var targets []target
	for _, c := range t.columns {
		targets = append(targets, target{Expr: c.expr, Instant: true, Format: "table"})
	}
	return panel{
		Type: "table", Title: t.title, Description: t.description, Datasource: datasource,
		Grid: grid{W: t.w, H: t.h}, Targets: named(targets),
		Transformations: []transformation{{ID: "merge", Options: map[string]any{}}, t.organize()},
		Fields:          &fieldConfig{Defaults: defaults{Custom: map[string]any{"align": "auto", "inspect": false}}, Overrides: t.overrides()},
		Options:         map[string]any{"frameIndex": 0, "showHeader": true, "cellHeight": "sm", "sortBy": t.order()},
	}
}

// organize names the columns, puts them in order, and leaves the time out, which
// is the same in all rows.
func (t *table) organize() transformation {
	index, rename := map[string]int{}, map[string]string{}
	for _, l := range t.labels {
		index[l] = len(index)
	}
	for i, c := range t.columns {
		value := "Value #" + string(rune('A'+i))
		index[value], rename[value] = len(index), c.name
	}
	return transformation{ID: "organize", Options: map[string]any{
		"excludeByName": map[string]bool{"Time": true}, "indexByName": index, "renameByName": rename,
	}}
}

func (t *table) overrides() []override {
	list := []override{of(t.labels[0], property{"links", t.links})}
	for _, l := range t.hidden {
		list = append(list, of(l, unseen()...))
	}
	for i := range t.columns {
		if p := t.columns[i].properties(); len(p) > 0 {
			list = append(list, of(t.columns[i].name, p...))
		}
	}
	return list
}

func of(name string, properties ...property) override {
	return override{matcher{"byName", name}, properties}
}

// unseen hides a column, by the names that older and newer Grafanas have for
// that. What is hidden is still there for links.
func unseen() []property {
	return []property{
		{"custom.hidden", true},
		{"custom.hideFrom.viz", true},
	}
}

func (c *column) properties() (list []property) {
	if c.hidden {
		return unseen()
	}
	if c.unit != "" {
		list = append(list, property{"unit", c.unit})
	}
	if c.words != nil {
		list = append(list, property{"mappings", c.words})
	}
	if c.colour != nil {
		list = append(list, property{"thresholds", c.colour})
	}
	if c.words != nil || c.colour != nil {
		list = append(list, property{"custom.cellOptions", map[string]string{"type": "color-background", "mode": "basic"}})
	}
	return list
}

func (t *table) order() []map[string]any {
	var by []map[string]any
	for _, name := range t.sort {
		by = append(by, map[string]any{"displayName": name, "desc": true})
	}
	return by
}
