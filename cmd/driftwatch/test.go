package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"

	"driftwatch/internal/ruletest"
	"driftwatch/internal/yamlx"
)

type testCmd struct {
	Files []string `arg:"" name:"file" help:"Files of tests."`
	JUnit string   `name:"junit" placeholder:"FILE" help:"Also write the outcome as JUnit's XML."`
	Match string   `name:"run" placeholder:"REGEXP" help:"Only tests whose names match."`
}

// Run runs the tests of rules.
func (c *testCmd) Run(ctx context.Context, s streams) error {
	match, err := regexp.Compile(c.Match)
	if err != nil {
		return &exit{exitUsage, fmt.Sprintf("--run is %q, not a regular expression", c.Match)}
	}
	var all [][]ruletest.Outcome
	ran, failed := 0, false
	for _, path := range c.Files {
		f, problems := ruletest.Read(path)
		if f == nil {
			failed = true
			if err := yamlx.Write(s.err, "text", problems); err != nil {
				return err
			}
			continue
		}
		outcomes := f.Run(ctx, match)
		if len(outcomes) == 0 {
			continue
		}
		all = append(all, outcomes)
		if err := ruletest.WriteText(s.out, f, outcomes); err != nil {
			return err
		}
		ran += len(outcomes)
		for _, o := range outcomes {
			failed = failed || len(o.Failures) > 0
		}
	}
	if err := c.writeJUnit(all); err != nil {
		return err
	}
	switch {
	case failed:
		return &exit{code: exitFound}
	case ran == 0:
		return errors.New("there is no test to run")
	}
	return nil
}

func (c *testCmd) writeJUnit(all [][]ruletest.Outcome) (err error) {
	if c.JUnit == "" {
		return nil
	}
	f, err := os.Create(c.JUnit)
	if err != nil {
		return fmt.Errorf("write JUnit: %w", err)
	}
	return errors.Join(ruletest.WriteJUnit(f, all), f.Close())
}
