package rules

import (
	"maps"
	"slices"

	"driftwatch/internal/mute"
)

// CheckShadows reports rules that tell nothing new: others fire whenever they do,
// with a severity that is no lower.
func (s *Set) CheckShadows() {
	alike := make(map[string][]*Rule)
	for _, r := range s.Rules {
		if !r.broken {
			k := r.topic()
			alike[k] = append(alike[k], r)
		}
	}
	for _, r := range s.Rules {
		for _, other := range alike[r.topic()] {
			if r.broken || other == r || other.Alert == r.Alert || !other.covers(r) {
				continue
			}
			if !r.covers(other) {
				r.at.alert.Warnf("shadowed", "whenever this fires, %q at %s:%d fires too, with severity %s: this tells nothing new", other.Alert, other.File, other.Line, other.Severity)
				break
			}
			if other.before(r, s.Rules) {
				r.at.alert.Warnf("same-rule", "this is the same rule as %q at %s:%d", other.Alert, other.File, other.Line)
				break
			}
		}
	}
}

// before reports which of two rules comes first.
func (r *Rule) before(other *Rule, all []*Rule) bool {
	return slices.Index(all, r) < slices.Index(all, other)
}

// topic is what rules have in common of which one may cover another: the monitors,
// the segments, and the number that is compared, or all of the condition.
func (r *Rule) topic() string {
	of := &r.When
	if of.compares() {
		kind := "above"
		switch t := of.Test.threshold(); {
		case t.Below != nil:
			kind = "below"
		case t.Outside != nil:
			kind = "outside"
		}
		return digest([]any{r.Monitors, r.Segments, of.number(), kind})
	}
	return digest([]any{r.Monitors, r.Segments, of})
}

// covers reports whether r fires whenever the other rule of the same topic does, and
// tells the same people: who is told may depend on each label.
func (r *Rule) covers(other *Rule) bool {
	return r.Windows.Need <= other.Windows.Need && r.Windows.Of-r.Windows.Need >= other.Windows.Of-other.Windows.Need &&
		r.MinRows <= other.MinRows &&
		(len(r.Mute) == 0 || slices.EqualFunc(r.Mute, other.Mute, func(a, b mute.Time) bool { return a.Cron == b.Cron && a.For == b.For })) &&
		rank(r.Severity) >= rank(other.Severity) && maps.Equal(r.Labels, other.Labels) &&
		r.Fields.covers(other.Fields, r.When.perField()) &&
		(!r.When.compares() || r.When.Test.threshold().covers(other.When.Test.threshold()))
}

func rank(severity string) int { return slices.Index([]string{Info, Warning, Critical}, severity) }

// covers reports whether all that the other one chooses is chosen. A condition on
// all of them together is another one for others.
func (s Selector) covers(other Selector, each bool) bool {
	if each && len(s.Names) == 0 && len(s.Roles) == 0 {
		return true
	}
	return slices.Equal(s.Names, other.Names) && slices.Equal(s.Roles, other.Roles)
}

// covers reports whether the threshold holds wherever the other one of the same
// kind does.
func (t *Threshold) covers(other *Threshold) bool {
	switch {
	case t.Above != nil:
		return *t.Above <= *other.Above
	case t.Below != nil:
		return *t.Below >= *other.Below
	case t.Outside != nil:
		return t.Outside[0] >= other.Outside[0] && t.Outside[1] <= other.Outside[1]
	}
	return false
}
