package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

type acceptCmd struct {
	Monitor string `arg:"" help:"The monitor."`
	Window  string `arg:"" optional:"" name:"window-end" help:"The end of the window, as in 2026-03-01T14:00:00Z."`
	Remove  bool   `help:"Go back to the configured reference."`
	URL     string `default:"http://127.0.0.1:9474" help:"Where the daemon listens; http://user:password@host:port where it asks for a password."`
}

// Run makes a window of a running daemon its monitor's reference.
func (c *acceptCmd) Run(ctx context.Context, s streams) error {
	if (c.Window == "") != c.Remove {
		return &exit{exitUsage, "give the end of the window to accept, or --remove"}
	}
	method, done := http.MethodPost, "window "+c.Window+" is the reference of "+c.Monitor+", from the next window that closes"
	body, err := json.Marshal(map[string]string{"window": c.Window})
	if err != nil {
		return err
	}
	if c.Remove {
		method, body, done = http.MethodDelete, nil, "the configured reference of "+c.Monitor+" holds again, from the next window that closes"
	}
	if _, err := ask(ctx, method, c.URL, "/api/v1/monitors/"+url.PathEscape(c.Monitor)+"/accept", body); err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, done)
	return err
}
