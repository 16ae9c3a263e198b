package kafka

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"driftwatch/internal/kafkatest"
	"driftwatch/monitors/source"
)

func ledger(t *testing.T, brokers []string, topic string) *Ledger {
	t.Helper()
	l := open(t, brokers).Ledger(topic)
	until(t, "the ledger is ready", func() bool {
		_, err := l.Get(kafkatest.Context(t), nil)
		return err == nil
	})
	return l
}

func entry(space, key string, value []byte) source.Entry {
	return source.Entry{Space: space, Key: key, Value: value}
}

func put(t *testing.T, l *Ledger, entries ...source.Entry) {
	t.Helper()
	if err := l.Put(kafkatest.Context(t), entries); err != nil {
		t.Fatal(err)
	}
}

func wantSpace(t *testing.T, l *Ledger, space string, want map[string][]byte) {
	t.Helper()
	got, err := l.Get(kafkatest.Context(t), []string{space})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, map[string]map[string][]byte{space: want}) {
		t.Fatalf("space %q holds %v", space, sizes(got[space]))
	}
}

func sizes(m map[string][]byte) []string {
	var out []string
	for k, v := range m {
		out = append(out, fmt.Sprintf("%s: %d bytes", k, len(v)))
	}
	return out
}

// noise is what compression makes no smaller.
func noise(seed uint64, n int) []byte {
	rng := rand.New(rand.NewPCG(seed, 0))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

func TestLedger(t *testing.T) {
	brokers, _ := kafkatest.Fake(t, kfake.NumBrokers(3))
	testLedger(t, brokers)
}

// testLedger keeps small values and large ones in spaces whose names are alike,
// and reads them as another process would.
func testLedger(t *testing.T, brokers []string) {
	one, two := ledger(t, brokers, "ledger"), ledger(t, brokers, "ledger")
	large, larger := noise(1, 3*maxPart/2), noise(2, 2*maxPart)
	put(t, one,
		entry("g/a", "main", []byte("first")), entry("g/a", "main", []byte("second")), entry("g/a", "empty", []byte{}),
		entry("g/a", "gone", []byte("x")), entry("g/a", "gone", nil),
		entry("g/a@1", "main", []byte("another")), entry("g/a#", "main", []byte("a third")))
	put(t, one, entry("g/a", "large", large), entry("g/b", "large", large), entry("g/b", "large", larger))
	wantSpace(t, two, "g/a", map[string][]byte{"main": []byte("second"), "empty": {}, "large": large})
	wantSpace(t, two, "g/a@1", map[string][]byte{"main": []byte("another")})
	wantSpace(t, two, "g/a#", map[string][]byte{"main": []byte("a third")})
	wantSpace(t, two, "g/b", map[string][]byte{"large": larger})
	wantSpace(t, two, "g", map[string][]byte{})

	put(t, two, entry("g/b", "large", []byte("small")))
	wantSpace(t, one, "g/b", map[string][]byte{"large": []byte("small")})
	if parts := partsLeft(t, one, "g/b"); parts > 0 {
		t.Errorf("%d parts of a value that was replaced are left", parts)
	}
}

// partsLeft counts the parts that the topic holds of a space's values.
func partsLeft(t *testing.T, l *Ledger, space string) int {
	t.Helper()
	l.parts = map[string]map[string]bool{}
	if _, err := l.Get(kafkatest.Context(t), []string{space}); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, parts := range l.parts {
		n += len(parts)
	}
	return n
}

// A process that dies while it writes leaves the value that was there before.
func TestLedgerHalfWritten(t *testing.T) {
	brokers, fake := kafkatest.Fake(t)
	l := ledger(t, brokers, "half")
	before, after := noise(1, 2*maxPart), noise(2, 4*maxPart)
	put(t, l, entry("s", "k", before))
	var left atomic.Int64
	gone := make(chan struct{}, 100)
	fake.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		fake.KeepControl()
		if left.Add(-1) >= 0 {
			return nil, nil, false
		}
		gone <- struct{}{}
		return nil, errors.New("the broker is gone"), true
	})
	for n := int64(0); ; n++ {
		left.Store(n)
		l := ledger(t, brokers, "half")
		ctx, cancel := context.WithCancel(kafkatest.Context(t))
		put := make(chan error, 1)
		go func() { put <- l.Put(ctx, []source.Entry{entry("s", "k", after)}) }()
		var err error
		select {
		case <-gone:
			cancel()
			err = errors.Join(errors.New("killed"), <-put)
		case err = <-put:
		}
		cancel()
		got, getErr := l.Get(kafkatest.Context(t), []string{"s"})
		if getErr != nil {
			t.Fatal(getErr)
		}
		if v := got["s"]["k"]; !bytes.Equal(v, before) && !bytes.Equal(v, after) {
			t.Fatalf("after %d writes it is neither the value before nor the one after", n)
		}
		if err == nil {
			return
		}
	}
}

func TestLedgerRefused(t *testing.T) {
	brokers, fake := kafkatest.Fake(t)
	cl := kafkatest.Client(t, brokers)
	kafkatest.CreateTopic(t, cl, "plain", 1)
	kafkatest.CreateTopic(t, cl, "compacted", 3, "cleanup.policy", "compact")
	c := open(t, brokers)
	fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.CreateTopics}, Err: kerr.ClusterAuthorizationFailed})
	for topic, want := range map[string]string{
		"plain":     `cleanup.policy is "delete"`,
		"new":       "cannot be made",
		"compacted": "<nil>",
	} {
		if _, err := c.Ledger(topic).Get(kafkatest.Context(t), nil); !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%s: %v, want %s", topic, err, want)
		}
	}
}
