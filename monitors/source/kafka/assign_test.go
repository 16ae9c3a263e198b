package kafka

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func drawMembers(t *rapid.T) ([]member, map[string]int) {
	partitions := make(map[string]int)
	var topics []string
	for i := range rapid.IntRange(0, 12).Draw(t, "topics") {
		topics = append(topics, fmt.Sprint("t", i))
		partitions[topics[i]] = rapid.IntRange(0, 16).Draw(t, "partitions")
	}
	members := make([]member, rapid.IntRange(1, 5).Draw(t, "members"))
	for i := range members {
		members[i] = member{id: fmt.Sprint("m", i), instance: fmt.Sprint("i", i), topics: topics}
	}
	return members, partitions
}

// settle plays the group's rounds: members drain what they lost and join again.
func settle(members []member, partitions map[string]int) (owned map[string][]string, rounds int) {
	for {
		given := assignTopics(members, partitions)
		stable := true
		for i := range members {
			stable = stable && slices.Equal(members[i].owned, given[members[i].id])
			members[i].owned = given[members[i].id]
		}
		if stable {
			return given, rounds
		}
		rounds++
	}
}

func load(topics []string, partitions map[string]int) (n int) {
	for _, t := range topics {
		n += partitions[t]
	}
	return n
}

func TestAssignment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members, partitions := drawMembers(t)
		owned, rounds := settle(members, partitions)
		if rounds > 2 {
			t.Fatalf("%d rounds until a new group has settled", rounds)
		}
		least, most, largest := 1<<30, 0, 0
		given := make(map[string]string)
		for _, m := range members {
			n := load(owned[m.id], partitions)
			least, most = min(least, n), max(most, n)
			for _, topic := range owned[m.id] {
				if given[topic] != "" {
					t.Fatalf("%s is %s's and %s's", topic, given[topic], m.id)
				}
				given[topic] = m.id
			}
		}
		for topic, n := range partitions {
			if largest = max(largest, n); n > 0 && given[topic] == "" {
				t.Fatalf("%s is nobody's", topic)
			}
		}
		if most-least > largest {
			t.Fatalf("loads from %d to %d, with topics of at most %d partitions", least, most, largest)
		}
	})
}

// A topic is never given to one member while another still holds it, members
// that stay keep what they had when one leaves, and the order of the members in
// the leader's list does not matter.
func TestAssignmentChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members, partitions := drawMembers(t)
		settle(members, partitions)
		before := make(map[string]string)
		for _, m := range members {
			for _, topic := range m.owned {
				before[topic] = m.id
			}
		}
		joined := append(slices.Clone(members), member{id: "new", instance: "a-new", topics: slices.Collect(maps.Keys(partitions))})
		given := assignTopics(joined, partitions)
		for id, topics := range given {
			for _, topic := range topics {
				if before[topic] != "" && before[topic] != id {
					t.Fatalf("%s went from %s to %s at once", topic, before[topic], id)
				}
			}
		}
		shuffled := slices.Clone(joined)
		rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)).Shuffle(len(shuffled), func(i, j int) {
			shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
		})
		if again := assignTopics(shuffled, partitions); !reflect.DeepEqual(given, again) {
			t.Fatalf("in another order %v, not %v", again, given)
		}
		if _, rounds := settle(joined, partitions); rounds > 3 {
			t.Fatalf("%d rounds until the group has settled", rounds)
		}
	})
}

func TestAssignmentKeepsToSubscriptions(t *testing.T) {
	given := assignTopics([]member{
		{id: "1", instance: "a", topics: []string{"x"}, owned: []string{"y"}}, // y was in its former configuration
		{id: "2", instance: "b", topics: []string{"x", "y", "z"}},
	}, map[string]int{"x": 1, "y": 1, "z": 0})
	if want := map[string][]string{"1": {"x"}}; !reflect.DeepEqual(given, want) {
		t.Fatalf("given %v, want %v until y is drained", given, want)
	}
}
