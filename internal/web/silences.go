package web

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"driftwatch/alerting"
	"driftwatch/internal/snapshot"
	"driftwatch/internal/yamlx"
	"driftwatch/rules"
)

// Silences keep alerts quiet.
type Silences interface {
	All() []alerting.Silence
	Add(alerting.Silence) (alerting.Silence, error)
	Expire(id string) error
}

// silenceJSON is a silence and whether it holds.
type silenceJSON struct {
	alerting.Silence
	State string `json:"state"`
}

// apiSilences lists the silences, or adds one.
func (h *handler) apiSilences(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		out := []silenceJSON{}
		now := h.o.Now()
		for _, s := range h.o.Silences.All() {
			out = append(out, silenceJSON{s, s.State(now)})
		}
		reply(w, map[string]any{"silences": out})
	case http.MethodPost:
		h.addSilence(w, r)
	default:
		notAllowed(w, r, http.MethodGet, http.MethodPost)
	}
}

// maxSilence bounds the body of a request, in bytes.
const maxSilence = 16 << 10

// addSilence adds the silence that a request asks for.
func (h *handler) addSilence(w http.ResponseWriter, r *http.Request) {
	wanted, err := h.readSilence(w, r)
	if err != nil {
		failBody(w, "read the silence", err)
		return
	}
	s, err := h.o.Silences.Add(wanted)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	h.o.Logger.Info("a silence was added", "id", s.ID, "matchers", s.Matchers, "until", s.EndsAt, "by", s.CreatedBy, "comment", s.Comment)
	reply(w, silenceJSON{s, s.State(h.o.Now())})
}

// readSilence reads a silence that ends at a time, or after a duration.
func (h *handler) readSilence(w http.ResponseWriter, r *http.Request) (alerting.Silence, error) {
	var body struct {
		Matchers  []string `json:"matchers"`
		StartsAt  string   `json:"starts_at"`
		EndsAt    string   `json:"ends_at"`
		Duration  string   `json:"duration"`
		CreatedBy string   `json:"created_by"`
		Comment   string   `json:"comment"`
	}
	err := readBody(w, r, maxSilence, &body)
	s := alerting.Silence{Matchers: body.Matchers, CreatedBy: body.CreatedBy, Comment: body.Comment}
	if err == nil && body.StartsAt != "" {
		s.StartsAt, err = parseTime("starts_at", body.StartsAt)
	}
	if err == nil && body.EndsAt != "" {
		s.EndsAt, err = parseTime("ends_at", body.EndsAt)
	}
	if err == nil && body.Duration != "" {
		err = endAfter(body.Duration, s.StartsAt, &s.EndsAt, h.o.Now())
	}
	return s, err
}

func endAfter(text string, start time.Time, end *time.Time, now time.Time) error {
	d, err := yamlx.ParseDuration(text)
	switch {
	case err != nil || d <= 0:
		return fmt.Errorf("duration is %q, not a length of time such as 30m, 2h or 1d", text)
	case !end.IsZero():
		return errors.New("give ends_at or duration, not both")
	case start.IsZero():
		start = now
	}
	*end = start.Add(d).Truncate(time.Second)
	return nil
}

// apiSilence ends a silence.
func (h *handler) apiSilence(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if r.Method != http.MethodDelete {
		notAllowed(w, r, http.MethodDelete)
		return
	}
	err := h.o.Silences.Expire(id)
	switch {
	case errors.Is(err, alerting.ErrNoSilence):
		fail(w, http.StatusNotFound, fmt.Errorf("there is no silence %q that has not ended", id))
	case err != nil:
		fail(w, http.StatusServiceUnavailable, err)
	default:
		h.o.Logger.Info("a silence was ended", "id", id)
		reply(w, map[string]string{"id": id, "state": "expired"})
	}
}

// alertJSON is an alert and why people are not told of it now.
type alertJSON struct {
	rules.Alert
	Suppressed []suppressedJSON `json:"suppressed,omitempty"`
}

type suppressedJSON struct {
	Receiver string `json:"receiver"`
	Reason   string `json:"reason"`
}

func alertsJSON(s *snapshot.Snapshot) []alertJSON {
	out := []alertJSON{}
	for i := range s.Alerts {
		out = append(out, alertJSON{s.Alerts[i], suppressed(s, &s.Alerts[i])})
	}
	return out
}

// suppressed lists the receivers that are not told that an alert fires.
func suppressed(s *snapshot.Snapshot, a *rules.Alert) (out []suppressedJSON) {
	for i := range s.Notified {
		r := &s.Notified[i]
		if why := r.Quiet[a.Fingerprint]; why != "" && a.State == rules.Firing {
			out = append(out, suppressedJSON{r.Name, why})
		}
	}
	return out
}
