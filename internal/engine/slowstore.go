package engine

import (
	"fmt"
	"time"
)

// slowAfter is how long the store may take for one write before people are told.
const slowAfter = 10 * time.Second

// tellIfSlow is called before a write of the store, and what it returns after
// it. While the store is written nothing is read and nothing new can be shown, so a
// disk that takes long would look like a daemon in good health: what was
// shown last is shown again, with the reason.
func (s *sequencer) tellIfSlow() (written func()) {
	begin, told := time.Now(), make(chan struct{})
	timer := time.AfterFunc(slowAfter, func() {
		defer close(told)
		s.opts.Log.Warn("the store takes long to write; nothing is read until it has", "path", s.opts.Store.Path(), "after", slowAfter)
		v := *s.shown // the sequencer waits, and nobody else changes it
		v.Ready, v.Reason = false, fmt.Sprintf("the store has not been written for %v: its disk is slow or hangs", slowAfter)
		v.Store.Fault = v.Reason
		s.opts.Publish(&v)
	})
	return func() {
		if timer.Stop() {
			return
		}
		<-told // or it would hide what is shown next
		s.opts.Log.Warn("the store was written", "path", s.opts.Store.Path(), "took", time.Since(begin).Round(time.Millisecond))
		s.opts.Publish(s.shown)
	}
}
