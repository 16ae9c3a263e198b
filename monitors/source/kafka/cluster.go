// Package kafka reads committed records from Kafka and shares partitions with
// other processes. It speaks the protocol through kafka-go's transport, and
// parses fetched record batches itself, which costs no allocation per record.
// It knows nothing of what records mean, of windows, or of the store.
package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/listoffsets"

	"driftwatch/monitors/source"
)

// Cluster is a connection to a Kafka cluster. It is safe for concurrent use.
type Cluster struct {
	cfg       Config
	log       *slog.Logger
	addr      net.Addr
	transport *kafkago.Transport
	conns     connections
	problems  problems
}

// Open prepares access to the cluster. It reads the files that cfg names but
// does not dial: brokers may be down.
func Open(cfg Config) (*Cluster, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	tlsConfig, err := cfg.TLS.config()
	if err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	mechanism, err := cfg.SASL.mechanism()
	if err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	c := &Cluster{cfg: cfg, log: cfg.Log, addr: kafkago.TCP(cfg.Brokers...)}
	c.problems.log = cfg.Log
	c.transport = &kafkago.Transport{
		Dial:           c.conns.dial,
		ClientID:       cfg.ClientID,
		TLS:            tlsConfig,
		SASL:           mechanism,
		MetadataTTL:    3 * time.Second,
		MetadataTopics: []string{}, // brokers only: partitions are looked up when needed
	}
	return c, nil
}

// Close ends all connections, those in use too. Logs and memberships should
// have been stopped before.
func (c *Cluster) Close() error {
	c.transport.CloseIdleConnections()
	c.conns.close()
	return nil
}

// connections are the open ones, so that Close need not wait for a broker to
// answer a fetch.
type connections struct {
	mu     sync.Mutex
	open   map[*connection]struct{}
	closed bool
}

type connection struct {
	net.Conn
	all *connections
}

func (cs *connections) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.closed {
		return nil, errors.Join(net.ErrClosed, conn.Close())
	}
	c := &connection{Conn: conn, all: cs}
	if cs.open == nil {
		cs.open = make(map[*connection]struct{})
	}
	cs.open[c] = struct{}{}
	return c, nil
}

// Close implements net.Conn.
func (c *connection) Close() error {
	c.all.mu.Lock()
	delete(c.all.open, c)
	c.all.mu.Unlock()
	return c.Conn.Close()
}

func (cs *connections) close() {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.closed = true
	for c := range cs.open {
		c.Conn.Close() // its owner sees the error and closes it again
	}
}

// call sends a message to a broker and returns its answer, within timeout.
func (c *Cluster) call(ctx context.Context, node int32, m protocol.Message, timeout time.Duration) (protocol.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	res, err := c.transport.RoundTrip(ctx, c.addr, &request{
		Message: m, node: node, max: maxVersion(m.ApiKey()), clientID: c.cfg.ClientID, raw: answeredRaw(m.ApiKey()),
	})
	if err != nil {
		return nil, err
	}
	return res.(answer).Message, nil
}

// Timestamps with a meaning of their own in ListOffsets.
const (
	latest   = -1
	earliest = -2
)

// Isolation levels.
const (
	uncommitted = 0
	committed   = 1
)

// offset asks the partition's leader for the offset at a time in Unix
// milliseconds, or at earliest or latest. It is -1 if no record is that young.
func (c *Cluster) offset(ctx context.Context, node int32, p source.Partition, at int64, isolation int8) (int64, error) {
	m, err := c.call(ctx, node, &listoffsets.Request{
		ReplicaID:      -1,
		IsolationLevel: isolation,
		Topics: []listoffsets.RequestTopic{{
			Topic: p.Topic,
			Partitions: []listoffsets.RequestPartition{{
				Partition: int32(p.ID), CurrentLeaderEpoch: -1, Timestamp: at,
			}},
		}},
	}, c.cfg.Timeout)
	if err != nil {
		return 0, err
	}
	res, ok := m.(*listoffsets.Response)
	if !ok || len(res.Topics) != 1 || len(res.Topics[0].Partitions) != 1 {
		return 0, unexpected("list offsets")
	}
	r := res.Topics[0].Partitions[0]
	if r.ErrorCode != 0 {
		return 0, kafkago.Error(r.ErrorCode)
	}
	return r.Offset, nil
}

// Resolve returns the offset where a partition without a stored one begins. For
// a time that is the first record whose timestamp is not before it, or the end
// if there is none. An error is a *RetryError if trying again may help.
func (c *Cluster) Resolve(ctx context.Context, p source.Partition, s source.Start) (int64, error) {
	offset, err := c.resolve(ctx, p, s)
	if err != nil {
		return 0, fmt.Errorf("find the start of %s: %w", name(p), retryable(err))
	}
	return offset, nil
}

func (c *Cluster) resolve(ctx context.Context, p source.Partition, s source.Start) (int64, error) {
	node, _, err := c.leader(ctx, p)
	if err != nil {
		return 0, err
	}
	switch {
	case s.Latest:
		return c.offset(ctx, node, p, latest, committed)
	case s.At.IsZero():
		return c.offset(ctx, node, p, earliest, committed)
	}
	// Kafka counts whole milliseconds: the first that is not before the time.
	// Those below zero have meanings of their own.
	at := max(0, s.At.Add(time.Millisecond-1).UnixMilli())
	offset, err := c.offset(ctx, node, p, at, committed)
	if err == nil && offset < 0 {
		return c.offset(ctx, node, p, latest, committed)
	}
	return offset, err
}

// name says which partition is meant, as errors and logs do.
func name(p source.Partition) string {
	return fmt.Sprintf("topic %q partition %d", p.Topic, p.ID)
}
