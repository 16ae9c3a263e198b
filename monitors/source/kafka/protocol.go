package kafka

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/consumer"
	"github.com/segmentio/kafka-go/protocol/joingroup"
)

// The group speaks Kafka's consumer protocol, so that the usual tools can show
// who reads what, with an assignor of its own.
const (
	protocolType = "consumer"
	assignor     = "driftwatch-monitors"
)

// claim is what a member tells the leader beside its topics. It is compressed:
// the coordinator keeps those of all members in one record.
type claim struct {
	Units  []Unit   `json:"units"` // by name
	Owned  []string `json:"owned"`
	Former []string `json:"former,omitempty"`

	// Round changes when the member wants a new assignment: a coordinator
	// begins a rebalance only for a leader, or for changed metadata.
	Round int `json:"round"`
}

// grant is what the leader tells a member beside its partitions.
type grant struct {
	Units []string `json:"units"` // by name

	// Claimed says which units the member claimed, by which it sees that an
	// assignment which it got back after a restart is out of date.
	Claimed string `json:"claimed"`
}

// digest identifies a claim's units.
func digest(units []Unit) string {
	h := sha256.New()
	for _, u := range units {
		fmt.Fprintf(h, "%q %q %d\n", u.Name, u.Topic, u.Weight)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func encodeSubscription(c claim) ([]byte, error) {
	data, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	return protocol.Marshal(consumer.MaxVersionSupported, consumer.Subscription{
		Version: consumer.MaxVersionSupported, Topics: topicsOf(c.Units), UserData: compress(data),
	})
}

func topicsOf(units []Unit) []string {
	var topics []string
	for _, u := range units {
		topics = append(topics, u.Topic)
	}
	return sortedSet(topics)
}

func decodeMembers(list []joingroup.ResponseMember) ([]member, error) {
	members := make([]member, 0, len(list))
	for _, m := range list {
		var c claim
		var sub consumer.Subscription
		err := protocol.Unmarshal(m.Metadata, consumer.MaxVersionSupported, &sub)
		if err == nil {
			err = uncompressJSON(sub.UserData, &c)
		}
		if err != nil {
			return nil, fmt.Errorf("read the claim of member %q: %w", m.MemberID, err)
		}
		members = append(members, member{id: m.MemberID, instance: m.GroupInstanceID, units: c.Units, owned: c.Owned, former: c.Former})
	}
	return members, nil
}

// encodeAssignment grants units to a member. Tools see all partitions of their
// topics, given how many each has.
func encodeAssignment(m member, given []string, counts map[string]int) ([]byte, error) {
	data, err := json.Marshal(grant{Units: given, Claimed: digest(m.units)})
	if err != nil {
		return nil, err
	}
	a := consumer.Assignment{Version: consumer.MaxVersionSupported, UserData: compress(data)}
	var read []Unit
	for _, u := range m.units {
		if slices.Contains(given, u.Name) {
			read = append(read, u)
		}
	}
	for _, topic := range topicsOf(read) {
		tp := consumer.TopicPartition{Topic: topic}
		for id := range counts[topic] {
			tp.Partitions = append(tp.Partitions, int32(id))
		}
		a.AssignedPartitions = append(a.AssignedPartitions, tp)
	}
	return protocol.Marshal(consumer.MaxVersionSupported, a)
}

// decodeAssignment returns what this member was given.
func decodeAssignment(b []byte) (g grant, err error) {
	if len(b) == 0 { // a member that the leader did not know of
		return g, nil
	}
	var a consumer.Assignment
	if err = protocol.Unmarshal(b, consumer.MaxVersionSupported, &a); err == nil {
		err = uncompressJSON(a.UserData, &g)
	}
	if err != nil {
		return g, fmt.Errorf("read the assignment: %w", err)
	}
	return g, nil
}
