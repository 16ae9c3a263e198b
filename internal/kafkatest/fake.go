// Package kafkatest starts Kafka brokers for tests, fake ones inside the process
// and real ones beside it, and fills their topics. It is for tests only, and
// the only place that imports franz-go's client.
package kafkatest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Patience is how long tests wait for what should happen soon.
const Patience = 30 * time.Second

// Fake starts a fake cluster that speaks the real protocol on loopback ports
// that the system chooses, and ends it with the test. kfake.SeedTopics, DataDir,
// TLS, NumBrokers and its other options apply; without NumBrokers there is one
// broker. The second result is for control: faults, leader moves, time.
func Fake(t testing.TB, opts ...kfake.Opt) ([]string, *kfake.Cluster) {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1)}, opts...)...)
	if err != nil {
		t.Fatalf("start the fake cluster: %v", err)
	}
	t.Cleanup(c.Close)
	brokers := c.ListenAddrs()
	return brokers, c
}

// Client returns a franz-go client of the brokers, closed with the test.
func Client(t testing.TB, brokers []string, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(brokers...),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchMaxBytes(64 << 20),
		kgo.BrokerMaxWriteBytes(256 << 20),
		kgo.MetadataMinAge(50 * time.Millisecond),
	}, opts...)...)
	if err != nil {
		t.Fatalf("new client: %v", err)
	}
	t.Cleanup(cl.Close)
	return cl
}

// Context is the test's, with a deadline.
func Context(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	t.Cleanup(cancel)
	return ctx
}

// CreateTopic makes a topic with one replica of each partition. configs are
// pairs of name and value.
func CreateTopic(t testing.TB, cl *kgo.Client, topic string, partitions int32, configs ...string) {
	t.Helper()
	rt := kmsg.NewCreateTopicsRequestTopic()
	rt.Topic, rt.NumPartitions, rt.ReplicationFactor = topic, partitions, 1
	create(t, cl, rt, configs)
}

// CreateReplicated makes a topic whose partition i has its replicas on the nodes
// replicas[i], the first of which is the leader if it can be. configs are as in
// CreateTopic.
func CreateReplicated(t testing.TB, cl *kgo.Client, topic string, replicas [][]int32, configs ...string) {
	t.Helper()
	rt := kmsg.NewCreateTopicsRequestTopic()
	rt.Topic, rt.NumPartitions, rt.ReplicationFactor = topic, -1, -1
	for i, nodes := range replicas {
		rt.ReplicaAssignment = append(rt.ReplicaAssignment, kmsg.CreateTopicsRequestTopicReplicaAssignment{Partition: int32(i), Replicas: nodes})
	}
	create(t, cl, rt, configs)
}

func create(t testing.TB, cl *kgo.Client, rt kmsg.CreateTopicsRequestTopic, configs []string) {
	t.Helper()
	for i := 0; i+1 < len(configs); i += 2 {
		c := kmsg.NewCreateTopicsRequestTopicConfig()
		c.Name, c.Value = configs[i], kmsg.StringPtr(configs[i+1])
		rt.Configs = append(rt.Configs, c)
	}
	req := kmsg.NewPtrCreateTopicsRequest()
	req.TimeoutMillis = 10000
	req.Topics = append(req.Topics, rt)
	res, err := req.RequestWith(Context(t), cl)
	if err != nil {
		t.Fatalf("create topic %q: %v", rt.Topic, err)
	}
	fail(t, "create topic "+rt.Topic, res.Topics[0].ErrorCode)
}

// Elections: Preferred moves leaders to the partitions' first replicas, Unclean to
// any that live, even if they lack records.
const (
	Preferred = 0
	Unclean   = 1
)

// Elect elects the leaders of partitions anew. Replicas may still have to come up
// or to catch up, so it tries until they may lead.
func Elect(t testing.TB, cl *kgo.Client, election int8, topic string, partitions ...int32) {
	t.Helper()
	req := kmsg.NewPtrElectLeadersRequest()
	req.TimeoutMillis, req.ElectionType = 10000, election
	req.Topics = []kmsg.ElectLeadersRequestTopic{{Topic: topic, Partitions: partitions}}
	for ctx := Context(t); ; {
		res, err := req.RequestWith(ctx, cl)
		if err != nil {
			t.Fatalf("elect leaders of %q: %v", topic, err)
		}
		if elected(res) {
			return
		}
	}
}

func elected(res *kmsg.ElectLeadersResponse) bool {
	for _, rt := range res.Topics {
		for _, p := range rt.Partitions {
			if err := kerr.ErrorForCode(p.ErrorCode); err != nil && !errors.Is(err, kerr.ElectionNotNeeded) {
				return false
			}
		}
	}
	return true
}

// DeleteTopic deletes a topic.
func DeleteTopic(t testing.TB, cl *kgo.Client, topic string) {
	t.Helper()
	req := kmsg.NewPtrDeleteTopicsRequest()
	req.TimeoutMillis = 10000
	req.TopicNames = []string{topic}
	rt := kmsg.NewDeleteTopicsRequestTopic()
	rt.Topic = kmsg.StringPtr(topic)
	req.Topics = append(req.Topics, rt)
	res, err := req.RequestWith(Context(t), cl)
	if err != nil {
		t.Fatalf("delete topic %q: %v", topic, err)
	}
	fail(t, "delete topic "+topic, res.Topics[0].ErrorCode)
}

// AddPartitions grows a topic to count partitions.
func AddPartitions(t testing.TB, cl *kgo.Client, topic string, count int32) {
	t.Helper()
	rt := kmsg.NewCreatePartitionsRequestTopic()
	rt.Topic, rt.Count = topic, count
	req := kmsg.NewPtrCreatePartitionsRequest()
	req.TimeoutMillis = 10000
	req.Topics = append(req.Topics, rt)
	res, err := req.RequestWith(Context(t), cl)
	if err != nil {
		t.Fatalf("add partitions to %q: %v", topic, err)
	}
	fail(t, "add partitions to "+topic, res.Topics[0].ErrorCode)
}

// DeleteRecords moves a partition's log start to an offset.
func DeleteRecords(t testing.TB, cl *kgo.Client, topic string, partition int32, before int64) {
	t.Helper()
	rp := kmsg.NewDeleteRecordsRequestTopicPartition()
	rp.Partition, rp.Offset = partition, before
	rt := kmsg.NewDeleteRecordsRequestTopic()
	rt.Topic, rt.Partitions = topic, append(rt.Partitions, rp)
	req := kmsg.NewPtrDeleteRecordsRequest()
	req.TimeoutMillis = 10000
	req.Topics = append(req.Topics, rt)
	res, err := req.RequestWith(Context(t), cl)
	if err != nil {
		t.Fatalf("delete records of %q: %v", topic, err)
	}
	fail(t, "delete records of "+topic, res.Topics[0].Partitions[0].ErrorCode)
}
