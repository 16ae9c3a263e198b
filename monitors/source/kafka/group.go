package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/findcoordinator"
	"github.com/segmentio/kafka-go/protocol/heartbeat"
	"github.com/segmentio/kafka-go/protocol/joingroup"
	"github.com/segmentio/kafka-go/protocol/leavegroup"
	"github.com/segmentio/kafka-go/protocol/syncgroup"
)

// ErrFenced says that another process joined the group with this one's instance
// id. Going on would throw the other out, which would come back, and so on.
var ErrFenced = errors.New("another process has joined the group with the same instance id")

// Group is a static membership: the coordinator knows the process by its
// instance id, so that one that was killed has its partitions back as soon as
// it joins again, and a restart moves nothing.
type Group struct {
	c       *Cluster
	cfg     GroupConfig
	subject string

	mu          sync.Mutex // guards what follows: commits come from other goroutines
	coordinator int32
	member      string
	generation  int32
	until       time.Time // when the group may have gone on without this member

	// Of Run's goroutine.
	round int
	told  bool     // the caller has been called
	held  []string // names of units, sorted
}

// Group returns the membership of a process that shares units of work with
// others.
func (c *Cluster) Group(cfg GroupConfig) (*Group, error) {
	cfg.Units = slices.SortedFunc(slices.Values(cfg.Units), func(a, b Unit) int { return strings.Compare(a.Name, b.Name) })
	cfg.Session = cmp.Or(cfg.Session, 45*time.Second)
	cfg.Rebalance = cmp.Or(cfg.Rebalance, time.Minute)
	cfg.Heartbeat = cmp.Or(cfg.Heartbeat, min(3*time.Second, cfg.Session/3))
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	g := &Group{c: c, cfg: cfg, subject: "group " + cfg.ID, coordinator: anyBroker, generation: -1}
	if cfg.Before != nil {
		g.follow(cfg.Before)
	}
	return g, nil
}

// ID is the group's name.
func (g *Group) ID() string { return g.cfg.ID }

// follow takes the place of a membership whose Run has ended.
func (g *Group) follow(before *Group) {
	g.cfg.Before = nil
	if before.cfg.ID != g.cfg.ID || before.cfg.InstanceID != g.cfg.InstanceID {
		return
	}
	g.member, g.generation = before.state()
	g.until, g.round, g.told = before.until, before.round, before.told
	for _, u := range g.cfg.Units {
		if slices.Contains(before.held, u.Name) {
			g.held = append(g.held, u.Name)
		}
	}
}

// Granted is told the names of this process's units, sorted. Its context ends when
// they are taken back before it has returned.
type Granted = func(ctx context.Context, units []string) error

// Run calls granted with all units of this process whenever they change, one
// call at a time; there may be none. The call returns once units that are not
// among them any more are drained, since another process takes them then. Where
// the group went on without this process, which Active tells, another may have
// them already. Run ends when ctx does, with nil, or with an error that trying
// again would not cure. The process stays a member, for a restart to take its
// place; see Leave.
func (g *Group) Run(ctx context.Context, granted Granted) error {
	defer g.c.problems.clear(g.subject)
	retry := backoff{limit: g.c.cfg.MaxBackoff}
	for ctx.Err() == nil {
		got, err := g.join(ctx)
		if err == nil {
			g.c.problems.clear(g.subject)
			retry.tries = 0
			err = g.hold(ctx, got, granted)
		}
		if caller, ok := errors.AsType[callerError](err); ok {
			return endOf(ctx, caller.error)
		}
		if errors.Is(err, ErrFenced) {
			return err
		}
		if errors.Is(err, errExpelled) && ctx.Err() == nil {
			if err := g.drop(ctx, granted); err != nil {
				return endOf(ctx, err)
			}
		}
		if err != nil {
			g.pause(ctx, &retry, err)
		}
	}
	return nil
}

// pause waits before the next try to join. It says nothing of the first two
// failures: the first join of a new cluster fails, as it makes its offsets topic.
func (g *Group) pause(ctx context.Context, retry *backoff, err error) {
	if retry.tries > 1 && ctx.Err() == nil {
		g.c.trouble(g.subject, err)
	}
	_ = retry.wait(ctx) // the caller looks at ctx
}

// errExpelled says that the group went on without this member, so that its
// units may be another's by now.
var errExpelled = errors.New("the group went on without this process")

// callerError is one that the callback of Run returned.
type callerError struct{ error }

// drop gives all units up after this member was expelled.
func (g *Group) drop(ctx context.Context, granted Granted) error {
	g.setMember("", -1)
	g.extend(time.Time{})
	if len(g.held) == 0 {
		return nil
	}
	g.cfg.Former, g.held = g.held, nil
	return granted(ctx, nil)
}

func (g *Group) setMember(id string, generation int32) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.member, g.generation = id, generation
}

// extend notes until when the group waits for another sign of life, and returns
// what was noted before.
func (g *Group) extend(until time.Time) (before time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	before, g.until = g.until, until
	return before
}

// Active reports whether the units that were granted are this process's at now,
// as far as it can know: a process that was stopped for longer than the session
// finds out here, before it hears from the group.
func (g *Group) Active(now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return now.Before(g.until)
}

func (g *Group) state() (member string, generation int32) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.member, g.generation
}

// call sends a message to the group's coordinator, which it finds if need be.
func (g *Group) call(ctx context.Context, m protocol.Message, timeout time.Duration) (protocol.Message, error) {
	node, err := g.find(ctx)
	if err != nil {
		return nil, err
	}
	res, err := g.c.call(ctx, node, m, timeout)
	if err != nil {
		g.forget()
	}
	return res, err
}

func (g *Group) find(ctx context.Context) (int32, error) {
	g.mu.Lock()
	node := g.coordinator
	g.mu.Unlock()
	if node != anyBroker {
		return node, nil
	}
	m, err := g.c.call(ctx, anyBroker, &findcoordinator.Request{Key: g.cfg.ID}, g.c.cfg.Timeout)
	if err != nil {
		return 0, err
	}
	res, ok := m.(*findcoordinator.Response)
	if !ok {
		return 0, unexpected("find coordinator")
	}
	if res.ErrorCode != 0 {
		return 0, kafkago.Error(res.ErrorCode)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.coordinator = res.NodeID
	return res.NodeID, nil
}

// forget makes the next call look for the coordinator again.
func (g *Group) forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.coordinator = anyBroker
}

// failure turns an error code of the coordinator into an error and remembers
// what it means for this member.
func (g *Group) failure(code int16) error {
	switch err := kafkago.Error(code); err {
	case 0:
		return nil
	case kafkago.FencedInstanceID:
		return ErrFenced
	case kafkago.UnknownMemberId, kafkago.IllegalGeneration:
		return fmt.Errorf("%w: %w", errExpelled, err)
	case kafkago.NotCoordinatorForGroup, kafkago.GroupCoordinatorNotAvailable:
		g.forget()
		return err
	default:
		return err
	}
}

// join joins the group and returns what it gives this member. The member that
// leads it shares the units.
func (g *Group) join(ctx context.Context) (got grant, err error) {
	before := g.extend(time.Now().Add(g.cfg.Rebalance + g.cfg.Session)) // the group waits for all members
	defer func() {
		if err != nil {
			g.extend(before)
		}
	}()
	id, _ := g.state()
	metadata, err := encodeSubscription(claim{Units: g.cfg.Units, Owned: g.held, Former: g.cfg.Former, Round: g.round})
	if err != nil {
		return grant{}, err
	}
	m, err := g.call(ctx, &joingroup.Request{
		GroupID:            g.cfg.ID,
		SessionTimeoutMS:   int32(g.cfg.Session.Milliseconds()),
		RebalanceTimeoutMS: int32(g.cfg.Rebalance.Milliseconds()),
		MemberID:           id,
		GroupInstanceID:    g.cfg.InstanceID,
		ProtocolType:       protocolType,
		Protocols:          []joingroup.RequestProtocol{{Name: assignor, Metadata: metadata}},
	}, g.cfg.Rebalance+g.c.cfg.Timeout)
	if err != nil {
		return grant{}, err
	}
	res, ok := m.(*joingroup.Response)
	if !ok {
		return grant{}, unexpected("join group")
	}
	if err := g.failure(res.ErrorCode); err != nil {
		return grant{}, err
	}
	g.setMember(res.MemberID, res.GenerationID)
	var shares []syncgroup.RequestAssignment
	if res.LeaderID == res.MemberID {
		if shares, err = g.share(ctx, res.Members); err != nil {
			return grant{}, err
		}
	}
	return g.sync(ctx, shares)
}

// share is done by the leader: it says who gets what.
func (g *Group) share(ctx context.Context, list []joingroup.ResponseMember) ([]syncgroup.RequestAssignment, error) {
	members, err := decodeMembers(list)
	if err != nil {
		return nil, err
	}
	given := assignUnits(members)
	counts := make(map[string]int)
	shares := make([]syncgroup.RequestAssignment, 0, len(members))
	for _, m := range members {
		for _, topic := range topicsOf(m.units) {
			g.count(ctx, topic, counts)
		}
		b, err := encodeAssignment(m, given[m.id], counts)
		if err != nil {
			return nil, err
		}
		shares = append(shares, syncgroup.RequestAssignment{MemberID: m.id, Assignment: b})
	}
	return shares, nil
}

// count notes how many partitions a topic has. They are only shown, so that a
// topic which cannot be asked for is no reason not to share the others.
func (g *Group) count(ctx context.Context, topic string, counts map[string]int) {
	if _, known := counts[topic]; known {
		return
	}
	ids, err := g.c.Partitions(ctx, topic)
	if err != nil {
		g.c.log.Debug("a topic is shared without its partitions", "topic", topic, "error", err)
	}
	counts[topic] = len(ids)
}

func (g *Group) sync(ctx context.Context, shares []syncgroup.RequestAssignment) (grant, error) {
	id, generation := g.state()
	sent := time.Now()
	m, err := g.call(ctx, &syncgroup.Request{
		GroupID:         g.cfg.ID,
		GenerationID:    generation,
		MemberID:        id,
		GroupInstanceID: g.cfg.InstanceID,
		Assignments:     shares,
	}, g.cfg.Rebalance+g.c.cfg.Timeout)
	if err != nil {
		return grant{}, err
	}
	res, ok := m.(*syncgroup.Response)
	if !ok {
		return grant{}, unexpected("sync group")
	}
	if err := g.failure(res.ErrorCode); err != nil {
		return grant{}, err
	}
	g.extend(sent.Add(g.cfg.Session))
	return decodeAssignment(res.Assignments)
}

// beat gives a sign of life. rejoin is true if the group is sharing anew.
func (g *Group) beat(ctx context.Context) (rejoin bool, err error) {
	id, generation := g.state()
	sent := time.Now()
	m, err := g.call(ctx, &heartbeat.Request{
		GroupID: g.cfg.ID, GenerationID: generation, MemberID: id, GroupInstanceID: g.cfg.InstanceID,
	}, min(g.c.cfg.Timeout, g.cfg.Session))
	if err != nil {
		return false, err
	}
	err = g.failure(outcome(m))
	rejoin = errors.Is(err, kafkago.RebalanceInProgress)
	if err != nil && !rejoin {
		return false, err
	}
	g.extend(sent.Add(g.cfg.Session))
	return rejoin, nil
}

// Leave gives the membership up, so that others take the units at once
// rather than after Session. It is for a process that is not to come back, and
// is called after Run has returned.
func (g *Group) Leave(ctx context.Context) error {
	id, _ := g.state()
	m, err := g.call(ctx, &leavegroup.Request{
		GroupID: g.cfg.ID,
		Members: []leavegroup.RequestMember{{MemberID: id, GroupInstanceID: g.cfg.InstanceID}},
	}, g.c.cfg.Timeout)
	if err != nil {
		return fmt.Errorf("leave group %q: %w", g.cfg.ID, retryable(err))
	}
	if code := outcome(m); code != 0 {
		return fmt.Errorf("leave group %q: %w", g.cfg.ID, retryable(kafkago.Error(code)))
	}
	g.setMember("", -1)
	return nil
}

// outcome reads the error code after the throttle time of a heartbeat's answer,
// or of one to leaving a group, where that of the only member follows.
func outcome(m protocol.Message) int16 {
	b, ok := m.(frame)
	if !ok {
		return int16(kafkago.Unknown)
	}
	d := wire{b: b}
	d.int32() // throttle time
	code := d.int16()
	if code == 0 && len(d.b) > 0 && d.int32() == 1 {
		d.skip(int(d.int16()))         // member
		d.skip(max(0, int(d.int16()))) // instance
		code = d.int16()
	}
	if d.failed {
		return int16(kafkago.Unknown)
	}
	return code
}
