//go:build integration

package kafkatest

import (
	"testing"
	"time"
)

func TestRealKeepsRecordsThroughAKill(t *testing.T) {
	b := Real(t)
	cl := Client(t, []string{b.Address})
	CreateTopic(t, cl, "t", 1)
	Produce(t, cl, Record("t", 0, nil, []byte("before"), time.UnixMilli(1)))
	b.Kill()
	b.Start()
	Produce(t, cl, Record("t", 0, nil, []byte("after"), time.UnixMilli(2)))
	got := ReadCommitted(Context(t), t, []string{b.Address}, "t", 0, 0, 2)
	if string(got[0].Value) != "before" || string(got[1].Value) != "after" {
		t.Fatalf("read %q, %q", got[0].Value, got[1].Value)
	}
}
