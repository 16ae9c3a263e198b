package main

import (
	"fmt"

	"driftwatch/dashboards"
)

type dashboardsCmd struct {
	Output     string `short:"o" required:"" placeholder:"DIR" help:"The folder to write to."`
	Prometheus string `placeholder:"URL" help:"Also write a data source for Grafana: the Prometheus at this address."`
	Runbooks   string `placeholder:"URL" help:"Where your people read docs/operations.md: alerts link there."`
}

// Run writes the dashboards and the rules, and says where.
func (c *dashboardsCmd) Run(s streams) error {
	paths, err := dashboards.Write(c.Output, dashboards.Options{Prometheus: c.Prometheus, Runbooks: c.Runbooks})
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
