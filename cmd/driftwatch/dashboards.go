package main

import (
	"fmt"

	"driftwatch/dashboards"
)

type dashboardsCmd struct {
	Output string `short:"o" required:"" placeholder:"DIR" help:"The folder to write to."`
}

// Run writes the dashboards and the rules, and says where.
func (c *dashboardsCmd) Run(s streams) error {
	paths, err := dashboards.Write(c.Output)
	if err != nil {
		return err
	}
	for _, p := range paths {
		if _, err := fmt.Fprintln(s.out, p); err != nil {
			return err
		}
	}
	return nil
}
