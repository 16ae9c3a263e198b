//go:build integration

package crash

import (
	"testing"

	"driftwatch/internal/kafkatest"
)

func TestKilledAtAnyMomentOnKafka(t *testing.T) {
	crashes(t, []string{kafkatest.Real(t).Address}, "", 190)
}

func TestKilledAtAnyMomentInAGroupOnKafka(t *testing.T) {
	crashes(t, []string{kafkatest.Real(t).Address}, "watchers", 10)
}

func TestFleetOnKafka(t *testing.T) {
	fleet(t, []string{kafkatest.Real(t).Address}, "6s")
}
