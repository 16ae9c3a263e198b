package kafkatest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// LibsVar names the environment variable with the directory of Kafka's jars; see
// fetch.sh.
const LibsVar = "DRIFTWATCH_KAFKA_LIBS"

// Broker is a node of a real Apache Kafka.
type Broker struct {
	Address string // of the plain listener
	Scram   string // of the listener that asks for SCRAM-SHA-512 of User and Password
	Proxy   *Proxy // Behind makes it; a client that enters by it meets the broker only by it

	t     testing.TB
	dir   string
	libs  string
	java  *exec.Cmd
	ended chan struct{}
}

// Of the listener at Broker.Scram.
const (
	User     = "driftwatch"
	Password = "correct horse battery staple"
)

// Real starts an Apache Kafka of one node on ports that the system chooses, and
// kills it with the test. It has come up when it answers. The jars are those in
// the directory that LibsVar names; the test fails without.
func Real(t testing.TB) *Broker {
	t.Helper()
	return RealCluster(t, 1)[0]
}

// Behind is Real with one more way in, through a proxy.
func Behind(t testing.TB) *Broker {
	t.Helper()
	b := newBroker(t)
	ports := freePorts(t, 2)
	b.Proxy = newProxy(t, ports[0])
	b.configure(1, ports[1])
	b.Start()
	return b
}

// RealCluster starts n nodes with the ids 1 to n. The first one is also the
// controller, without which no leader is elected.
func RealCluster(t testing.TB, n int) []*Broker {
	t.Helper()
	var all []*Broker
	controller := freePorts(t, 1)[0]
	for id := 1; id <= n; id++ {
		b := newBroker(t)
		b.configure(id, controller)
		b.Start()
		all = append(all, b)
	}
	return all
}

func newBroker(t testing.TB) *Broker {
	t.Helper()
	libs := os.Getenv(LibsVar)
	if libs == "" {
		t.Fatalf("set %s to the directory of Kafka's jars: internal/kafkatest/fetch.sh makes it", LibsVar)
	}
	ports := freePorts(t, 2)
	return &Broker{Address: ports[0], Scram: ports[1], t: t, dir: t.TempDir(), libs: libs}
}

// freePorts returns addresses on loopback that were free a moment ago.
func freePorts(t testing.TB, n int) []string {
	t.Helper()
	addresses, listeners := make([]string, 0, n), make([]net.Listener, 0, n)
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addresses, listeners = append(addresses, l.Addr().String()), append(listeners, l)
	}
	for _, l := range listeners { // not before all are chosen, or one would come twice
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return addresses
}

// configure writes the configuration and formats the log directory.
func (b *Broker) configure(id int, controller string) {
	b.t.Helper()
	roles, listeners := "broker", "PLAIN://"+b.Address+",SCRAM://"+b.Scram
	advertised := listeners
	if b.Proxy != nil {
		listeners += ",PROXIED://" + b.Proxy.target
		advertised += ",PROXIED://" + b.Proxy.Address
	}
	if id == 1 {
		roles, listeners = "broker,controller", listeners+",CONTROLLER://"+controller
	}
	config := []string{
		"process.roles=" + roles,
		"node.id=" + strconv.Itoa(id),
		"controller.quorum.voters=1@" + controller,
		"controller.listener.names=CONTROLLER",
		"listeners=" + listeners,
		"advertised.listeners=" + advertised,
		"listener.security.protocol.map=PLAIN:PLAINTEXT,PROXIED:PLAINTEXT,SCRAM:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
		"inter.broker.listener.name=PLAIN",
		"sasl.enabled.mechanisms=SCRAM-SHA-512",
		"listener.name.scram.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;",
		"log.dirs=" + filepath.Join(b.dir, "logs"),
		"num.partitions=1",
		"auto.create.topics.enable=false",
		"auto.leader.rebalance.enable=false",
		"offsets.topic.replication.factor=1",
		"offsets.topic.num.partitions=1",
		"transaction.state.log.replication.factor=1",
		"transaction.state.log.min.isr=1",
		"transaction.state.log.num.partitions=1",
		"group.initial.rebalance.delay.ms=0",
		"broker.heartbeat.interval.ms=200",
		"broker.session.timeout.ms=1000", // a killed broker may register again only after it
		"message.max.bytes=67108864",
		"log.cleaner.dedupe.buffer.size=1048577",
		"log.cleaner.backoff.ms=100",
		"num.network.threads=2",
		"num.io.threads=2",
	}
	path := filepath.Join(b.dir, "server.properties")
	if err := os.WriteFile(path, []byte(strings.Join(config, "\n")+"\n"), 0o600); err != nil {
		b.t.Fatal(err)
	}
	format := b.command("kafka.tools.StorageTool", "format", "-t", "dHJpZnR3YXRjaC10ZXN0cw", "-c", path,
		"--add-scram", fmt.Sprintf("SCRAM-SHA-512=[name=%s,password=%s]", User, Password))
	if out, err := format.CombinedOutput(); err != nil {
		b.t.Fatalf("format Kafka's storage: %v\n%s", err, out)
	}
}

func (b *Broker) command(class string, args ...string) *exec.Cmd {
	java := append([]string{"-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", filepath.Join(b.libs, "*"), class}, args...)
	return exec.CommandContext(context.Background(), "java", java...)
}

// Start starts the broker, again after Stop or Kill, and waits until it answers.
func (b *Broker) Start() {
	b.t.Helper()
	out, err := os.OpenFile(filepath.Join(b.dir, "output"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		b.t.Fatal(err)
	}
	defer out.Close() // the process has its own handle
	b.java = b.command("kafka.Kafka", filepath.Join(b.dir, "server.properties"))
	b.java.Stdout, b.java.Stderr = out, out
	if err := b.java.Start(); err != nil {
		b.t.Fatalf("start Kafka: %v", err)
	}
	if b.ended == nil {
		b.t.Cleanup(b.Kill)
	}
	b.ended = make(chan struct{})
	go func(java *exec.Cmd, ended chan struct{}) {
		_ = java.Wait() // how it ended does not matter
		close(ended)
	}(b.java, b.ended)
	if err := b.answers(); err != nil {
		b.t.Fatalf("Kafka does not come up: %v\n%s", err, b.output())
	}
}

// answers waits until the broker answers and the controller counts it in.
func (b *Broker) answers() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*Patience)
	defer cancel()
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.Address))
	if err != nil {
		return err
	}
	defer cl.Close()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if err = b.member(ctx, cl); err == nil {
			return nil
		}
		select {
		case <-b.ended:
			return errors.New("it ended")
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}

// member says why the broker is not one of the cluster's.
func (b *Broker) member(ctx context.Context, cl *kgo.Client) error {
	req := kmsg.NewPtrMetadataRequest()
	req.Topics = []kmsg.MetadataRequestTopic{}
	res, err := req.RequestWith(ctx, cl)
	if err != nil {
		return err
	}
	for _, m := range res.Brokers {
		if net.JoinHostPort(m.Host, strconv.Itoa(int(m.Port))) == b.Address {
			return nil
		}
	}
	return errors.New("it is not among the cluster's brokers")
}

// output is the end of what the broker wrote.
func (b *Broker) output() string {
	out, err := os.ReadFile(filepath.Join(b.dir, "output"))
	if err != nil {
		return err.Error()
	}
	return string(out[max(0, len(out)-4000):])
}

// Kill ends the broker at once, as a power failure would. It may be started
// again with what it had on disk.
func (b *Broker) Kill() { b.end(os.Kill) }

// Stop lets the broker shut down in order.
func (b *Broker) Stop() { b.end(os.Interrupt) }

func (b *Broker) end(s os.Signal) {
	select {
	case <-b.ended:
		return
	default:
	}
	if err := b.java.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		b.t.Errorf("end Kafka: %v", err)
	}
	select {
	case <-b.ended:
	case <-time.After(Patience):
		b.t.Errorf("Kafka does not end by %v; killed", s)
		_ = b.java.Process.Kill()
		<-b.ended
	}
}
