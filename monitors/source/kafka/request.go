package kafka

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/apiversions"
	"github.com/twmb/franz-go/pkg/kmsg"
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
	raw      bool // leave the answer as bytes
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
	if r.raw {
		b, err := exchange(rw, r.Message, r.version, r.clientID)
		return answer{frame(b)}, err
	}
	m, err := protocol.RoundTrip(rw, r.version, 1, r.clientID, r.Message)
	return answer{m}, err
}

// answer hides the type of a response from the transport, which otherwise
// takes every metadata response for one that it asked for itself.
type answer struct{ protocol.Message }

// frame is the answer to a heartbeat or to leaving a group. Since version 1 the
// throttle time comes before the error code there, and kafka-go expects it after,
// so that it sees no error ever.
type frame []byte

// ApiKey implements protocol.Message.
func (frame) ApiKey() protocol.ApiKey { return protocol.Heartbeat }

// answeredRaw are the requests whose answer is a frame.
func answeredRaw(key protocol.ApiKey) bool {
	return key == protocol.Heartbeat || key == protocol.LeaveGroup
}

// exchange writes a request and returns the answer without its size and
// correlation id.
func exchange(rw io.ReadWriter, m protocol.Message, version int16, clientID string) ([]byte, error) {
	if err := protocol.WriteRequest(rw, version, 1, clientID, m); err != nil {
		return nil, err
	}
	return readAnswer(rw, nil)
}

// exchangeNewer is exchange for requests in versions that kafka-go does not
// know. The answer is in buf if it fits.
func exchangeNewer(rw io.ReadWriter, r kmsg.Request, clientID string, buf []byte) ([]byte, error) {
	f := kmsg.NewRequestFormatter(kmsg.FormatterClientID(clientID))
	if _, err := rw.Write(f.AppendRequest(nil, r, 1)); err != nil {
		return nil, err
	}
	return readAnswer(rw, buf)
}

// spoken asks the broker at the other end for the highest version of a request
// that it speaks. What kafka-go negotiated ends at its own highest one.
func spoken(rw io.ReadWriter, key protocol.ApiKey, clientID string) (int16, error) {
	m, err := protocol.RoundTrip(rw, 0, 1, clientID, &apiversions.Request{})
	if err != nil {
		return 0, err
	}
	if res, ok := m.(*apiversions.Response); ok {
		for _, k := range res.ApiKeys {
			if protocol.ApiKey(k.ApiKey) == key {
				return k.MaxVersion, nil
			}
		}
	}
	return 0, unexpected("api versions")
}

// readAnswer reads an answer, in buf if it fits. Large reads bypass the
// connection's buffer.
func readAnswer(rw io.Reader, buf []byte) ([]byte, error) {
	var head [8]byte
	if _, err := io.ReadFull(rw, head[:]); err != nil {
		return nil, noEOF(err)
	}
	size := int64(binary.BigEndian.Uint32(head[:4])) - 4
	if size < 0 || size > maxFrame {
		return nil, fmt.Errorf("an answer of %d bytes", size+4)
	}
	return readFrame(rw, buf, int(size))
}

// readFrame reads size bytes into buf, which it replaces if it is too small, or
// if it is left over from a frame far larger than this one.
func readFrame(rd io.Reader, buf []byte, size int) ([]byte, error) {
	if cap(buf) < size || cap(buf) > keepBuffer && cap(buf)/4 > size {
		buf = make([]byte, size+size/4)
	}
	buf = buf[:size]
	_, err := io.ReadFull(rd, buf)
	return buf, noEOF(err)
}

// noEOF turns the end of a connection into an error: callers that compare
// against io.EOF would take it for a regular end.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

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
