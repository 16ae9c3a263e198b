package alerting

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// keeper is a receiver that remembers something of each monitor.
type keeper struct {
	*receiver
	knows map[string][]byte
	err   error
}

func (k *keeper) Remember() map[string][]byte { return maps.Clone(k.knows) }

func (k *keeper) Recall(kept map[string][]byte) error {
	k.knows = maps.Clone(kept)
	return k.err
}

// TestReceiversRemember: what a receiver keeps is stored with the acknowledgement of
// its message, is there after a restart, and goes when it is forgotten.
func TestReceiversRemember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(nil)
		k := &keeper{receiver: r.receiver, knows: map[string][]byte{}}
		r.as = k
		r.receiver.answers(func(m Message) error {
			for _, e := range m.Events {
				k.knows[e.Alert.Monitor] = []byte(`"` + e.Alert.State + `"`)
				if e.Alert.State == "resolved" {
					delete(k.knows, e.Alert.Monitor)
				}
			}
			return nil
		})
		r.start(t)
		r.outbox.add(fire("churn", "a", 1), fire("fraud", "a", 1))
		r.wants(t, "churn: a firing", "fraud: a firing")
		r.stop()
		k.knows = nil
		r.start(t)
		synctest.Wait()
		if string(k.knows["churn"]) != `"firing"` || string(k.knows["fraud"]) != `"firing"` {
			t.Errorf("after a restart it knows %s", k.knows)
		}
		r.outbox.add(resolve("churn", "a", 1, 2))
		synctest.Wait()
		r.stop()
		r.start(t)
		synctest.Wait()
		if len(k.knows) != 1 || r.outbox.memory["team"]["churn"] != nil {
			t.Errorf("it knows %s, and stored is %s", k.knows, r.outbox.memory["team"])
		}
		r.stop()
		k.err = errors.New("version 99")
		r.start(t)
		r.outbox.add(resolve("fraud", "a", 1, 3))
		r.wants(t, "churn: a firing", "fraud: a firing", "churn: a resolved", "fraud: a resolved")
		r.stop()
		if n := strings.Count(r.log.String(), "version 99"); n != 1 {
			t.Errorf("said %d times:\n%s", n, r.log)
		}
	})
}

// TestNothingIsRememberedUnwritten: what a receiver keeps is not stored before the
// acknowledgement that belongs to it.
func TestNothingIsRememberedUnwritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(nil)
		k := &keeper{receiver: r.receiver, knows: map[string][]byte{}}
		r.as = k
		r.receiver.answers(func(Message) error { k.knows["churn"] = []byte("1"); return nil })
		r.outbox.failAcks(errors.New("no space left on device"))
		r.start(t)
		r.outbox.add(fire("churn", "a", 1))
		time.Sleep(time.Minute)
		if len(r.outbox.memory["team"]) != 0 {
			t.Errorf("stored is %s", r.outbox.memory)
		}
		r.outbox.failAcks(nil)
		time.Sleep(retryMax)
		synctest.Wait()
		if n := r.outbox.pending("team"); n != 0 || !strings.Contains(string(r.outbox.memory["team"]["churn"]), `"receiver":1`) {
			t.Errorf("%d events wait, stored is %s", n, r.outbox.memory)
		}
		r.stop()
	})
}

// TestMemoryOfOneMonitor: another process that gets the part of a monitor with it
// tells nothing twice, ends what was told, keeps to the cooldown, and knows that an
// alert flaps. Its events have ids of their own, later ones.
func TestMemoryOfOneMonitor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(nil)
		r.settings.Cooldown = time.Hour
		r.route.FlapWindows = 10
		r.start(t)
		r.outbox.add(fire("churn", "a", 1), fire("fraud", "a", 1))
		r.outbox.add(fire("loan", "a", 1), resolve("loan", "a", 1, 2))
		r.wants(t, "churn: a firing", "fraud: a firing", "loan: a firing", "loan: a resolved")
		r.stop()

		other := newRig(nil)
		other.settings, other.route = r.settings, r.route
		other.outbox.memory["team"] = map[string][]byte{"churn": r.outbox.memory["team"]["churn"], "loan": r.outbox.memory["team"]["loan"]}
		other.outbox.first = 100
		other.start(t)
		other.outbox.add(fire("churn", "a", 1))
		other.outbox.add(fire("churn", "b", 2))
		other.outbox.add(fire("fraud", "a", 1))
		other.wants(t, "fraud: a firing")
		other.outbox.add(resolve("churn", "a", 1, 2))
		other.wants(t, "fraud: a firing", "churn: a resolved")
		time.Sleep(2 * time.Hour)
		other.outbox.add(fire("loan", "a", 3))
		other.outbox.add(fire("churn", "a", 20))
		other.wants(t, "fraud: a firing", "churn: a resolved", "churn: a firing")
		other.stop()
	})
}

// TestMemoryWithoutParts: what was stored when the memory had no parts is used and
// becomes a part of its monitor's.
func TestMemoryWithoutParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(nil)
		r.settings.Cooldown = time.Hour
		r.outbox.memory["team"] = map[string][]byte{"": []byte(`{"alerts":{"churn/a":{"id":7,"state":"firing","since":"2000-01-01T00:01:00Z"}},
			"cooldown":{"\"churn\"\"Drift\"":"2000-01-01T00:00:00Z"}}`)}
		r.outbox.first = 7
		r.start(t)
		r.outbox.add(fire("churn", "a", 1))
		r.outbox.add(fire("churn", "b", 2))
		r.wants(t)
		r.outbox.add(resolve("churn", "a", 1, 3))
		r.wants(t, "churn: a resolved")
		r.stop()
		if m := r.outbox.memory["team"]; len(m) != 1 || !strings.Contains(string(m["churn"]), "cooldown") {
			t.Errorf("stored is %s", m)
		}
	})
}
