package dashboards

import "math"

// series is a panel of lines.
func series(title, description, unit string, w int, targets ...target) panel {
	return panel{
		Type: "timeseries", Title: title, Description: description, Datasource: datasource,
		Grid: grid{W: w, H: height}, Targets: named(targets),
		Fields: &fieldConfig{Defaults: defaults{Unit: unit, Custom: map[string]any{"showPoints": "auto", "spanNulls": false}}, Overrides: []override{}},
		Options: map[string]any{
			"legend":  legend(),
			"tooltip": map[string]any{"mode": "multi", "sort": "desc"},
		},
	}
}

func legend() map[string]any {
	return map[string]any{"displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": []string{}}
}

// number is a panel of one number with a colour.
func number(title, description, unit, expr string, colours *thresholds) panel {
	return panel{
		Type: "stat", Title: title, Description: description, Datasource: datasource,
		Grid: grid{W: 4, H: 4}, Targets: named([]target{{Expr: expr, Instant: true}}),
		Fields: &fieldConfig{Defaults: defaults{Unit: unit, Thresholds: colours, NoValue: "none"}, Overrides: []override{}},
		Options: map[string]any{
			"colorMode": "background", "graphMode": "none", "justifyMode": "auto", "textMode": "auto", "orientation": "auto",
			"wideLayout": true, "showPercentChange": false, "percentChangeColorMode": "standard",
			"reduceOptions": map[string]any{"calcs": []string{"lastNotNull"}, "fields": "", "values": false},
		},
	}
}

// spoken is a number that is shown in words.
func spoken(p panel, words []mapping) panel {
	p.Fields.Defaults.Mappings = words
	return p
}

// states is a panel of coloured stretches with words for their values.
func states(title, description string, h int, words []mapping, targets ...target) panel {
	return panel{
		Type: "state-timeline", Title: title, Description: description, Datasource: datasource,
		Grid: grid{W: wide, H: h}, Targets: named(targets),
		Fields: &fieldConfig{
			Defaults:  defaults{Thresholds: redFrom(1), Mappings: words, Color: &color{"thresholds"}, Custom: map[string]any{"lineWidth": 0, "fillOpacity": 80}},
			Overrides: []override{},
		},
		Options: map[string]any{
			"mergeValues": true, "showValue": "never", "rowHeight": 0.8, "legend": legend(), "tooltip": map[string]any{"mode": "single", "sort": "none"},
		},
	}
}

// The words for values of 0, 1 and so on.
var (
	verdicts   = words(word{Text: "steady", Color: "green"}, word{Text: "drift", Color: "red"})
	alertings  = words(word{Text: "none", Color: "green"}, word{Text: "pending", Color: "orange"}, word{Text: "firing", Color: "red"})
	writable   = words(word{Text: "cannot be written", Color: "red"}, word{Text: "can be written", Color: "green"})
	loadedWell = words(word{Text: "refused: the old one runs", Color: "red"}, word{Text: "loaded", Color: "green"})
)

func words(list ...word) []mapping {
	options := map[string]word{}
	for i, w := range list {
		w.Index = i
		options[string(rune('0'+i))] = w
	}
	return []mapping{{Type: "value", Options: options}}
}

// redFrom colours what is a value or more.
func redFrom(value float64) *thresholds { return colours(step{Color: "green"}, step{"red", &value}) }

// plain gives all values one colour.
func plain() *thresholds { return colours(step{Color: "blue"}) }

func colours(steps ...step) *thresholds { return &thresholds{Mode: "absolute", Steps: steps} }

// named gives the queries of a panel their letters.
func named(targets []target) []target {
	for i := range targets {
		t := &targets[i]
		t.RefID, t.Datasource, t.Range = string(rune('A'+i)), datasource, !t.Instant
	}
	return targets
}

// finite returns a bound, or nil for none.
func finite(bound float64) *float64 {
	if math.IsInf(bound, 0) {
		return nil
	}
	return &bound
}
