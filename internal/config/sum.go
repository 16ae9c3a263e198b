package config

import (
	"fmt"

	"driftwatch/internal/yamlx"
)

// Sum is what the files of a configuration amount to.
type Sum struct {
	Monitors int   `json:"monitors"`
	Fields   int   `json:"fields"`
	Rules    int   `json:"rules"`
	Series   int   `json:"series"`             // of the newest windows that /metrics can have
	Memory   int64 `json:"memory_bytes"`       // that open windows can take at most
	Limit    int64 `json:"memory_limit_bytes"` // memory.limit
}

// String is the sum in one line.
func (s *Sum) String() string {
	return fmt.Sprintf("%d monitor%s with %d field%s, %d rule%s; at most %d time series; open windows can take %s of memory, and memory.limit is %s",
		s.Monitors, plural(s.Monitors), s.Fields, plural(s.Fields), s.Rules, plural(s.Rules), s.Series, yamlx.FormatSize(s.Memory), yamlx.FormatSize(s.Limit))
}

// sum says what was loaded, as a note on the configuration file.
func (l *loader) sum(path string) yamlx.Diagnostic {
	s := &Sum{Monitors: len(l.monitors), Rules: len(l.cfg.Rules.Rules), Memory: l.cfg.Memory.Estimate, Limit: l.cfg.Memory.Limit}
	for i := range l.monitors {
		s.Fields += len(l.monitors[i].Fields)
		s.Series += int(min(l.monitors[i].Series(), float64(l.monitors[i].MaxSeries)))
	}
	return yamlx.Diagnostic{File: path, Severity: yamlx.Info, Code: "set", Text: s.String(), Facts: s}
}
