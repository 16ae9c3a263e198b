package main

import (
	"slices"

	"driftwatch/internal/app"
	"driftwatch/internal/config"
	"driftwatch/internal/yamlx"
)

type lintCmd struct {
	Paths  []string `arg:"" name:"path" help:"Files or folders; a config file brings the files that it names."`
	Format string   `enum:"text,json,github" default:"text" help:"Form of the output: ${enum}."`
	Strict bool     `help:"Let warnings fail too."`
}

// Run prints every problem of the files, and what configurations amount to.
func (c *lintCmd) Run(s streams) error {
	var sums []yamlx.Diagnostic
	o := app.LoadOptions()
	o.Sum = func(d yamlx.Diagnostic) { sums = append(sums, d) }
	found := config.Lint(c.Paths, o)
	if err := yamlx.Write(s.out, c.Format, slices.Concat(found, sums)); err != nil {
		return err
	}
	if yamlx.HasErrors(found) || c.Strict && len(found) > 0 {
		return &exit{code: exitFound}
	}
	return nil
}
