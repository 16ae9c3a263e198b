package rules

func (r *Rule) render(a Alert, rows uint64) map[string]string { return nil }
