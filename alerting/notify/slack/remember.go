package slack

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"driftwatch/alerting"
	"driftwatch/rules"
)

// The bounds of what is kept: the end of an alert whose posting is forgotten is
// posted instead.
const (
	remembered  = 1000    // postings
	maxKept     = 1 << 20 // bytes of them
	keptVersion = 1
)

// kept is what is remembered of some postings.
type kept struct {
	Version  int               `json:"version"`
	Postings []json.RawMessage `json:"postings"` // newest first
}

type keptPosting struct {
	Channel    string           `json:"channel"`
	TS         string           `json:"ts"`
	Group      []alerting.Label `json:"group,omitempty"`
	Events     []rules.Event    `json:"events"`
	Repeat     bool             `json:"repeat,omitempty"`
	Superseded int              `json:"superseded,omitempty"`
	URL        string           `json:"url,omitempty"`
}

// Remember implements alerting.Rememberer.
func (r *Receiver) Remember() map[string][]byte {
	postings, size := map[string]*kept{}, 0
	for _, p := range slices.Backward(r.posted) {
		b, err := json.Marshal(p.kept())
		if err != nil {
			continue // it came as JSON, so that will not be
		}
		if size += len(b); size > maxKept {
			break
		}
		monitor := p.monitor()
		if postings[monitor] == nil {
			postings[monitor] = &kept{Version: keptVersion}
		}
		postings[monitor].Postings = append(postings[monitor].Postings, b)
	}
	out := map[string][]byte{}
	for monitor, k := range postings {
		if b, err := json.Marshal(k); err == nil { // it was JSON already
			out[monitor] = b
		}
	}
	return out
}

// Recall implements alerting.Rememberer.
func (r *Receiver) Recall(parts map[string][]byte) error {
	r.posted = nil
	if r.o.TokenFile == "" {
		return nil // another way to Slack was configured before
	}
	var problem error
	for _, monitor := range slices.Sorted(maps.Keys(parts)) {
		list, err := readPostings(parts[monitor])
		if err != nil {
			problem = errors.Join(problem, fmt.Errorf("read the postings of monitor %q: %w", monitor, err))
		}
		r.posted = append(r.posted, list...)
	}
	slices.SortFunc(r.posted, func(a, b *posting) int { return cmp.Compare(a.ts, b.ts) })
	return problem
}

func readPostings(b []byte) (list []*posting, err error) {
	var k kept
	if err := json.Unmarshal(b, &k); err != nil {
		return nil, err
	}
	if k.Version != keptVersion {
		return nil, fmt.Errorf("their version is %d, and known is %d", k.Version, keptVersion)
	}
	for _, b := range k.Postings {
		var p keptPosting
		if err := json.Unmarshal(b, &p); err != nil {
			return nil, err
		}
		if len(p.Events) > 0 {
			list = append(list, p.posting())
		}
	}
	return list, nil
}

// monitor returns the one that all of a posting's alerts are of, or "".
func (p *posting) monitor() string {
	monitor := p.message.Events[0].Alert.Monitor
	for _, e := range p.message.Events {
		if e.Alert.Monitor != monitor {
			return ""
		}
	}
	return monitor
}

// kept returns what is needed to say of a posting's alerts that they have ended.
func (p *posting) kept() keptPosting {
	m := &p.message
	k := keptPosting{Channel: p.channel, TS: p.ts, Group: m.Group, Repeat: m.Repeat, Superseded: m.Superseded, URL: m.URL}
	for _, e := range m.Events {
		e.Alert.Labels = nil // no message shows them
		k.Events = append(k.Events, e)
	}
	return k
}

func (k *keptPosting) posting() *posting {
	return &posting{channel: k.Channel, ts: k.TS, message: alerting.Message{
		Group: k.Group, Events: k.Events, Repeat: k.Repeat, Superseded: k.Superseded, URL: k.URL,
	}}
}
