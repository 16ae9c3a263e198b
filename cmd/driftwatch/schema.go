package main

import "driftwatch/internal/schema"

type schemaCmd struct {
	Kind string `arg:"" optional:"" help:"config, monitors or rules; any of them without it."`
}

// Run prints the schema.
func (c *schemaCmd) Run(s streams) error {
	b, err := schema.Document(c.Kind)
	if err != nil {
		return &exit{code: exitUsage, text: err.Error()}
	}
	_, err = s.out.Write(b)
	return err
}
