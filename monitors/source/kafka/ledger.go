package kafka

import (
	"context"
	"fmt"
	"hash/fnv"
	"strings"
	"sync"

	"driftwatch/monitors/source"
)

// Ledger keeps values under keys in a compacted topic, where other processes
// find them. Keys have a space: the entries of one space are in one partition,
// so that they become visible in the order of Put.
type Ledger struct {
	c     *Cluster
	topic string

	mu     sync.Mutex
	counts int                        // partitions; 0: not known yet
	parts  map[string]map[string]bool // by an entry's key, the keys of the parts of its value
}

// Ledger returns the ledger in a topic, which is made, or looked at, when it is
// first used.
func (c *Cluster) Ledger(topic string) *Ledger {
	return &Ledger{c: c, topic: topic, parts: make(map[string]map[string]bool)}
}

// Put writes entries, whose keys have no "#", in order, and returns when all in-sync replicas have them.
// After an error some may be written. It is a *RetryError if trying again may help.
func (l *Ledger) Put(ctx context.Context, entries []source.Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(entries) == 0 {
		return nil
	}
	if err := l.ready(ctx); err != nil {
		return err
	}
	byPartition := make(map[int][]record)
	for _, e := range entries {
		p := l.partition(e.Space)
		byPartition[p] = append(byPartition[p], l.split(wireKey(e.Space, e.Key), e.Value)...)
	}
	for p, records := range byPartition {
		at := source.Partition{Topic: l.topic, ID: p}
		for len(records) > 0 {
			n := fitting(records)
			if err := l.c.produce(ctx, at, records[:n]); err != nil {
				return fmt.Errorf("write to %s: %w", name(at), retryable(err))
			}
			records = records[n:]
		}
	}
	return nil
}

// Get reads all entries of the spaces, by space and key, as they are now. An error
// is a *RetryError if trying again may help.
func (l *Ledger) Get(ctx context.Context, spaces []string) (map[string]map[string][]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.ready(ctx); err != nil {
		return nil, err
	}
	byPartition := make(map[int]map[string]string) // by prefix
	got := make(map[string]map[string][]byte)
	for _, space := range spaces {
		p := l.partition(space)
		if byPartition[p] == nil {
			byPartition[p] = make(map[string]string)
		}
		byPartition[p][wireKey(space, "")] = space
		got[space] = make(map[string][]byte)
	}
	for p, wanted := range byPartition {
		at := source.Partition{Topic: l.topic, ID: p}
		values, err := l.scan(ctx, at, wanted)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name(at), retryable(err))
		}
		if err := l.collect(values, wanted, got); err != nil {
			return nil, fmt.Errorf("read %s: %w", name(at), err)
		}
	}
	return got, nil
}

// scan reads a partition to its end and returns the newest values of the keys
// that have a wanted prefix.
func (l *Ledger) scan(ctx context.Context, p source.Partition, wanted map[string]string) (map[string][]byte, error) {
	at, err := l.c.Resolve(ctx, p, source.Start{})
	if err != nil {
		return nil, err
	}
	end, err := l.c.Resolve(ctx, p, source.Start{Latest: true})
	if err != nil {
		return nil, err
	}
	values := make(map[string][]byte)
	log := l.c.Log(p)
	for at < end {
		b, err := log.Fetch(ctx, at)
		if err != nil {
			return nil, err
		}
		for i := range b.Records {
			key := string(b.Records[i].Key)
			prefix, _, _ := strings.Cut(key, "@")
			if _, ok := wanted[prefix+"@"]; !ok {
				continue
			}
			if v := b.Records[i].Value; v != nil {
				values[key] = append([]byte{}, v...)
			} else {
				delete(values, key)
			}
		}
		at = b.Next
	}
	return values, nil
}

// collect joins the parts of values and uncompresses them.
func (l *Ledger) collect(values map[string][]byte, wanted map[string]string, got map[string]map[string][]byte) error {
	for key := range values {
		if of, _, isPart := strings.Cut(key, "#"); isPart {
			l.note(of, key)
		}
	}
	for key, v := range values {
		if strings.Contains(key, "#") {
			continue
		}
		whole, err := join(key, v, values)
		if err != nil {
			return err
		}
		prefix, rest, _ := strings.Cut(key, "@")
		got[wanted[prefix+"@"]][rest] = whole
	}
	return nil
}

func (l *Ledger) note(key, part string) {
	if l.parts[key] == nil {
		l.parts[key] = make(map[string]bool)
	}
	l.parts[key][part] = true
}

// partition returns where a space is. It does not change while the topic's
// partitions do not.
func (l *Ledger) partition(space string) int {
	h := fnv.New32a()
	h.Write([]byte(space))
	return int(h.Sum32() % uint32(max(1, l.counts)))
}

// wireKey is an entry's key in the topic. A space has no "@" there.
func wireKey(space, key string) string {
	return strings.NewReplacer("%", "%25", "@", "%40", "#", "%23").Replace(space) + "@" + key
}
