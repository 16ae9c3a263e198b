package alerting

import (
	"cmp"
	"maps"
	"slices"
	"sync"

	"driftwatch/internal/snapshot"
)

// stats counts what one worker did, for readers in other goroutines.
type stats struct {
	mu sync.Mutex
	r  snapshot.Receiver
}

// newStats goes on from what was counted of the receiver before.
func newStats(name string, counted []snapshot.Receiver) *stats {
	r := snapshot.Receiver{Name: name, Failures: map[string]uint64{}, Newest: map[string]snapshot.Failure{}}
	for _, c := range counted {
		if c.Name == name {
			r.Sent, r.Superseded, r.Suppressed = c.Sent, c.Superseded, c.Suppressed
			r.Dropped = c.Dropped
			maps.Copy(r.Failures, c.Failures)
			maps.Copy(r.Newest, c.Newest)
		}
	}
	return &stats{r: r}
}

func (s *stats) sent() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.r.Sent++
}

func (s *stats) failed(reason string, f snapshot.Failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.r.Failures[reason]++
	s.r.Newest[reason] = f
}

func (s *stats) superseded(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.r.Superseded += uint64(n)
}

func (s *stats) suppressed(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.r.Suppressed += uint64(n)
}

func (s *stats) dropped(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.r.Dropped += uint64(n)
}

// quiet notes why firing alerts are quiet; the map is not changed any more.
func (s *stats) quiet(reasons map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.r.Quiet = reasons
}

func (s *stats) problem(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.r.Problem = text
}

// pictures notes why pictures are missing, or "".
func (s *stats) pictures(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.r.NoPictures = text
}

func (s *stats) view() snapshot.Receiver {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.r
	r.Failures, r.Newest = maps.Clone(s.r.Failures), maps.Clone(s.r.Newest)
	return r
}

// AddStats adds what was counted elsewhere of receivers to what was here.
func AddStats(here, elsewhere []snapshot.Receiver) []snapshot.Receiver {
	out := slices.Clone(here)
	for _, e := range elsewhere {
		i := slices.IndexFunc(out, func(r snapshot.Receiver) bool { return r.Name == e.Name })
		if i < 0 {
			out = append(out, e)
			continue
		}
		r := &out[i]
		r.Sent += e.Sent
		r.Failures = maps.Clone(r.Failures)
		for reason, n := range e.Failures {
			r.Failures[reason] += n
		}
		r.Problem = cmp.Or(r.Problem, e.Problem)
	}
	return out
}
