package demo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// The two topics of the made-up service. Each request to the model leaves one
// record in both, joined by its request_id.
const (
	InputsTopic      = "churn.inputs"
	PredictionsTopic = "churn.predictions"
	Partitions       = 4
)

// The shape of the traffic. A tick is the unit of generation: what is sent
// during it depends on the seed and the tick's number alone.
const (
	TickLength      = 50 * time.Millisecond
	requestsPerTick = 10              // on average: 200 requests and 400 records a second
	tide            = 2 * time.Minute // from one high tide of requests to the next

	abortedEvery = 400 // ticks: every 20 seconds one batch is sent and taken back
	abortedSize  = 40  // requests in such a batch
)

// Message is one Kafka record as the service sends it.
type Message struct {
	Topic     string
	Partition int32
	Key       []byte
	Value     []byte // nil is a null value
	Time      time.Time
}

// Tick is what the service sends during one tick. The aborted messages belong
// to a transaction that is rolled back: a correct reader never sees them.
type Tick struct {
	Committed []Message
	Aborted   []Message
}

// Traffic is the traffic of a churn model. The zero Seed is a seed like any
// other.
type Traffic struct {
	Seed  uint64
	Start time.Time
}

// Tick returns the messages of tick n, those of the time from
// Start + n*TickLength on. Equal seeds, starts and numbers give equal bytes.
func (t Traffic) Tick(n int) Tick {
	rng := rand.New(rand.NewPCG(t.Seed, uint64(n)))
	begin := t.Start.Add(time.Duration(n) * TickLength)
	phase := phaseAt(begin.Sub(t.Start))

	var out Tick
	requests := requestsIn(rng, begin.Sub(t.Start))
	for i := range requests {
		at := begin.Add((time.Duration(i) * TickLength / time.Duration(requests)).Truncate(time.Millisecond))
		r := newRequest(rng, at, phase)
		r.ID = fmt.Sprintf("r-%08d-%02d", n, i)
		r.Time = at.Add(-delay(rng, at.Sub(t.Start)))
		out.Committed = append(out.Committed, spoil(rng, r.input(at)), r.prediction(at))
	}
	if n%abortedEvery == abortedEvery/2 {
		out.Aborted = t.aborted(rng, begin, n)
	}
	return out
}

// requestsIn is how many requests fall into a tick: more and fewer in turn, as in a
// day that passes in two minutes, and some by chance.
func requestsIn(rng *rand.Rand, since time.Duration) int {
	wave := 1.5 * math.Sin(2*math.Pi*since.Seconds()/tide.Seconds())
	return int(math.Round(requestsPerTick + wave + 4*rng.Float64() - 2))
}

// aborted is a batch that a crashing producer never commits. Its values are so
// far off that a monitor that counted them would show it at once.
func (t Traffic) aborted(rng *rand.Rand, at time.Time, n int) []Message {
	var out []Message
	for i := range abortedSize {
		r := newRequest(rng, at, phase{})
		r.ID = fmt.Sprintf("a-%08d-%02d", n, i)
		r.Customer.Age = 999
		r.Score = 1
		out = append(out, r.input(at), r.prediction(at))
	}
	return out
}

// delay is how long before it was sent a record's event happened: most often
// not at all, sometimes a moment (out of order but in time), rarely so long
// that its window has closed. Nothing happened before the start.
func delay(rng *rand.Rand, since time.Duration) time.Duration {
	var d time.Duration
	switch p := rng.Float64(); {
	case p < 0.0015:
		d = 20*time.Second + time.Duration(rng.Int64N(int64(40*time.Second)))
	case p < 0.02:
		d = time.Duration(rng.Int64N(int64(1500 * time.Millisecond)))
	}
	if d > since {
		return 0
	}
	return d
}
