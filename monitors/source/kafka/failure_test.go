package kafka

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"driftwatch/internal/kafkatest"
	"driftwatch/monitors/source"
)

// numbered writes records with the values 0, 1, 2 ... one batch each.
func numbered(t testing.TB, cl *kgo.Client, topic string, n int) {
	t.Helper()
	for i := range n {
		kafkatest.Produce(t, cl, kafkatest.Record(topic, 0, nil, []byte{byte(i)}, time.UnixMilli(int64(1000*i))))
	}
}

// testLogStart deletes records in the middle of a batch: those are lost, and
// those that come before the log start in that batch do not appear.
func testLogStart(t *testing.T, brokers []string) {
	producer := kafkatest.Idempotent(t, brokers)
	kafkatest.CreateTopic(t, producer, "start", 1)
	var batch []*kgo.Record
	for i := range 20 {
		batch = append(batch, kafkatest.Record("start", 0, nil, []byte{byte(i)}, time.UnixMilli(1)))
	}
	kafkatest.Produce(t, producer, batch...)
	kafkatest.DeleteRecords(t, producer, "start", 0, 7)
	c := open(t, brokers)
	got, next, lost := readAll(kafkatest.Context(t), t, c.Log(source.Partition{Topic: "start"}), 2)
	if lost != 5 || next != 20 || len(got) != 13 || got[0].Offset != 7 {
		t.Fatalf("read %d records up to %d with %d lost, want 13 from 7 on up to 20 with 5 lost", len(got), next, lost)
	}
	if p := c.Problems(); len(p) != 0 {
		t.Errorf("problems afterwards: %v", p)
	}
}

func TestRecordsBelowTheLogStartAreCounted(t *testing.T) {
	brokers, _ := kafkatest.Fake(t)
	testLogStart(t, brokers)
}

// testTruncated reads beyond the end of a topic that was made again.
func testTruncated(t *testing.T, brokers []string) {
	producer := kafkatest.Plain(t, brokers)
	kafkatest.CreateTopic(t, producer, "cut", 1)
	numbered(t, producer, "cut", 2)
	ctx := kafkatest.Context(t)
	_, err := open(t, brokers).Log(source.Partition{Topic: "cut"}).Fetch(ctx, 9)
	truncated, ok := errors.AsType[*source.TruncatedError](err)
	if !ok || truncated.From != 9 || truncated.Start != 0 || truncated.End != 2 {
		t.Fatalf("fetch beyond the end: %v", err)
	}
}

func TestFetchBeyondTheEnd(t *testing.T) {
	brokers, _ := kafkatest.Fake(t)
	testTruncated(t, brokers)
}

// testMadeAgain deletes a topic and makes it again, with a longer log, while it is
// read: no batch of the new one passes for one of the old one.
func testMadeAgain(t *testing.T, brokers []string) {
	producer := kafkatest.Plain(t, brokers)
	kafkatest.CreateTopic(t, producer, "again", 1)
	numbered(t, producer, "again", 2)
	log, ctx := open(t, brokers).Log(source.Partition{Topic: "again"}), kafkatest.Context(t)
	before, err := log.Fetch(ctx, 2)
	if err != nil || before.TopicID == "" {
		t.Fatalf("fetch: %+v, %v", before, err)
	}
	kafkatest.DeleteTopic(t, producer, "again")
	kafkatest.CreateTopic(t, producer, "again", 1)
	other := kafkatest.Plain(t, brokers) // the first one may hold on to the old topic for a while
	numbered(t, other, "again", 9)
	after, err := log.Fetch(ctx, 2)
	for err == nil && len(after.Records) == 0 {
		after, err = log.Fetch(ctx, 2)
	}
	if err != nil || after.TopicID == before.TopicID || after.TopicID == "" {
		t.Fatalf("after topic %q was made again: %+v, %v", before.TopicID, after, err)
	}
}

// testMadeAgainSmaller deletes a topic and makes it again with fewer partitions: one
// that is no more has an empty log. Else whoever waits for it waits for ever.
func testMadeAgainSmaller(t *testing.T, brokers []string) {
	admin := kafkatest.Client(t, brokers)
	kafkatest.CreateTopic(t, admin, "smaller", 2)
	log, ctx := open(t, brokers).Log(source.Partition{Topic: "smaller", ID: 1}), kafkatest.Context(t)
	before, err := log.Fetch(ctx, 0)
	if err != nil || !before.AtEnd() {
		t.Fatalf("fetch: %+v, %v", before, err)
	}
	kafkatest.DeleteTopic(t, admin, "smaller")
	kafkatest.CreateTopic(t, admin, "smaller", 1)
	for range 3 {
		after, err := log.Fetch(ctx, 0)
		for err == nil && after.TopicID == before.TopicID {
			after, err = log.Fetch(ctx, 0)
		}
		if err != nil || !after.AtEnd() || len(after.Records) != 0 || after.TopicID == "" {
			t.Fatalf("of the topic without the partition: %+v, %v", after, err)
		}
	}
	kafkatest.AddPartitions(t, admin, "smaller", 2)
	producer := kafkatest.Idempotent(t, brokers)
	kafkatest.Produce(t, producer, kafkatest.Record("smaller", 1, nil, nil, time.UnixMilli(1)))
	if got, _, _ := readAll(ctx, t, log, 0); len(got) != 1 {
		t.Fatalf("read %d records of the partition that was added, want 1", len(got))
	}
}

func TestTopicThatIsMadeAgainSmaller(t *testing.T) {
	brokers, _ := kafkatest.Fake(t)
	testMadeAgainSmaller(t, brokers)
}

func TestTopicThatIsMadeAgain(t *testing.T) {
	brokers, _ := kafkatest.Fake(t)
	testMadeAgain(t, brokers)
}

// A broker without topic ids is asked by name.
func TestBrokerWithoutTopicIDs(t *testing.T) {
	brokers, _ := kafkatest.Fake(t, kfake.MaxVersions(kversion.V2_7_0()))
	producer := kafkatest.Plain(t, brokers)
	kafkatest.CreateTopic(t, producer, "old", 1)
	numbered(t, producer, "old", 3)
	b, err := open(t, brokers).Log(source.Partition{Topic: "old"}).Fetch(kafkatest.Context(t), 0)
	if err != nil || len(b.Records) != 3 || b.TopicID != "" {
		t.Fatalf("fetch: %+v, %v", b, err)
	}
}

func TestTopicThatIsCreatedLater(t *testing.T) {
	brokers, fake := kafkatest.Fake(t)
	c := open(t, brokers)
	ctx := kafkatest.Context(t)
	if ids, err := c.Partitions(ctx, "late"); err != nil || len(ids) != 0 {
		t.Fatalf("partitions of a topic that does not exist: %v, %v", ids, err)
	}
	got := make(chan source.Batch, 1)
	go func() {
		b, err := c.Log(source.Partition{Topic: "late"}).Fetch(ctx, 0)
		if err != nil {
			t.Error(err)
		}
		got <- b
	}()
	until(t, "a problem", func() bool { return len(c.Problems()) == 1 })
	if fake.TopicInfo("late") != nil {
		t.Fatal("reading a topic has created it")
	}
	kafkatest.CreateTopic(t, kafkatest.Client(t, brokers), "late", 1)
	if b := <-got; !b.AtEnd() || len(b.Records) != 0 {
		t.Errorf("first batch of an empty topic: %+v", b)
	}
	if p := c.Problems(); len(p) != 0 {
		t.Errorf("problems afterwards: %v", p)
	}
}

func TestLeaderMoves(t *testing.T) {
	brokers, fake := kafkatest.Fake(t, kfake.NumBrokers(3))
	producer := kafkatest.Plain(t, brokers)
	kafkatest.CreateTopic(t, producer, "moving", 1)
	c := open(t, brokers)
	log, ctx := c.Log(source.Partition{Topic: "moving"}), kafkatest.Context(t)
	var next int64
	for i := range 9 {
		if err := fake.MoveTopicPartition("moving", 0, int32(i%3)); err != nil {
			t.Fatal(err)
		}
		numbered(t, producer, "moving", 1)
		var got []source.Record
		if got, next, _ = readAll(ctx, t, log, next); len(got) != 1 {
			t.Fatalf("move %d: read %d records, want 1", i, len(got))
		}
	}
}

// Whatever a broker answers for a while, reading goes on and nothing is lost.
func TestFaultsPass(t *testing.T) {
	for _, fault := range []*kerr.Error{
		kerr.NotLeaderForPartition, kerr.LeaderNotAvailable, kerr.UnknownTopicOrPartition, kerr.RequestTimedOut,
		kerr.FencedLeaderEpoch, kerr.KafkaStorageError, kerr.UnknownServerError, kerr.OffsetOutOfRange,
		kerr.TopicAuthorizationFailed, kerr.CorruptMessage,
	} {
		t.Run(fault.Message, func(t *testing.T) {
			brokers, fake := kafkatest.Fake(t)
			producer := kafkatest.Plain(t, brokers)
			kafkatest.CreateTopic(t, producer, "f", 1)
			numbered(t, producer, "f", 3)
			fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Err: fault, Count: 3})
			got, next, lost := readAll(kafkatest.Context(t), t, open(t, brokers).Log(source.Partition{Topic: "f"}), 0)
			if len(got) != 3 || next != 3 || lost != 0 {
				t.Fatalf("read %d records up to %d with %d lost, want all 3", len(got), next, lost)
			}
		})
	}
}

func TestBrokerThatIsDownAtStartAndGoesAway(t *testing.T) {
	dir := t.TempDir()
	brokers, fake := kafkatest.Fake(t, kfake.DataDir(dir), kfake.SeedTopics(1, "t"))
	fake.Close()
	logged := &lines{}
	c := open(t, brokers, func(c *Config) { c.Log = slog.New(slog.NewTextHandler(logged, nil)) })
	ctx := kafkatest.Context(t)
	var retry *RetryError
	if _, err := c.Partitions(ctx, "t"); !errors.As(err, &retry) {
		t.Fatalf("list partitions while the broker is down: %v, want a RetryError", err)
	}

	log := c.Log(source.Partition{Topic: "t"})
	for round := range 2 {
		read := make(chan int64, 1)
		go func() {
			var next int64
			for next <= int64(round) {
				b, err := log.Fetch(ctx, next)
				if err != nil {
					t.Error(err)
					break
				}
				next = b.Next
			}
			read <- next
		}()
		until(t, "a problem", func() bool { return len(c.Problems()) == 1 })
		again := restart(t, brokers, dir)
		kafkatest.Produce(t, kafkatest.Plain(t, brokers), kafkatest.Record("t", 0, nil, []byte("x"), time.UnixMilli(1)))
		if next := <-read; next != int64(round)+1 {
			t.Fatalf("read up to %d, want %d", next, round+1)
		}
		again.Close()
	}
	if n, m := logged.count("trying again"), logged.count("works again"); n != 2 || m != 2 {
		t.Errorf("said %d times that something is wrong and %d times that it is over, want 2 and 2:\n%s", n, m, logged.text())
	}
}

// restart starts a fake cluster again at its former address.
func restart(t *testing.T, brokers []string, dir string) *kfake.Cluster {
	t.Helper()
	_, fake := kafkatest.Fake(t, kfake.DataDir(dir), kfake.Ports(port(t, brokers[0])))
	return fake
}

func TestFetchEndsWithItsContext(t *testing.T) {
	brokers, fake := kafkatest.Fake(t, kfake.SeedTopics(1, "t"))
	log := open(t, brokers, func(c *Config) { c.MaxWait = time.Minute }).Log(source.Partition{Topic: "t"})
	ctx, cancel := context.WithCancel(t.Context())
	fetched := fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Observe: true, Count: -1})
	go func() {
		if err := fetched.Wait(kafkatest.Context(t), 1); err != nil {
			t.Error(err)
		}
		cancel()
	}()
	if _, err := log.Fetch(ctx, 0); !errors.Is(err, context.Canceled) {
		t.Fatalf("fetch ended with %v, want that its context was cancelled", err)
	}
}

// Who stops reading while a broker is down does not say that it works again.
func TestProblemEndsUnsaidWithItsContext(t *testing.T) {
	brokers, fake := kafkatest.Fake(t, kfake.SeedTopics(1, "t"))
	fake.Close()
	logged := &lines{}
	c := open(t, brokers, func(c *Config) { c.Log = slog.New(slog.NewTextHandler(logged, nil)) })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := c.Log(source.Partition{Topic: "t"}).Fetch(ctx, 0)
		ended <- err
	}()
	until(t, "a problem", func() bool { return len(c.Problems()) == 1 })
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) || len(c.Problems()) != 0 || logged.count("works again") != 0 {
		t.Errorf("%v, problems %v:\n%s", err, c.Problems(), logged.text())
	}
}

func TestResolve(t *testing.T) {
	brokers, _ := kafkatest.Fake(t)
	testResolve(t, brokers)
}

// testResolve looks up offsets in a log with records at 0 s, 1 s ... 4 s whose
// first was deleted.
func testResolve(t *testing.T, brokers []string) {
	producer := kafkatest.Plain(t, brokers)
	kafkatest.CreateTopic(t, producer, "resolve", 1)
	numbered(t, producer, "resolve", 5)
	kafkatest.DeleteRecords(t, producer, "resolve", 0, 1)
	c := open(t, brokers)
	for name, tt := range map[string]struct {
		start source.Start
		want  int64
	}{
		"earliest":              {source.Start{}, 1},
		"latest":                {source.Start{Latest: true}, 5},
		"exact time":            {source.Start{At: time.UnixMilli(3000)}, 3},
		"just after a record":   {source.Start{At: time.UnixMilli(3000).Add(1)}, 4},
		"before the log starts": {source.Start{At: time.UnixMilli(-5000)}, 1},
		"after all records":     {source.Start{At: time.UnixMilli(9000)}, 5},
	} {
		got, err := c.Resolve(kafkatest.Context(t), source.Partition{Topic: "resolve"}, tt.start)
		if err != nil || got != tt.want {
			t.Errorf("%s: %d, %v, want %d", name, got, err, tt.want)
		}
	}
}

// until waits for a condition that other goroutines bring about.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	ctx := kafkatest.Context(t)
	for !ok() {
		if pause(ctx, 5*time.Millisecond) != nil {
			t.Fatalf("no %s", what)
		}
	}
}

// lines keeps what is logged.
type lines struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *lines) count(s string) int { return strings.Count(l.text(), s) }
