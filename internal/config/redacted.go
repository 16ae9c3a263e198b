package config

// checkRedacted warns of monitors that show what another monitor of the same stream
// keeps back.
func (l *loader) checkRedacted() {
	type place struct{ stream, field string }
	by := make(map[place]string) // the first monitor that redacts it
	for i := range l.monitors {
		d := &l.monitors[i]
		for name := range d.Redaction() {
			if p := (place{d.Stream, name}); by[p] == "" {
				by[p] = d.Name
			}
		}
	}
	for i := range l.monitors {
		d := &l.monitors[i]
		for _, f := range d.Fields {
			if other := by[place{d.Stream, f.Name}]; other != "" && !f.Redact {
				d.at.Warnf("redacted-elsewhere", "monitor %q redacts field %q, and %q shows its values", other, f.Name, d.Name)
			}
		}
	}
}
