package monitors

import (
	"encoding/json"
	"strings"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/decode"
)

// Redacts reports whether records of the stream hold values that may not be shown.
func (p *Plan) Redacts() bool { return p.redacted != nil }

// RedactsTime reports whether the event time is one of them.
func (p *Plan) RedactsTime() bool { return p.Stream.Time != nil && p.redacts(p.Stream.Time.Field) }

// redacts reports whether a monitor redacts a path, or what it is a part of.
func (p *Plan) redacts(path string) bool {
	for ; path != ""; path, _ = cutLast(path) {
		if p.redacted[path] {
			return true
		}
	}
	return false
}

// cutLast cuts the last name off a path.
func cutLast(path string) (before, after string) {
	at := max(0, strings.LastIndexByte(path, '.'))
	return path[:at], path[at:]
}

// collectRedacted notes the fields that any of the monitors redacts.
func (p *Plan) collectRedacted() {
	for _, m := range p.Monitors {
		for name := range m.Spec.Redaction() {
			if p.redacted == nil {
				p.redacted = checks.Redaction{}
			}
			p.redacted[name] = true
		}
	}
}

// Shown writes what may be shown of the record that fills the row, as JSON: the
// fields that somebody declares, without values that are redacted. What nobody
// declares might hold the same values under other names.
func (r *Row) Shown() string {
	var b strings.Builder
	for i, path := range r.plan.paths {
		v := r.leaves[i]
		if v.Type == decode.Missing {
			continue
		}
		b.WriteString(",")
		b.WriteString(quoted(path))
		b.WriteString(":")
		if r.plan.redacts(path) {
			b.WriteString(quoted(checks.Redacted))
		} else {
			b.WriteString(literal(v))
		}
	}
	return "{" + strings.TrimPrefix(b.String(), ",") + "}"
}

func literal(v decode.Value) string {
	switch v.Type {
	case decode.Bool:
		if v.Bool {
			return "true"
		}
		return "false"
	case decode.Number:
		return string(v.Text)
	case decode.String:
		return quoted(string(v.Text))
	case decode.Object:
		return "{}"
	case decode.Array:
		return "[]"
	}
	return "null"
}

func quoted(s string) string {
	b, _ := json.Marshal(s) // strings always marshal
	return string(b)
}
