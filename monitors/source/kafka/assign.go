package kafka

import (
	"cmp"
	"maps"
	"slices"
)

// member is a member of the group as its leader sees it.
type member struct {
	id       string
	instance string
	topics   []string // that it is ready to take
	owned    []string // that it holds now
}

// assignTopics shares topics among members. All partitions of a topic go to one
// member, since what is computed from a topic's records belongs to one process.
// Loads, in partitions, are balanced as far as whole topics allow, and topics
// stay where they are if moving them would not even loads out. A topic that has
// to move is given to nobody yet: its owner drains it and joins again, then it
// goes to the new one. So no two members ever hold the same topic. The result,
// by member id, depends on the arguments alone, not on their order.
func assignTopics(members []member, partitions map[string]int) map[string][]string {
	s := newShares(members, partitions)
	for _, topic := range s.topics {
		s.keep(topic)
	}
	for _, topic := range s.topics {
		s.place(topic)
	}
	for s.improve() {
	}
	result := make(map[string][]string, len(members))
	for topic, target := range s.owner {
		if h := s.holder(topic); h < 0 || h == target {
			id := s.members[target].id
			result[id] = append(result[id], topic)
		}
	}
	for _, topics := range result {
		slices.Sort(topics)
	}
	return result
}

// shares is an assignment in the making.
type shares struct {
	members    []member // in an order that survives restarts
	partitions map[string]int
	topics     []string       // those with partitions, largest first
	owner      map[string]int // index into members
	load       []int
}

func newShares(members []member, partitions map[string]int) *shares {
	s := &shares{
		members:    slices.Clone(members),
		partitions: partitions,
		owner:      make(map[string]int),
		load:       make([]int, len(members)),
	}
	slices.SortFunc(s.members, func(a, b member) int {
		return cmp.Or(cmp.Compare(a.instance, b.instance), cmp.Compare(a.id, b.id))
	})
	for topic, n := range partitions {
		if n > 0 {
			s.topics = append(s.topics, topic)
		}
	}
	slices.SortFunc(s.topics, func(a, b string) int {
		return cmp.Or(cmp.Compare(partitions[b], partitions[a]), cmp.Compare(a, b))
	})
	return s
}

// holder is the member that holds a topic now, or -1.
func (s *shares) holder(topic string) int {
	return slices.IndexFunc(s.members, func(m member) bool { return slices.Contains(m.owned, topic) })
}

func (s *shares) takes(i int, topic string) bool { return slices.Contains(s.members[i].topics, topic) }

func (s *shares) give(topic string, i int) {
	s.owner[topic] = i
	s.load[i] += s.partitions[topic]
}

// keep leaves a topic with its holder.
func (s *shares) keep(topic string) {
	if h := s.holder(topic); h >= 0 && s.takes(h, topic) {
		s.give(topic, h)
	}
}

// place gives a topic that nobody kept to the member with the least load.
func (s *shares) place(topic string) {
	if _, kept := s.owner[topic]; kept {
		return
	}
	best := -1
	for i := range s.members {
		if s.takes(i, topic) && (best < 0 || s.load[i] < s.load[best]) {
			best = i
		}
	}
	if best >= 0 {
		s.give(topic, best)
	}
}

// improve moves the one topic that evens two loads out most. Each move makes
// the sum of the squared loads smaller, so there is a last one.
func (s *shares) improve() bool {
	topic, to, gain := "", -1, 0
	for _, t := range slices.Sorted(maps.Keys(s.owner)) {
		from, w := s.owner[t], s.partitions[t]
		for i := range s.members {
			// Half of what (a-w)²+(b+w)² is below a²+b².
			if g := w * (s.load[from] - s.load[i] - w); g > gain && s.takes(i, t) {
				topic, to, gain = t, i, g
			}
		}
	}
	if to < 0 {
		return false
	}
	s.load[s.owner[topic]] -= s.partitions[topic]
	s.give(topic, to)
	return true
}
