//go:build integration

package integration

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"driftwatch/internal/kafkatest"
)

// A shop asks a model how likely an order is to be returned. From hour 56 on a pricing
// bug doubles the amount in one country and device, and from hour 62 on a new version
// of the app sends no delivery days; the score drifts slowly all the time.
const (
	shopHours = 72
	shopBug   = 56
	shopNulls = 62
	shopRows  = 900 // an hour
)

const shopMonitor = `streams:
  - {name: orders, topic: shop.orders, time: {field: ts}}
monitors:
  - name: returns-model
    stream: orders
    window: {size: 1h, lateness: 5m, idle: 1h}
    segments: [[country], [country, device]]
    reference: {file: reference.jsonl}
    fields:
      - {name: amount, type: number, role: feature, min: 0, max: 5000}
      - {name: items, type: number, role: feature}
      - {name: delivery_days, type: number, role: feature, nulls: 0.05}
      - {name: discount, type: number, role: feature}
      - {name: basket_age, type: number, role: feature}
      - {name: country, type: category, role: feature, allowed: [BR, PT, US]}
      - {name: device, type: category, role: feature}
      - {name: payment, type: category, role: feature}
      - {name: app_version, type: category, role: metadata}
      - {name: returning_customer, type: boolean, role: feature}
      - {name: signed_up_at, type: timestamp, role: metadata}
      - {name: score, type: number, role: prediction, min: 0, max: 1, nulls: 0}
  - name: returns-by-hour
    stream: orders
    window: {size: 1h, lateness: 5m, idle: 1h}
    reference: {trailing: 1d}
    fields:
      - {name: items, type: number, role: feature}
      - {name: payment, type: category, role: feature}
`

const shopRules = `groups:
  - name: returns
    monitor: returns-model
    rules:
      - alert: FeatureDrift
        fields: {role: feature}
        when: {check: psi, drift: true}
        windows: 2
        severity: warning
        annotations: {summary: "{{ .Field }} of {{ .Monitor }} drifted: PSI {{ printf \"%.2f\" .Value }}"}
      - alert: MissingValues
        fields: {role: feature}
        when: {check: nulls, above: 0.05}
        severity: critical
        annotations: {summary: "{{ .Field }} is missing from {{ .Monitor }} too often"}
      - alert: ScoreDrift
        fields: [score]
        when: {check: ks, drift: true}
        windows: 3
        severity: critical
`

func pick(rng *rand.Rand, values ...string) string {
	return values[min(len(values)-1, int(math.Abs(rng.NormFloat64())*float64(len(values))/2.2))]
}

// shopOrder is one order as the model logs it.
func shopOrder(rng *rand.Rand, at time.Time, hour int) []byte {
	country, device := pick(rng, "BR", "US", "PT"), pick(rng, "ios", "android", "web")
	amount := math.Round(100*40*math.Exp(0.7*rng.NormFloat64())) / 100
	if hour >= shopBug && country == "BR" && device == "ios" {
		amount *= 2
	}
	days, version := fmt.Sprint(1+rng.IntN(9)), "4.1"
	if hour >= shopNulls && device != "web" && rng.IntN(2) == 0 {
		days, version = "null", "4.2"
	}
	score := 1 / (1 + math.Exp(1.5+0.9*rng.NormFloat64()-0.7*float64(max(0, hour))/shopHours))
	return fmt.Appendf(nil, `{"ts":%d,"amount":%.2f,"items":%d,"delivery_days":%s,"discount":%.3f,"basket_age":%.1f,"country":%q,"device":%q,"payment":%q,"app_version":%q,"returning_customer":%t,"signed_up_at":%q,"score":%.4f}`,
		at.UnixMilli(), amount, 1+rng.IntN(4), days, math.Max(0, rng.NormFloat64()*0.1), rng.ExpFloat64()*600, country, device,
		pick(rng, "card", "pix", "voucher", "invoice"), version, rng.IntN(3) > 0, start.Add(-time.Duration(rng.IntN(30_000))*time.Hour).Format(time.RFC3339), score)
}

func shopReference() string {
	rng := rand.New(rand.NewPCG(7, 7))
	var b strings.Builder
	for i := range 8000 {
		b.Write(append(shopOrder(rng, start.Add(time.Duration(i-8000)*time.Minute), -1), '\n'))
	}
	return b.String()
}

// shopOrders are the orders of some hours, with a broken record every now and then.
func shopOrders(from, to int) (all []*kgo.Record) {
	rng := rand.New(rand.NewPCG(11, uint64(from)))
	for hour := from; hour < to; hour++ {
		rows := shopRows + int(200*math.Sin(2*math.Pi*float64(hour)/24)) + rng.IntN(60)
		for i := range rows {
			at := start.Truncate(time.Hour).Add(time.Duration(hour)*time.Hour + time.Duration(i)*time.Hour/time.Duration(rows))
			all = append(all, kafkatest.Record("shop.orders", int32(i%2), nil, shopOrder(rng, at, hour), at))
			if i == rows/2 && hour%5 == 4 {
				all = append(all, kafkatest.Record("shop.orders", 0, nil, []byte(`{"ts":12,"amount":`), at))
			}
		}
	}
	return all
}
