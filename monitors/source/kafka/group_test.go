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

// runner is a membership: of a process that is alone, or of one in a group.
type runner[T any] interface {
	Run(ctx context.Context, given func(context.Context, []T) error) error
}

// process runs a membership and notes what it is given.
type process[T any] struct {
	given  chan []T
	cancel context.CancelFunc
	ended  chan error
}

func start[T any](t testing.TB, m runner[T]) *process[T] {
	t.Helper()
	ctx, cancel := context.WithCancel(kafkatest.Context(t))
	p := &process[T]{given: make(chan []T, 100), cancel: cancel, ended: make(chan error, 1)}
	go func() {
		p.ended <- m.Run(ctx, func(_ context.Context, set []T) error {
			p.given <- slices.Clone(set)
			return nil
		})
	}()
	t.Cleanup(func() { p.stop(t) })
	return p
}

func (p *process[T]) stop(t testing.TB) {
	t.Helper()
	p.cancel()
	if err, open := <-p.ended; open {
		close(p.ended)
		if err != nil {
			t.Errorf("run ended with %v", err)
		}
	}
}

// wait waits until the process is given so many.
func (p *process[T]) wait(t testing.TB, what string, count int) []T {
	t.Helper()
	timeout := time.After(kafkatest.Patience)
	for {
		select {
		case set := <-p.given:
			if len(set) == count {
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

// group is a membership that takes a unit of each topic.
func group(t testing.TB, c *Cluster, instance string, topics ...string) *Group {
	t.Helper()
	return groupAfter(t, c, nil, instance, topics...)
}

func groupAfter(t testing.TB, c *Cluster, before *Group, instance string, topics ...string) *Group {
	t.Helper()
	cfg := GroupConfig{ID: "g-" + topics[0], InstanceID: instance, Before: before, Session: 6 * time.Second, Heartbeat: 50 * time.Millisecond}
	for _, topic := range topics {
		cfg.Units = append(cfg.Units, Unit{Name: "of " + topic, Topic: topic, Weight: 1})
	}
	g, err := c.Group(cfg)
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
	p.wait(t, "two partitions", 2)
	admin := kafkatest.Client(t, brokers)
	kafkatest.AddPartitions(t, admin, "all-a", 3)
	p.wait(t, "the added partition", 3)
	kafkatest.CreateTopic(t, admin, "all-late", 2)
	got := p.wait(t, "the late topic", 5)
	want := []source.Partition{{Topic: "all-a"}, {Topic: "all-a", ID: 1}, {Topic: "all-a", ID: 2}, {Topic: "all-late"}, {Topic: "all-late", ID: 1}}
	if !slices.Equal(got, want) {
		t.Fatalf("assigned %v, want %v", got, want)
	}
}

func TestGroupRestartKeepsUnits(t *testing.T) {
	brokers, _ := kafkatest.Fake(t)
	testGroupRestart(t, brokers)
}

func testGroupRestart(t *testing.T, brokers []string) {
	topics(t, brokers, 4, "grouprestart-a", "grouprestart-b")
	first := start(t, group(t, open(t, brokers), "one", "grouprestart-a", "grouprestart-b"))
	first.wait(t, "both units", 2)
	first.stop(t)

	again := start(t, group(t, open(t, brokers), "one", "grouprestart-a", "grouprestart-b"))
	began := time.Now()
	again.wait(t, "its units after a restart", 2)
	if took := time.Since(began); took > time.Second {
		t.Errorf("a restart took %v to have its units", took)
	}
}

func TestGroupShares(t *testing.T) {
	brokers, _ := kafkatest.Fake(t, kfake.NumBrokers(3))
	testGroupShares(t, brokers)
}

func testGroupShares(t *testing.T, brokers []string) {
	topics(t, brokers, 4, "groupshares-a", "groupshares-b")
	one := start(t, group(t, open(t, brokers), "one", "groupshares-a", "groupshares-b"))
	one.wait(t, "all units", 2)

	g2 := group(t, open(t, brokers), "two", "groupshares-a", "groupshares-b")
	two := start(t, g2)
	has := one.wait(t, "half of them", 1)
	gets := two.wait(t, "the other half", 1)
	if has[0] == gets[0] {
		t.Fatalf("both have %v", has)
	}
	two.stop(t)
	if err := g2.Leave(kafkatest.Context(t)); err != nil {
		t.Fatal(err)
	}
	one.wait(t, "all units after the other left", 2)
}

func TestGroupClaimsChange(t *testing.T) {
	brokers, _ := kafkatest.Fake(t)
	testGroupClaims(t, brokers)
}

// testGroupClaims lets a process take more units and fewer, while it runs and
// over a restart, beside another one.
func testGroupClaims(t *testing.T, brokers []string) {
	topics(t, brokers, 1, "groupclaims-a", "groupclaims-b", "groupclaims-c")
	c := open(t, brokers)
	g := group(t, c, "one", "groupclaims-a", "groupclaims-b")
	p := start(t, g)
	p.wait(t, "its two units", 2)
	p.stop(t)

	g = groupAfter(t, c, g, "one", "groupclaims-a", "groupclaims-b", "groupclaims-c")
	if !g.Active(time.Now()) {
		t.Error("a membership that follows another is not active")
	}
	p = start(t, g)
	p.wait(t, "a unit that is new", 3)
	p.stop(t)

	p = start(t, group(t, open(t, brokers), "one", "groupclaims-a", "groupclaims-c"))
	if got := p.wait(t, "only what it still takes", 2); !slices.Equal(got, []string{"of groupclaims-a", "of groupclaims-c"}) {
		t.Fatalf("it has %q", got)
	}
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
	run.wait(t, "the unit", 1)
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
	first.wait(t, "its unit", 1)
	second := start(t, group(t, open(t, brokers), "one", "groupfences-a"))
	second.wait(t, "its unit", 1)
	err := <-first.ended
	close(first.ended)
	if fmt.Sprint(err) != ErrFenced.Error() {
		t.Fatalf("the first ended with %v, want %v", err, ErrFenced)
	}
}

// A process that dies is replaced once its session is over.
func TestGroupTakesOverFromTheDead(t *testing.T) {
	brokers, _ := kafkatest.Fake(t, kfake.GroupMinSessionTimeout(time.Millisecond))
	topics(t, brokers, 3, "a")
	join := func(instance string) *process[string] {
		g, err := open(t, brokers).Group(GroupConfig{
			ID: "g", InstanceID: instance, Units: []Unit{{"x", "a", 1}, {"y", "a", 1}}, Session: 500 * time.Millisecond, Heartbeat: 20 * time.Millisecond,
		})
		if err != nil {
			t.Fatal(err)
		}
		return start(t, g)
	}
	one := join("one")
	one.wait(t, "all units", 2)
	two := join("two")
	one.wait(t, "half of them", 1)
	two.wait(t, "the other half", 1)
	one.stop(t)
	two.wait(t, "all units", 2)
}

// A member that the group went on without gives everything up before it joins
// again.
func TestGroupExpelled(t *testing.T) {
	brokers, fake := kafkatest.Fake(t)
	topics(t, brokers, 2, "a")
	g := group(t, open(t, brokers), "one", "a")
	p := start(t, g)
	p.wait(t, "its unit", 1)
	if !g.Active(time.Now()) || g.Active(time.Now().Add(7*time.Second)) {
		t.Error("a member is active for its session")
	}
	fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Heartbeat}, Group: "g-a", Err: kerr.UnknownMemberID})
	p.wait(t, "end of it", 0)
	p.wait(t, "its unit again", 1)
}

// An error of the caller ends the membership.
func TestGroupEndsWithTheCallersError(t *testing.T) {
	brokers, _ := kafkatest.Fake(t)
	topics(t, brokers, 1, "a")
	c := open(t, brokers)
	broken := errors.New("disk full")
	err := c.All([]string{"a"}).Run(kafkatest.Context(t), func(context.Context, []source.Partition) error { return broken })
	if !errors.Is(err, broken) {
		t.Errorf("alone: it ended with %v, want %v", err, broken)
	}
	err = group(t, c, "one", "a").Run(kafkatest.Context(t), func(context.Context, []string) error { return broken })
	if !errors.Is(err, broken) {
		t.Errorf("in a group: it ended with %v, want %v", err, broken)
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
