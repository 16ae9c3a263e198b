package kafkatest

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"
)

// Proxy stands between a client and a broker, and is what becomes of networks:
// cut, half open, slow. It begins healthy.
type Proxy struct {
	Address string // where clients enter
	target  string

	mu    sync.Mutex
	conns map[net.Conn]struct{} // both ends of each
	cut   bool
	rate  int           // bytes a second each way; 0: any
	gate  chan struct{} // closed while bytes pass
	work  sync.WaitGroup
}

// newProxy listens, and ends with the test.
func newProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{Address: l.Addr().String(), target: target, conns: map[net.Conn]struct{}{}, gate: make(chan struct{})}
	close(p.gate)
	p.work.Go(func() { p.accept(l) })
	t.Cleanup(func() {
		l.Close()
		p.Cut()
		p.Heal() // so that who waits at the gate sees that its connection is closed
		p.work.Wait()
	})
	return p
}

// Cut closes all connections and, until Heal, each new one.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = true
	for c := range p.conns {
		c.Close()
	}
}

// Stall lets no byte pass until Heal. Connections stay open, new ones too: this is
// a peer that vanished without a word.
func (p *Proxy) Stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gate = make(chan struct{})
}

// Slow lets that many bytes a second pass on each connection, each way.
func (p *Proxy) Slow(rate int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rate = rate
}

// Heal makes the network whole again.
func (p *Proxy) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut, p.rate = false, 0
	select {
	case <-p.gate:
	default:
		close(p.gate)
	}
}

func (p *Proxy) accept(l net.Listener) {
	for {
		in, err := l.Accept()
		if err != nil {
			return
		}
		out, err := new(net.Dialer).DialContext(context.Background(), "tcp", p.target)
		if err != nil || !p.add(in, out) {
			in.Close()
			if out != nil {
				out.Close()
			}
			continue
		}
		p.work.Go(func() { p.carry(in, out) })
		p.work.Go(func() { p.carry(out, in) })
	}
}

func (p *Proxy) add(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		if !p.cut {
			p.conns[c] = struct{}{}
		}
	}
	return !p.cut
}

// carry copies one way until either end is closed, and closes both.
func (p *Proxy) carry(from, to net.Conn) {
	defer func() {
		from.Close()
		to.Close()
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.conns, from)
	}()
	b := make([]byte, 16<<10)
	for {
		n, err := from.Read(b)
		p.mu.Lock()
		gate, rate := p.gate, p.rate
		p.mu.Unlock()
		<-gate
		if rate > 0 {
			time.Sleep(time.Duration(n) * time.Second / time.Duration(rate))
		}
		if _, werr := to.Write(b[:n]); err != nil || werr != nil {
			return
		}
	}
}
