package kafka

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/consumer"
	"github.com/segmentio/kafka-go/protocol/joingroup"

	"driftwatch/monitors/source"
)

// The group speaks Kafka's consumer protocol, so that the usual tools can show
// who reads what, with an assignor of its own.
const (
	protocolType = "consumer"
	assignor     = "driftwatch-topics"
)

// claim is what a member tells the leader beside its topics.
type claim struct {
	Owned []string `json:"owned"`

	// Round changes when the member wants a new assignment: a coordinator
	// begins a rebalance only for a leader, or for changed metadata.
	Round int `json:"round"`
}

// grant is what the leader tells members beside their partitions.
type grant struct {
	// Partitions of each topic when they were shared, by which a member sees
	// that an assignment which it got back after a restart is out of date.
	Partitions map[string]int `json:"partitions"`
}

func encodeSubscription(topics []string, c claim) ([]byte, error) {
	data, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	return protocol.Marshal(consumer.MaxVersionSupported, consumer.Subscription{
		Version: consumer.MaxVersionSupported, Topics: topics, UserData: data,
	})
}

func decodeMembers(list []joingroup.ResponseMember) ([]member, error) {
	members := make([]member, 0, len(list))
	for _, m := range list {
		var sub consumer.Subscription
		if err := protocol.Unmarshal(m.Metadata, consumer.MaxVersionSupported, &sub); err != nil {
			return nil, fmt.Errorf("read the subscription of member %q: %w", m.MemberID, err)
		}
		var c claim
		if err := json.Unmarshal(sub.UserData, &c); err != nil {
			return nil, fmt.Errorf("read the claim of member %q: %w", m.MemberID, err)
		}
		members = append(members, member{id: m.MemberID, instance: m.GroupInstanceID, topics: sub.Topics, owned: c.Owned})
	}
	return members, nil
}

// encodeAssignment gives all partitions of the topics.
func encodeAssignment(topics []string, counts map[string]int) ([]byte, error) {
	data, err := json.Marshal(grant{Partitions: counts})
	if err != nil {
		return nil, err
	}
	a := consumer.Assignment{Version: consumer.MaxVersionSupported, UserData: data}
	for _, topic := range topics {
		tp := consumer.TopicPartition{Topic: topic}
		for id := range counts[topic] {
			tp.Partitions = append(tp.Partitions, int32(id))
		}
		a.AssignedPartitions = append(a.AssignedPartitions, tp)
	}
	return protocol.Marshal(consumer.MaxVersionSupported, a)
}

// assignment is what this member was given.
type assignment struct {
	partitions []source.Partition
	topics     []string
	counts     map[string]int // of all shared topics, then
}

func decodeAssignment(b []byte) (assignment, error) {
	if len(b) == 0 { // a member that the leader did not know of
		return assignment{}, nil
	}
	var a consumer.Assignment
	if err := protocol.Unmarshal(b, consumer.MaxVersionSupported, &a); err != nil {
		return assignment{}, fmt.Errorf("read the assignment: %w", err)
	}
	var g grant
	if err := json.Unmarshal(a.UserData, &g); err != nil {
		return assignment{}, fmt.Errorf("read the assignment: %w", err)
	}
	got := make(map[string]int)
	for _, tp := range a.AssignedPartitions {
		got[tp.Topic] = len(tp.Partitions)
	}
	return assignment{
		partitions: partitionsOf(got), topics: slices.Sorted(maps.Keys(got)), counts: g.Partitions,
	}, nil
}
