package kafka

import (
	"cmp"
	"maps"
	"slices"
)

// Unit is work that belongs to one member of a group as a whole: what is computed
// from all partitions of a topic. Units of one topic may belong to different
// members, which then all read it.
type Unit struct {
	Name   string `json:"name"`
	Topic  string `json:"topic"`
	Weight int    `json:"weight"` // against other units; at least 1
}

// member is a member of the group as its leader sees it.
type member struct {
	id       string
	instance string
	units    []Unit   // that it is ready to take
	owned    []string // names of those that it holds now
	former   []string // names of those that it held when it ended
}

// assignUnits shares units among members. Loads are balanced as far as whole
// units allow, and units stay where they are if moving them would not even loads
// out. A unit that has to move is given to nobody yet: its owner drains it and
// joins again, then it goes to the new one. So no two members ever hold the same
// unit. The result, by member id, depends on the arguments alone, not on their
// order.
func assignUnits(members []member) map[string][]string {
	s := newShares(members)
	for _, unit := range s.units {
		s.keep(unit, s.holder)
	}
	for _, unit := range s.units {
		s.keep(unit, s.former)
	}
	for _, unit := range s.units {
		s.place(unit)
	}
	for s.improve() {
	}
	result := make(map[string][]string, len(members))
	for unit, target := range s.owner {
		if h, held := s.holder[unit]; !held || h == target {
			id := s.members[target].id
			result[id] = append(result[id], unit)
		}
	}
	for _, units := range result {
		slices.Sort(units)
	}
	return result
}

// shares is an assignment in the making. Members are known by their index.
type shares struct {
	members []member // in an order that survives restarts
	takes   []map[string]bool
	holder  map[string]int // who holds a unit now
	former  map[string]int // who held one before it was started again
	weight  map[string]int
	units   []string // heaviest first
	owner   map[string]int
	load    []int
}

func newShares(members []member) *shares {
	s := &shares{
		members: slices.Clone(members),
		holder:  make(map[string]int),
		former:  make(map[string]int),
		weight:  make(map[string]int),
		owner:   make(map[string]int),
		load:    make([]int, len(members)),
	}
	slices.SortFunc(s.members, func(a, b member) int {
		return cmp.Or(cmp.Compare(a.instance, b.instance), cmp.Compare(a.id, b.id))
	})
	for i, m := range s.members {
		takes := make(map[string]bool, len(m.units))
		for _, u := range m.units {
			takes[u.Name] = true
			s.weight[u.Name] = max(s.weight[u.Name], u.Weight, 1)
		}
		s.takes = append(s.takes, takes)
		first(s.holder, m.owned, i)
		first(s.former, m.former, i)
	}
	s.units = slices.SortedFunc(maps.Keys(s.weight), func(a, b string) int {
		return cmp.Or(cmp.Compare(s.weight[b], s.weight[a]), cmp.Compare(a, b))
	})
	return s
}

// first notes a member for those units that none is noted for.
func first(of map[string]int, units []string, member int) {
	for _, unit := range units {
		if _, known := of[unit]; !known {
			of[unit] = member
		}
	}
}

func (s *shares) give(unit string, i int) {
	s.owner[unit] = i
	s.load[i] += s.weight[unit]
}

// keep leaves a unit with its holder, unless it has an owner.
func (s *shares) keep(unit string, holder map[string]int) {
	if _, kept := s.owner[unit]; kept {
		return
	}
	if h, held := holder[unit]; held && s.takes[h][unit] {
		s.give(unit, h)
	}
}

// place gives a unit that nobody kept to the member with the least load.
func (s *shares) place(unit string) {
	if _, kept := s.owner[unit]; kept {
		return
	}
	best := -1
	for i := range s.members {
		if s.takes[i][unit] && (best < 0 || s.load[i] < s.load[best]) {
			best = i
		}
	}
	s.give(unit, best) // somebody takes it, or it would not be known
}

// improve moves the one unit that evens two loads out most. Each move makes
// the sum of the squared loads smaller, so there is a last one.
func (s *shares) improve() bool {
	unit, to, gain := "", -1, 0
	for _, u := range s.units {
		from, w := s.owner[u], s.weight[u]
		for i := range s.members {
			// Half of what (a-w)²+(b+w)² is below a²+b².
			if g := w * (s.load[from] - s.load[i] - w); g > gain && s.takes[i][u] {
				unit, to, gain = u, i, g
			}
		}
	}
	if to < 0 {
		return false
	}
	s.load[s.owner[unit]] -= s.weight[unit]
	s.give(unit, to)
	return true
}
