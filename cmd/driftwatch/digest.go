package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"driftwatch/alerting/notify"
	"driftwatch/alerting/summary"
)

type digestCmd struct {
	daemonURL
	Name string `help:"One of the configured digests; by default all monitors."`
	For  string `help:"How long the time is that it is about, up to now, as in 12h or 7d; by default that of the digest, else 7d."`
	JSON bool   `name:"json" help:"As JSON."`
}

// Run prints what a digest would say now.
func (c *digestCmd) Run(ctx context.Context, s streams) error {
	query := url.Values{}
	if c.Name != "" {
		query.Set("name", c.Name)
	}
	if c.For != "" {
		query.Set("for", c.For)
	}
	answer, err := ask(ctx, http.MethodGet, c.URL, "/api/v1/digest?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	var d summary.Digest
	if err := json.Unmarshal(answer, &d); err != nil {
		return fmt.Errorf("read the daemon's answer: %w", err)
	}
	if c.JSON {
		e := json.NewEncoder(s.out)
		e.SetIndent("", "  ")
		return e.Encode(d)
	}
	_, err = io.WriteString(s.out, notify.DigestText(&d))
	return err
}
