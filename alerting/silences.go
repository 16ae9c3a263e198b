package alerting

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"driftwatch/rules"
)

// Silence keeps alerts quiet for a time that somebody chose.
type Silence struct {
	ID        string    `json:"id"`
	Matchers  []string  `json:"matchers"`
	StartsAt  time.Time `json:"starts_at"`
	EndsAt    time.Time `json:"ends_at"`
	CreatedBy string    `json:"created_by"`
	Comment   string    `json:"comment"`
	CreatedAt time.Time `json:"created_at"`

	parsed Matchers
}

// State is pending, active or expired.
func (s *Silence) State(now time.Time) string {
	switch {
	case !now.Before(s.EndsAt):
		return "expired"
	case now.Before(s.StartsAt):
		return "pending"
	}
	return "active"
}

// Shelf keeps what the silences are, over restarts.
type Shelf interface {
	Load() ([]byte, error)
	Save(b []byte) error
}

// Limits of silences.
const (
	maxSilences  = 1000
	maxMatchers  = 20
	maxText      = 1000
	rememberThem = 35 * 24 * time.Hour // after they expired, for digests, if there is room
)

// Silences are all silences. They may be used by several goroutines.
type Silences struct {
	shelf Shelf
	now   func() time.Time

	mu      sync.Mutex
	list    []Silence // by beginning
	changed chan struct{}
}

// NewSilences reads the silences that a shelf holds.
func NewSilences(shelf Shelf, now func() time.Time) (*Silences, error) {
	s := &Silences{shelf: shelf, now: now, changed: make(chan struct{})}
	b, err := shelf.Load()
	if err != nil || len(b) == 0 {
		return s, err
	}
	if err := json.Unmarshal(b, &s.list); err != nil {
		return nil, fmt.Errorf("read the silences: %w", err)
	}
	for i := range s.list {
		if s.list[i].parsed, err = ParseMatchers(s.list[i].Matchers); err != nil {
			return nil, fmt.Errorf("read silence %s: %w", s.list[i].ID, err)
		}
	}
	return s, nil
}

// ErrNoSilence says that there is no silence of that ID.
var ErrNoSilence = errors.New("there is no such silence")

// Add keeps a new silence. Without StartsAt it begins now.
func (s *Silences) Add(n Silence) (Silence, error) {
	now := s.now().UTC().Truncate(time.Second)
	if n.StartsAt.IsZero() {
		n.StartsAt = now
	}
	n.ID, n.CreatedAt = strings.ToLower(rand.Text()[:12]), now
	if err := n.check(now); err != nil {
		return n, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.DeleteFunc(slices.Clone(s.list), func(o Silence) bool { return now.Sub(o.EndsAt) > rememberThem })
	if list = makeRoom(list, now); len(list) >= maxSilences {
		return n, fmt.Errorf("there are %d silences already", len(list))
	}
	return n, s.save(append(list, n))
}

// makeRoom drops those that expired first, if there are too many to add one.
func makeRoom(list []Silence, now time.Time) []Silence {
	slices.SortStableFunc(list, func(a, b Silence) int { return a.EndsAt.Compare(b.EndsAt) })
	for len(list) >= maxSilences && list[0].State(now) == "expired" {
		list = list[1:]
	}
	return list
}

func (s *Silence) check(now time.Time) (err error) {
	switch {
	case len(s.Matchers) == 0:
		return errors.New("a silence needs matchers, such as monitor=churn")
	case len(s.Matchers) > maxMatchers:
		return fmt.Errorf("a silence has at most %d matchers", maxMatchers)
	case s.EndsAt.IsZero():
		return errors.New("a silence needs an end")
	case !s.EndsAt.After(now):
		return errors.New("the silence would have ended already")
	case !s.EndsAt.After(s.StartsAt):
		return errors.New("the silence would end before it begins")
	case strings.TrimSpace(s.CreatedBy) == "" || strings.TrimSpace(s.Comment) == "":
		return errors.New("a silence needs created_by and comment: who and why")
	case len(s.CreatedBy) > maxText || len(s.Comment) > maxText || len(strings.Join(s.Matchers, "")) > maxText:
		return fmt.Errorf("matchers, created_by and comment have at most %d bytes", maxText)
	}
	if s.parsed, err = ParseMatchers(s.Matchers); err != nil {
		return err
	}
	if s.parsed.Match(&rules.Alert{}) {
		return errors.New("the silence would match every alert: at least one matcher must not match an empty label")
	}
	return nil
}

// Expire ends a silence now. One that has not begun never will.
func (s *Silences) Expire(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.list, func(o Silence) bool { return o.ID == id })
	now := s.now().UTC().Truncate(time.Second)
	if i < 0 || s.list[i].State(now) == "expired" {
		return ErrNoSilence
	}
	list := slices.Clone(s.list)
	list[i].EndsAt = now
	return s.save(list)
}

func (s *Silences) save(list []Silence) error {
	b, err := json.Marshal(list)
	if err != nil {
		return err
	}
	if err := s.shelf.Save(b); err != nil {
		return fmt.Errorf("store the silences: %w", err)
	}
	slices.SortStableFunc(list, func(a, b Silence) int { return a.StartsAt.Compare(b.StartsAt) })
	s.list = list
	close(s.changed)
	s.changed = make(chan struct{})
	return nil
}

// All returns the silences, by their beginning.
func (s *Silences) All() []Silence {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.list)
}

// Changed returns a channel that is closed when the silences change.
func (s *Silences) Changed() <-chan struct{} {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// active returns those that hold now, and when that changes next by itself.
func (s *Silences) active(now time.Time) (list []Silence, next time.Time) {
	if s == nil {
		return nil, next
	}
	for _, o := range s.All() {
		switch o.State(now) {
		case "active":
			list, next = append(list, o), earliest(next, o.EndsAt)
		case "pending":
			next = earliest(next, o.StartsAt)
		}
	}
	return list, next
}

// Match reports whether the silence is for an alert.
func (s *Silence) Match(a *rules.Alert) bool { return s.parsed.Match(a) }
