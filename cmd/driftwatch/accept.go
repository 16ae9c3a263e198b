package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
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
	if err := c.send(ctx, method, body); err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, done)
	return err
}

// acceptTimeout bounds how long the daemon may take.
const acceptTimeout = time.Minute

func (c *acceptCmd) send(ctx context.Context, method string, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, acceptTimeout)
	defer cancel()
	at := strings.TrimSuffix(c.URL, "/") + "/api/v1/monitors/" + url.PathEscape(c.Monitor) + "/accept"
	r, err := http.NewRequestWithContext(ctx, method, at, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("ask the daemon: %w", err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("ask the daemon: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<16))
	if err != nil {
		return fmt.Errorf("read the daemon's answer: %w", err)
	}
	var failure struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(text, &failure) != nil || failure.Error == "" {
		failure.Error = answer.Status
	}
	return &exit{exitFailure, failure.Error}
}
