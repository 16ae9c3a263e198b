package rules

import "driftwatch/monitors/checks"

// redact takes out of an alert what may not be told: of a redacted field its values,
// of a redacted rule all that it found. Alerts are so from the beginning, wherever
// they are kept and sent.
func (b *bound) redact(a *Alert) {
	switch {
	case b.Redact:
		a.Redacted, a.Moved, a.ExplainedBy = true, nil, nil
		a.Result, a.Against = checks.Result{Skipped: checks.Redacted}, ""
	case b.redacted[a.Field]:
		a.Redacted, a.Moved = true, nil
		a.Result = a.Result.WithoutValues(a.Check)
	}
}

// Redact takes out of an alert what may not be told any more: it may be from before
// its rule or field was redacted. Its annotations are then written again.
func (p *Program) Redact(a Alert) Alert {
	if a.Redacted {
		return a
	}
	b := p.ruleOf(&a)
	if b.redact(&a); a.Redacted {
		a.Annotations = b.render(a, 0, p.page())
	}
	return a
}

// ruleOf returns the rule of an alert; if it has none any more, one that says nothing.
func (p *Program) ruleOf(a *Alert) *bound {
	for i := range p.rules {
		if p.rules[i].Alert == a.Name {
			return &p.rules[i]
		}
	}
	b := &bound{Rule: &Rule{}, redacted: make(map[string]bool)}
	for _, f := range p.Fields {
		b.redacted[f.Name] = f.Redact
	}
	return b
}
