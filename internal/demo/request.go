package demo

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// request is one question to the churn model and its answer: will this
// customer of a film service leave?
type request struct {
	ID       string
	Time     time.Time
	Customer customer
	Plan     string
	Charge   *float64 // in the last month; null when the billing service does not answer
	Device   string   // "" is a missing field
	Version  string   // of the app
	Tickets  *int     // null where the support system has no account
	DataGB   *float64 // streamed in the last month, as the app counts it
	Autopay  bool
	Failures int // of payment, nearly always none
	Score    float64
	Latency  float64 // ms
}

type customer struct {
	ID       int
	Age      int
	Country  string
	Tenure   int // months
	SignedUp time.Time
}

const (
	customers    = 60_000
	modelVersion = "2026.10.3"
	month        = 30 * 24 * time.Hour

	// What the model takes for a charge that it is not told.
	typicalCharge = 11.0

	// Whom the pricing bug bills twice.
	bugCountry, bugDevice = "MX", "android"
	// The app that calls data_gb by another name.
	newVersion = "8.2.0"
)

// newRequest draws a request. Its ID and, where the event was earlier than at,
// its Time are the caller's to set.
func newRequest(rng *rand.Rand, at time.Time, p phase) request {
	r := request{
		Time:     at,
		Customer: newCustomer(rng, at),
		Plan:     pick(rng, plans),
		Device:   pick(rng, devices),
		Autopay:  rng.Float64() < 0.7,
		Tickets:  nullable(rng, 0.02, poisson(rng, 0.8)),
		DataGB:   nullable(rng, 0.02, round(math.Exp(1.8+0.9*rng.NormFloat64()), 3)),
		Failures: failures(rng),
		Latency:  round(math.Exp(2.6+0.4*rng.NormFloat64()), 2),
	}
	if r.Version = appVersion(rng, r.Device, p.rollout); r.Version == newVersion {
		r.DataGB = nil
	}
	billed := charge(rng, r.Customer.Country, r.Plan)
	if p.doubled && r.Customer.Country == bugCountry && r.Device == bugDevice {
		billed *= 2
	}
	r.Charge = nullable(rng, 0.005, round(billed, 2))
	r.Score = round(r.score(0.45*rng.NormFloat64()+p.creep), 4)
	return r
}

func newCustomer(rng *rand.Rand, at time.Time) customer {
	age := math.Round(41 + 14*rng.NormFloat64())
	tenure := time.Duration(min(rng.ExpFloat64()*26, 180) * float64(month))
	return customer{
		ID:       rng.IntN(customers),
		Age:      int(min(max(age, 18), 95)),
		Country:  pick(rng, countries),
		Tenure:   int(tenure / month),
		SignedUp: at.Add(-tenure).Truncate(time.Second),
	}
}

// score is the model: a logistic regression. What is added stands for the
// features that are not on the stream, and for a model that moves.
func (r *request) score(added float64) float64 {
	charge, tickets := typicalCharge, 0
	if r.Charge != nil {
		charge = *r.Charge
	}
	if r.Tickets != nil {
		tickets = *r.Tickets
	}
	z := -1.9 + 0.09*(charge-typicalCharge) + 0.2*float64(tickets) + 0.3*float64(r.Failures) - 0.006*float64(r.Customer.Tenure) + added
	if r.Autopay {
		z -= 0.25
	}
	return 1 / (1 + math.Exp(-z))
}

type inputJSON struct {
	RequestID string       `json:"request_id"`
	TS        int64        `json:"ts"` // Unix milliseconds
	Customer  customerJSON `json:"customer"`
	Country   string       `json:"country"`
	Plan      string       `json:"plan"`
	Charge    *float64     `json:"monthly_charge"`
	Device    string       `json:"device,omitempty"`
	Version   string       `json:"app_version"`
	Tickets   *int         `json:"num_tickets"`
	DataGB    *float64     `json:"data_gb"`
	Autopay   bool         `json:"is_autopay"`
	Failures  int          `json:"payment_failures"`
}

type customerJSON struct {
	ID       string    `json:"id"`
	Age      int       `json:"age"`
	Tenure   int       `json:"tenure_months"`
	SignedUp time.Time `json:"signed_up_at"`
}

type predictionJSON struct {
	RequestID string    `json:"request_id"`
	At        time.Time `json:"predicted_at"`
	Model     string    `json:"model"`
	Version   string    `json:"model_version"`
	Score     float64   `json:"score"`
	Label     string    `json:"label"`
	Latency   float64   `json:"latency_ms"`
}

// input is the record of churn.inputs, sent at the given time.
func (r *request) input(sent time.Time) Message {
	c := r.Customer
	return r.message(InputsTopic, sent, inputJSON{
		RequestID: r.ID, TS: r.Time.UnixMilli(), Country: c.Country, Plan: r.Plan, Charge: r.Charge, Device: r.Device, Version: r.Version,
		Tickets: r.Tickets, DataGB: r.DataGB, Autopay: r.Autopay, Failures: r.Failures,
		Customer: customerJSON{ID: c.key(), Age: c.Age, Tenure: c.Tenure, SignedUp: c.SignedUp.UTC()},
	})
}

// prediction is the record of churn.predictions.
func (r *request) prediction(sent time.Time) Message {
	label := "stay"
	if r.Score >= 0.5 {
		label = "churn"
	}
	return r.message(PredictionsTopic, sent, predictionJSON{
		RequestID: r.ID, At: r.Time.UTC(), Model: "churn", Version: modelVersion, Score: r.Score, Label: label, Latency: r.Latency,
	})
}

func (r *request) message(topic string, sent time.Time, v any) Message {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("encode %T: %v", v, err)) // finite numbers and strings always encode
	}
	return Message{Topic: topic, Partition: int32(r.Customer.ID % Partitions), Key: []byte(r.Customer.key()), Value: b, Time: sent}
}

func (c customer) key() string { return fmt.Sprintf("c-%05d", c.ID) }
