package alerting

import "driftwatch/rules"

// Inhibit keeps alerts quiet while another one fires that explains them: a
// broken schema explains drift.
type Inhibit struct {
	Source Matchers
	Target Matchers
	Equal  []string // labels in which both have to agree
}

// sources returns the alerts that fire and keep others quiet.
func (i *Inhibit) sources(alerts []rules.Alert) (out []*rules.Alert) {
	for k := range alerts {
		if a := &alerts[k]; a.State == rules.Firing && i.Source.Match(a) {
			out = append(out, a)
		}
	}
	return out
}

// by returns the source that keeps a quiet, or nil. As in Alertmanager, an
// alert that is source and target of a rule is not kept quiet by its like.
func (i *Inhibit) by(a *rules.Alert, sources []*rules.Alert) *rules.Alert {
	if len(sources) == 0 || !i.Target.Match(a) {
		return nil
	}
	both := i.Source.Match(a)
	for _, s := range sources {
		if s.Fingerprint != a.Fingerprint && (!both || !i.Target.Match(s)) && i.agree(a, s) {
			return s
		}
	}
	return nil
}

func (i *Inhibit) agree(a, b *rules.Alert) bool {
	for _, label := range i.Equal {
		if labelOf(a, label) != labelOf(b, label) {
			return false
		}
	}
	return true
}
