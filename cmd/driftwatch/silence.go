package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os/user"
	"strings"
	"text/tabwriter"
	"time"
)

type silenceCmd struct {
	Add    silenceAddCmd    `cmd:"" help:"Add a silence."`
	List   silenceListCmd   `cmd:"" help:"List the silences."`
	Expire silenceExpireCmd `cmd:"" help:"End silences now."`
}

// daemonURL is where a command finds the daemon.
type daemonURL struct {
	URL string `default:"http://127.0.0.1:9474" help:"Where the daemon listens; http://user:password@host:port where it asks for a password."`
}

// silence is as the API writes it.
type silence struct {
	ID        string    `json:"id,omitempty"`
	Matchers  []string  `json:"matchers"`
	StartsAt  time.Time `json:"starts_at,omitzero"`
	EndsAt    time.Time `json:"ends_at,omitzero"`
	Duration  string    `json:"duration,omitempty"`
	CreatedBy string    `json:"created_by"`
	Comment   string    `json:"comment"`
	State     string    `json:"state,omitempty"`
}

type silenceAddCmd struct {
	daemonURL
	Matchers []string  `arg:"" help:"Which alerts: monitor=churn, 'field=~am.*', severity!=critical. All have to match."`
	For      string    `required:"" help:"How long, as in 30m, 2h or 1d."`
	Comment  string    `required:"" help:"Why."`
	By       string    `help:"Who; by default the name of the user."`
	Start    time.Time `help:"When it begins, as in 2026-03-01T14:00:00Z; by default now."`
}

// Run adds a silence and prints its ID.
func (c *silenceAddCmd) Run(ctx context.Context, s streams) error {
	if c.By == "" {
		if u, err := user.Current(); err == nil {
			c.By = u.Username
		}
	}
	body, err := json.Marshal(silence{Matchers: c.Matchers, Duration: c.For, CreatedBy: c.By, Comment: c.Comment, StartsAt: c.Start})
	if err != nil {
		return err
	}
	answer, err := ask(ctx, http.MethodPost, c.URL, "/api/v1/silences", body)
	if err != nil {
		return err
	}
	var added silence
	if err := json.Unmarshal(answer, &added); err != nil {
		return fmt.Errorf("read the daemon's answer: %w", err)
	}
	_, err = fmt.Fprintf(s.out, "%s until %s\n", added.ID, added.EndsAt.Format(time.RFC3339))
	return err
}

type silenceListCmd struct {
	daemonURL
	All  bool `help:"Those that have ended too."`
	JSON bool `name:"json" help:"As JSON."`
}

// Run lists silences as a table.
func (c *silenceListCmd) Run(ctx context.Context, s streams) error {
	answer, err := ask(ctx, http.MethodGet, c.URL, "/api/v1/silences", nil)
	if err != nil {
		return err
	}
	var got struct {
		Silences []silence `json:"silences"`
	}
	if err := json.Unmarshal(answer, &got); err != nil {
		return fmt.Errorf("read the daemon's answer: %w", err)
	}
	shown := []silence{}
	for _, x := range got.Silences {
		if c.All || x.State != "expired" {
			shown = append(shown, x)
		}
	}
	if c.JSON {
		e := json.NewEncoder(s.out)
		e.SetIndent("", "  ")
		return e.Encode(shown)
	}
	if len(shown) == 0 {
		_, err := fmt.Fprintln(s.out, "there are no silences")
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tSTATE\tFROM\tUNTIL\tMATCHERS\tBY\tCOMMENT")
	for _, x := range shown {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", x.ID, x.State, x.StartsAt.Format(time.RFC3339), x.EndsAt.Format(time.RFC3339),
			strings.Join(x.Matchers, ", "), oneLine(x.CreatedBy), oneLine(x.Comment))
	}
	return w.Flush()
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

type silenceExpireCmd struct {
	daemonURL
	IDs []string `arg:"" name:"id" help:"Their IDs."`
}

// Run ends silences.
func (c *silenceExpireCmd) Run(ctx context.Context, s streams) error {
	for _, id := range c.IDs {
		if _, err := ask(ctx, http.MethodDelete, c.URL, "/api/v1/silences/"+url.PathEscape(id), nil); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(s.out, "%s has ended\n", id); err != nil {
			return err
		}
	}
	return nil
}
