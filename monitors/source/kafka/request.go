package kafka

import (
	"fmt"
	"io"

	"github.com/segmentio/kafka-go/protocol"
)

// anyBroker routes a request to whichever broker answers first.
const anyBroker = -1

// request is a message with its route. The transport's own routing works from
// metadata that may be some seconds old and sends heartbeats to any broker;
// here the caller says which broker is meant, so that a moved leader or
// coordinator costs one look-up.
type request struct {
	protocol.Message
	node     int32
	max      int16 // highest version to speak
	clientID string
	version  int16
}

// Broker implements protocol.BrokerMessage.
func (r *request) Broker(protocol.Cluster) (protocol.Broker, error) {
	return protocol.Broker{ID: r.node}, nil
}

// Required implements protocol.RawExchanger: it notes the version that the
// connection negotiated.
func (r *request) Required(versions map[protocol.ApiKey]int16) bool {
	r.version = min(r.max, versions[r.ApiKey()])
	return true
}

// RawExchange implements protocol.RawExchanger. A connection carries one
// exchange at a time, so any correlation id will do.
func (r *request) RawExchange(rw io.ReadWriter) (protocol.Message, error) {
	if p, ok := r.Message.(protocol.PreparedMessage); ok {
		p.Prepare(r.version)
	}
	m, err := protocol.RoundTrip(rw, r.version, 1, r.clientID, r.Message)
	return answer{m}, err
}

// answer hides the type of a response from the transport, which otherwise
// takes every metadata response for one that it asked for itself.
type answer struct{ protocol.Message }

// maxVersion is the highest version of a request that this package speaks. The
// group requests stop below the first flexible version, whose encoding in
// kafka-go lacks some compact strings.
func maxVersion(key protocol.ApiKey) int16 {
	switch key {
	case protocol.JoinGroup:
		return 5
	case protocol.SyncGroup, protocol.Heartbeat, protocol.LeaveGroup:
		return 3
	default:
		return 1<<15 - 1
	}
}

var (
	_ protocol.BrokerMessage = (*request)(nil)
	_ protocol.RawExchanger  = (*request)(nil)
)

// unexpected is the error for an answer that does not fit its question.
func unexpected(what string) error {
	return fmt.Errorf("%s: the answer does not match the request", what)
}
