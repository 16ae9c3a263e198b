package engine

import (
	"testing"

	"driftwatch/monitors/source"
)

// Of the streams of a topic the one that needs the oldest record decides.
func TestPublishedOffsetIsTheOldestOfAllStreams(t *testing.T) {
	p := source.Partition{Topic: "t"}
	var o offsets
	for _, step := range []struct {
		stream       string
		oldest, want int64
	}{{"a", 10, 10}, {"b", 5, 5}, {"a", 20, 5}, {"b", 30, 20}, {"b", 40, 20}} {
		o.set(step.stream, p, step.oldest)
		if got := o.take()[p].Offset; got != step.want {
			t.Errorf("after %q needs %d: offset %d, want %d", step.stream, step.oldest, got, step.want)
		}
	}
	if got := o.take(); len(got) != 0 {
		t.Errorf("%v is published twice", got)
	}
}
