package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"driftwatch/internal/kafkatest"
	"driftwatch/monitors/source"
)

// process runs a membership and notes what it is given.
type process struct {
	given  chan []source.Partition
	cancel context.CancelFunc
	ended  chan error
}

func start(t testing.TB, m Membership) *process {
	t.Helper()
	ctx, cancel := context.WithCancel(kafkatest.Context(t))
	p := &process{given: make(chan []source.Partition, 100), cancel: cancel, ended: make(chan error, 1)}
	go func() {
		p.ended <- m.Run(ctx, func(_ context.Context, set []source.Partition) error {
			p.given <- slices.Clone(set)
			return nil
		})
	}()
	t.Cleanup(func() { p.stop(t) })
	return p
}

func (p *process) stop(t testing.TB) {
	t.Helper()
	p.cancel()
	if err, open := <-p.ended; open {
		close(p.ended)
		if err != nil {
			t.Errorf("run ended with %v", err)
		}
	}
}

// wait waits until the process was given what the test wants.
func (p *process) wait(t testing.TB, what string, want func([]source.Partition) bool) []source.Partition {
	t.Helper()
	timeout := time.After(kafkatest.Patience)
	for {
		select {
		case set := <-p.given:
			if want(set) {
				return set
			}
		case err := <-p.ended:
			close(p.ended)
			t.Fatalf("waiting for %s, run ended: %v", what, err)
		case <-timeout:
			t.Fatalf("no %s", what)
		}
	}
}

func count(n int) func([]source.Partition) bool {
	return func(set []source.Partition) bool { return len(set) == n }
}

func group(t testing.TB, c *Cluster, instance string, topics ...string) *Group {
	t.Helper()
	g, err := c.Group(GroupConfig{ID: "g-" + topics[0], InstanceID: instance, Topics: topics, Session: 6 * time.Second, Heartbeat: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// topics makes topics with n partitions each.
func topics(t testing.TB, brokers []string, n int32, names ...string) {
	t.Helper()
	cl := kafkatest.Client(t, brokers)
	for _, name := range names {
		kafkatest.CreateTopic(t, cl, name, n)
	}
}

func TestAllPartitionsOfTopicsThatGrowAndAppear(t *testing.T) {
	brokers, _ := kafkatest.Fake(t)
	testAllGrows(t, brokers)
}

func testAllGrows(t *testing.T, brokers []string) {
	topics(t, brokers, 2, "all-a")
	p := start(t, open(t, brokers).All([]string{"all-late", "all-a", "all-a"}))
	p.wait(t, "two partitions", count(2))
	admin := kafkatest.Client(t, brokers)
	kafkatest.AddPartitions(t, admin, "all-a", 3)
	p.wait(t, "the added partition", count(3))
	kafkatest.CreateTopic(t, admin, "all-late", 2)
	got := p.wait(t, "the late topic", count(5))
	want := []source.Partition{{Topic: "all-a"}, {Topic: "all-a", ID: 1}, {Topic: "all-a", ID: 2}, {Topic: "all-late"}, {Topic: "all-late", ID: 1}}
	if !slices.Equal(got, want) {
		t.Fatalf("assigned %v, want %v", got, want)
	}
}

func TestGroupRestartKeepsPartitions(t *testing.T) {
	brokers, _ := kafkatest.Fake(t)
	testGroupRestart(t, brokers)
}

func testGroupRestart(t *testing.T, brokers []string) {
	topics(t, brokers, 4, "grouprestart-a", "grouprestart-b")
	first := start(t, group(t, open(t, brokers), "one", "grouprestart-a", "grouprestart-b"))
	first.wait(t, "all partitions", count(8))
	first.stop(t)

	again := start(t, group(t, open(t, brokers), "one", "grouprestart-a", "grouprestart-b"))
	began := time.Now()
	again.wait(t, "its partitions after a restart", count(8))
	if took := time.Since(began); took > time.Second {
		t.Errorf("a restart took %v to have its partitions", took)
	}
}

func TestGroupSharesWholeTopics(t *testing.T) {
	brokers, _ := kafkatest.Fake(t, kfake.NumBrokers(3))
	testGroupShares(t, brokers)
}

func testGroupShares(t *testing.T, brokers []string) {
	topics(t, brokers, 4, "groupshares-a", "groupshares-b")
	one := start(t, group(t, open(t, brokers), "one", "groupshares-a", "groupshares-b"))
	one.wait(t, "all partitions", count(8))

	g2 := group(t, open(t, brokers), "two", "groupshares-a", "groupshares-b")
	two := start(t, g2)
	has := one.wait(t, "half of them", count(4))
	gets := two.wait(t, "the other half", count(4))
	if has[0].Topic == gets[0].Topic || has[3].Topic != has[0].Topic || gets[3].Topic != gets[0].Topic {
		t.Fatalf("one has %v, two has %v: not whole topics", has, gets)
	}
	two.stop(t)
	if err := g2.Leave(kafkatest.Context(t)); err != nil {
		t.Fatal(err)
	}
	one.wait(t, "all partitions after the other left", count(8))
}

func TestGroupSeesNewPartitionsAndTopics(t *testing.T) {
	brokers, _ := kafkatest.Fake(t)
	testGroupGrows(t, brokers)
}

func testGroupGrows(t *testing.T, brokers []string) {
	topics(t, brokers, 1, "groupgrows-a")
	p := start(t, group(t, open(t, brokers), "one", "groupgrows-a", "groupgrows-late"))
	p.wait(t, "the partition", count(1))
	admin := kafkatest.Client(t, brokers)
	kafkatest.AddPartitions(t, admin, "groupgrows-a", 2)
	p.wait(t, "the added partition", count(2))
	kafkatest.CreateTopic(t, admin, "groupgrows-late", 2)
	p.wait(t, "the late topic", count(4))
	p.stop(t)

	kafkatest.AddPartitions(t, admin, "groupgrows-late", 3)
	again := start(t, group(t, open(t, brokers), "one", "groupgrows-a", "groupgrows-late"))
	again.wait(t, "what was added while it was away", count(5))
}

func TestGroupCommits(t *testing.T) {
	brokers, _ := kafkatest.Fake(t)
	testGroupCommits(t, brokers)
}

func testGroupCommits(t *testing.T, brokers []string) {
	topics(t, brokers, 2, "groupcommits-a")
	ctx := kafkatest.Context(t)
	g := group(t, open(t, brokers), "one", "groupcommits-a")
	p := source.Partition{Topic: "groupcommits-a", ID: 1}
	run := start(t, g)
	run.wait(t, "partitions", count(2))
	if _, ok, err := g.Committed(ctx, p); ok || err != nil {
		t.Fatalf("a new group has an offset: %v, %v", ok, err)
	}
	want := source.Position{Offset: 42, Metadata: "w=1"}
	if err := g.Commit(ctx, map[source.Partition]source.Position{p: want, {Topic: "groupcommits-a"}: {Offset: 7}}); err != nil {
		t.Fatal(err)
	}
	run.stop(t)
	got, ok, err := group(t, open(t, brokers), "one", "groupcommits-a").Committed(ctx, p)
	if err != nil || !ok || got != want {
		t.Fatalf("stored position is %+v, %v, %v, want %+v", got, ok, err, want)
	}
}

func TestGroupFencedByTheSameInstance(t *testing.T) {
	brokers, _ := kafkatest.Fake(t)
	testGroupFences(t, brokers)
}

func testGroupFences(t *testing.T, brokers []string) {
	topics(t, brokers, 1, "groupfences-a")
	first := start(t, group(t, open(t, brokers), "one", "groupfences-a"))
	first.wait(t, "partitions", count(1))
	second := start(t, group(t, open(t, brokers), "one", "groupfences-a"))
	second.wait(t, "partitions", count(1))
	err := <-first.ended
	close(first.ended)
	if fmt.Sprint(err) != ErrFenced.Error() {
		t.Fatalf("the first ended with %v, want %v", err, ErrFenced)
	}
}

// A process that dies is replaced once its session is over.
func TestGroupTakesOverFromTheDead(t *testing.T) {
	brokers, _ := kafkatest.Fake(t, kfake.GroupMinSessionTimeout(time.Millisecond))
	topics(t, brokers, 3, "a", "b")
	join := func(instance string) *process {
		g, err := open(t, brokers).Group(GroupConfig{
			ID: "g", InstanceID: instance, Topics: []string{"a", "b"}, Session: 500 * time.Millisecond, Heartbeat: 20 * time.Millisecond,
		})
		if err != nil {
			t.Fatal(err)
		}
		return start(t, g)
	}
	one := join("one")
	one.wait(t, "all partitions", count(6))
	two := join("two")
	one.wait(t, "half of them", count(3))
	two.wait(t, "the other half", count(3))
	one.stop(t)
	two.wait(t, "all partitions", count(6))
}

// A member that the group went on without gives everything up before it joins
// again.
func TestGroupExpelled(t *testing.T) {
	brokers, fake := kafkatest.Fake(t)
	topics(t, brokers, 2, "a")
	p := start(t, group(t, open(t, brokers), "one", "a"))
	p.wait(t, "partitions", count(2))
	fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Heartbeat}, Group: "g-a", Err: kerr.UnknownMemberID})
	p.wait(t, "end of them", count(0))
	p.wait(t, "partitions again", count(2))
}

// An error of the caller ends the membership.
func TestGroupEndsWithTheCallersError(t *testing.T) {
	brokers, _ := kafkatest.Fake(t)
	topics(t, brokers, 1, "a")
	c := open(t, brokers)
	broken := errors.New("disk full")
	fail := func(context.Context, []source.Partition) error { return broken }
	for name, m := range map[string]Membership{"all": c.All([]string{"a"}), "group": group(t, c, "one", "a")} {
		if err := m.Run(kafkatest.Context(t), fail); !errors.Is(err, broken) {
			t.Errorf("%s ended with %v, want %v", name, err, broken)
		}
	}
}

func TestGroupConfigErrors(t *testing.T) {
	c := open(t, []string{"localhost:9092"})
	for want, cfg := range map[string]GroupConfig{
		"it needs a name":      {InstanceID: "i"},
		"an instance id":       {ID: "g"},
		"must not be negative": {ID: "g", InstanceID: "i", Session: -1},
		"shorter than session": {ID: "g", InstanceID: "i", Session: 1, Heartbeat: 1},
	} {
		if _, err := c.Group(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
