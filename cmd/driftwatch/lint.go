package main

import (
	"driftwatch/internal/app"
	"driftwatch/internal/config"
	"driftwatch/internal/yamlx"
)

type lintCmd struct {
	Paths  []string `arg:"" name:"path" help:"Files or folders; a config file brings the files that it names."`
	Format string   `enum:"text,json,github" default:"text" help:"Form of the output: ${enum}."`
	Strict bool     `help:"Let warnings fail too."`
}

// Run prints every problem of the files.
func (c *lintCmd) Run(s streams) error {
	found := config.Lint(c.Paths, app.LoadOptions())
	if err := yamlx.Write(s.out, c.Format, found); err != nil {
		return err
	}
	if yamlx.HasErrors(found) || c.Strict && len(found) > 0 {
		return &exit{code: exitFound}
	}
	return nil
}
