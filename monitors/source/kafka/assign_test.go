package kafka

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func drawMembers(t *rapid.T) []member {
	var units []Unit
	for i := range rapid.IntRange(0, 12).Draw(t, "units") {
		units = append(units, Unit{Name: fmt.Sprint("u", i), Weight: rapid.IntRange(1, 16).Draw(t, "weight")})
	}
	members := make([]member, rapid.IntRange(1, 5).Draw(t, "members"))
	for i := range members {
		members[i] = member{id: fmt.Sprint("m", i), instance: fmt.Sprint("i", i), units: units}
	}
	return members
}

// settle plays the group's rounds: members drain what they lost and join again.
func settle(members []member) (owned map[string][]string, rounds int) {
	for {
		given := assignUnits(members)
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

func load(names []string, units []Unit) (n int) {
	for _, u := range units {
		if slices.Contains(names, u.Name) {
			n += u.Weight
		}
	}
	return n
}

func TestAssignment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := drawMembers(t)
		owned, rounds := settle(members)
		if rounds > 2 {
			t.Fatalf("%d rounds until a new group has settled", rounds)
		}
		least, most, largest := 1<<30, 0, 0
		given := make(map[string]string)
		for _, m := range members {
			n := load(owned[m.id], members[0].units)
			least, most = min(least, n), max(most, n)
			for _, unit := range owned[m.id] {
				if given[unit] != "" {
					t.Fatalf("%s is %s's and %s's", unit, given[unit], m.id)
				}
				given[unit] = m.id
			}
		}
		for _, u := range members[0].units {
			if largest = max(largest, u.Weight); given[u.Name] == "" {
				t.Fatalf("%s is nobody's", u.Name)
			}
		}
		if most-least > largest {
			t.Fatalf("loads from %d to %d, with units of at most %d", least, most, largest)
		}
	})
}

// A unit is never given to one member while another still holds it, members
// that stay keep what they had when one leaves, and the order of the members in
// the leader's list does not matter.
func TestAssignmentChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := drawMembers(t)
		settle(members)
		before := make(map[string]string)
		for _, m := range members {
			for _, unit := range m.owned {
				before[unit] = m.id
			}
		}
		joined := append(slices.Clone(members), member{id: "new", instance: "a-new", units: members[0].units})
		given := assignUnits(joined)
		for id, units := range given {
			for _, unit := range units {
				if before[unit] != "" && before[unit] != id {
					t.Fatalf("%s went from %s to %s at once", unit, before[unit], id)
				}
			}
		}
		shuffled := slices.Clone(joined)
		rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)).Shuffle(len(shuffled), func(i, j int) {
			shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
		})
		if again := assignUnits(shuffled); !reflect.DeepEqual(given, again) {
			t.Fatalf("in another order %v, not %v", again, given)
		}
		if _, rounds := settle(joined); rounds > 3 {
			t.Fatalf("%d rounds until the group has settled", rounds)
		}
	})
}

// A member never gets what it did not claim, even if it holds it still.
func TestAssignmentKeepsToClaims(t *testing.T) {
	x, y := Unit{Name: "x", Weight: 1}, Unit{Name: "y", Weight: 1}
	members := []member{
		{id: "1", instance: "a", units: []Unit{x}, owned: []string{"y"}}, // y was in its former configuration
		{id: "2", instance: "b", units: []Unit{x, y}},
	}
	if given, want := assignUnits(members), map[string][]string{"1": {"x"}}; !reflect.DeepEqual(given, want) {
		t.Fatalf("given %v, want %v until y is drained", given, want)
	}
	given, _ := settle(members)
	if want := map[string][]string{"1": {"x"}, "2": {"y"}}; !reflect.DeepEqual(given, want) {
		t.Fatalf("in the end %v, want %v", given, want)
	}
}

// A member that was started again has its units back, although the group shares
// them anew, unless somebody holds them by now.
func TestAssignmentAfterARestart(t *testing.T) {
	x, y, z := Unit{Name: "x", Weight: 5}, Unit{Name: "y", Weight: 5}, Unit{Name: "z", Weight: 5}
	all := []Unit{x, y, z}
	given := assignUnits([]member{
		{id: "1", instance: "a", units: all, owned: []string{"z"}},
		{id: "2", instance: "b", units: all, former: []string{"y", "x", "z"}},
	})
	if want := map[string][]string{"1": {"z"}, "2": {"x", "y"}}; !reflect.DeepEqual(given, want) {
		t.Fatalf("given %v, want %v", given, want)
	}
}

// A thousand monitors are shared in no time.
func BenchmarkAssign(b *testing.B) {
	var units []Unit
	for i := range 1000 {
		units = append(units, Unit{Name: fmt.Sprint("u", i), Weight: 1 + i%20})
	}
	members := []member{{id: "1", units: units}, {id: "2", units: units}, {id: "3", units: units}}
	for _, u := range units {
		members[0].owned = append(members[0].owned, u.Name)
	}
	b.ReportAllocs()
	for b.Loop() {
		assignUnits(members)
	}
}
