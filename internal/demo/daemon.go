package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"driftwatch/monitors/checks"
	"driftwatch/rules"
)

// daemonAPI asks the daemon by HTTP, as anybody can.
type daemonAPI struct {
	base   string
	client *http.Client
}

func (d daemonAPI) get(ctx context.Context, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.base+path, nil)
	if err != nil {
		return err
	}
	resp, err := d.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", path, resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

func (d daemonAPI) alerts(ctx context.Context) ([]rules.Alert, error) {
	var body struct {
		Alerts []rules.Alert `json:"alerts"`
	}
	err := d.get(ctx, "/api/v1/alerts", &body)
	return body.Alerts, err
}

// counts are the daemon's own numbers for the sum-up.
type counts struct {
	records, unusable, lost, late, windows uint64
	memory                                 uint64 // bytes
}

func (d daemonAPI) counts(ctx context.Context) (c counts, err error) {
	var status struct {
		Streams []struct {
			Records uint64            `json:"records"`
			Lost    uint64            `json:"lost_records"`
			Errors  map[string]uint64 `json:"errors"`
		} `json:"streams"`
		Memory struct {
			Live uint64 `json:"live_heap_bytes"`
		} `json:"memory"`
	}
	var list struct {
		Monitors []struct {
			Windows uint64 `json:"windows_total"`
			Late    uint64 `json:"late_records"`
		} `json:"monitors"`
	}
	if err := d.get(ctx, "/api/v1/status", &status); err != nil {
		return c, err
	}
	if err := d.get(ctx, "/api/v1/monitors", &list); err != nil {
		return c, err
	}
	c.memory = status.Memory.Live
	for _, s := range status.Streams {
		c.records += s.Records
		c.lost += s.Lost
		for _, n := range s.Errors {
			c.unusable += n
		}
	}
	for _, m := range list.Monitors {
		c.windows += m.Windows
		c.late += m.Late
	}
	return c, nil
}

// drifted counts the windows of a monitor that end in (from, to], and names the
// fields of the given role that drifted in one of them.
func (d daemonAPI) drifted(ctx context.Context, monitor, role string, from, to time.Time) (windows int, fields []string, err error) {
	var body struct {
		Windows []struct {
			Fields []struct {
				Field  string                   `json:"field"`
				Role   string                   `json:"role"`
				Checks map[string]checks.Result `json:"checks"`
			} `json:"fields"`
		} `json:"windows"`
	}
	q := url.Values{"from": {from.UTC().Format(time.RFC3339)}, "to": {to.UTC().Format(time.RFC3339)}}
	if err := d.get(ctx, "/api/v1/monitors/"+monitor+"/windows?"+q.Encode(), &body); err != nil {
		return 0, nil, err
	}
	seen := map[string]bool{}
	for _, w := range body.Windows {
		for _, f := range w.Fields {
			if f.Role == role && !seen[f.Field] && drifts(f.Checks) {
				seen[f.Field] = true
				fields = append(fields, f.Field)
			}
		}
	}
	return len(body.Windows), fields, nil
}

func drifts(all map[string]checks.Result) bool {
	for _, r := range all {
		if r.Drift != nil && *r.Drift {
			return true
		}
	}
	return false
}

// page is the address of a field's page, as short as a browser takes it.
func (d daemonAPI) page(a *rules.Alert) string {
	var q []string
	if a.Check != "" {
		q = append(q, "check="+a.Check)
	}
	q = append(q, "end="+a.WindowEnd.Time().UTC().Format(time.RFC3339))
	if a.Segment != "" {
		q = append(q, "segment="+a.Segment)
	}
	return d.base + "/monitors/" + a.Monitor + "/fields/" + a.Field + "?" + strings.Join(q, "&")
}
