package demo

import (
	"encoding/json"
	"math"
	"slices"
	"time"
)

// row is what the tests read of a record of either topic.
type row struct {
	Customer struct {
		Age    float64 `json:"age"`
		Tenure float64 `json:"tenure_months"`
	} `json:"customer"`
	Country  string    `json:"country"`
	Device   string    `json:"device"`
	Version  string    `json:"app_version"`
	Charge   *float64  `json:"monthly_charge"`
	Tickets  *float64  `json:"num_tickets"`
	DataGB   *float64  `json:"data_gb"`
	Failures any       `json:"payment_failures"`
	Score    *float64  `json:"score"`
	Label    string    `json:"label"`
	Latency  *float64  `json:"latency_ms"`
	At       time.Time `json:"predicted_at"`
	ID       string    `json:"request_id"`
}

// table holds the columns of many records.
type table struct {
	values map[string][]float64
	nulls  map[string]float64 // share
}

func training(t Traffic) [][]byte {
	inputs, predictions := Training(t, TrainingRows)
	return append(inputs, predictions...)
}

func sent(ticks []Tick) [][]byte {
	var out [][]byte
	for _, t := range ticks {
		for _, m := range t.Committed {
			out = append(out, m.Value)
		}
	}
	return out
}

// columns reads the records that are kept by all of the filters.
func columns(records [][]byte, keep ...func(*row) bool) table {
	out := table{values: map[string][]float64{}, nulls: map[string]float64{}}
	inputs := 0
	add := func(name string, v *float64) {
		if v == nil {
			out.nulls[name]++
			return
		}
		out.values[name] = append(out.values[name], *v)
	}
	for _, b := range records {
		var r row
		if json.Unmarshal(b, &r) != nil || slices.ContainsFunc(keep, func(k func(*row) bool) bool { return !k(&r) }) {
			continue
		}
		if r.Score != nil {
			add("score", r.Score)
			add("latency_ms", r.Latency)
			continue
		}
		inputs++
		add("age", &r.Customer.Age)
		add("tenure", &r.Customer.Tenure)
		add("monthly_charge", r.Charge)
		add("num_tickets", r.Tickets)
		add("data_gb", r.DataGB)
		if n, ok := r.Failures.(float64); ok {
			add("payment_failures", &n)
		}
	}
	for name := range out.nulls {
		out.nulls[name] /= float64(inputs)
	}
	for _, v := range out.values {
		slices.Sort(v)
	}
	return out
}

// distance is the two-sample Kolmogorov-Smirnov statistic of sorted samples.
func distance(a, b []float64) float64 {
	d := 0.0
	for _, x := range [][]float64{a, b} {
		for _, v := range x {
			d = max(d, math.Abs(atMost(a, v)-atMost(b, v)))
		}
	}
	return d
}

// atMost is the share of sorted values that are at most v.
func atMost(sorted []float64, v float64) float64 {
	i, _ := slices.BinarySearchFunc(sorted, v, func(e, t float64) int {
		if e <= t {
			return -1
		}
		return 1
	})
	return float64(i) / float64(len(sorted))
}
