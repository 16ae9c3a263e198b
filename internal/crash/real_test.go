//go:build integration

package crash

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"driftwatch/internal/kafkatest"
)

func TestKilledAtAnyMomentOnKafka(t *testing.T) {
	crashes(t, []string{kafkatest.Real(t).Address}, "", 120)
}

func TestKilledAtAnyMomentInAGroupOnKafka(t *testing.T) {
	crashes(t, []string{kafkatest.Real(t).Address}, "watchers", 10)
}

func TestFleetOnKafka(t *testing.T) {
	fleet(t, []string{kafkatest.Real(t).Address}, "6s")
}

// A broker that is away for longer than the session: nobody has a group then, and
// all go on where they were when it is back.
func TestFleetWithoutABroker(t *testing.T) {
	broker := kafkatest.Real(t)
	cl := kafkatest.Idempotent(t, []string{broker.Address}, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	kafkatest.CreateTopic(t, cl, topic, partitions, "retention.ms", "-1")
	address := fmt.Sprintf("brokers: [%q]", broker.Address)
	told, toldCalm := &hook{fired: map[string][]time.Time{}}, &hook{fired: map[string][]time.Time{}}
	pair := []*fleetMember{newMember(t, address+", group: fleet, session: 6s", told), newMember(t, address+", group: fleet, session: 6s", told)}
	for _, m := range pair {
		m.start()
	}
	shared(pair)
	stop, ended := make(chan struct{}), make(chan struct{})
	var halt sync.Once
	go func() { defer close(ended); produceClock(t, cl, stop) }()
	t.Cleanup(func() { halt.Do(func() { close(stop) }); <-ended })
	goOn(pair)
	gone := time.Now()
	broker.Kill()
	for _, m := range pair {
		m.Until("it gives its monitors up", func() bool { return len(m.runs()) == 0 })
	}
	broker.Start()
	shared(pair)
	back := time.Now()
	goOn(pair)
	pair[0].Until("enough alerts are told", told.sated)
	halt.Do(func() { close(stop) })
	<-ended
	endFleet(t, pair, pair, newMember(t, address, toldCalm))
	compareAlerts(t, told, toldCalm, fault{gone, back})
}
