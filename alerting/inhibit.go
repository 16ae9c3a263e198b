package alerting

import "driftwatch/rules"

// Inhibit keeps alerts quiet while another one fires that explains them: a
// broken schema explains drift.
type Inhibit struct {
	Source Matchers
	Target Matchers
	Equal  []string // labels in which both have to agree
}

// by returns the alert that keeps a quiet, or nil. As in Alertmanager, an
// alert that is source and target of a rule is not kept quiet by its like.
func (i *Inhibit) by(a *rules.Alert, firing []rules.Alert) *rules.Alert {
	if !i.Target.Match(a) {
		return nil
	}
	both := i.Source.Match(a)
	for k := range firing {
		s := &firing[k]
		if s.State == rules.Firing && s.Fingerprint != a.Fingerprint && i.Source.Match(s) && !(both && i.Target.Match(s)) && i.agree(a, s) {
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
