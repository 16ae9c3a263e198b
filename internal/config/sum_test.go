package config

import (
	"encoding/json"
	"testing"

	"golang.org/x/tools/txtar"

	"driftwatch/internal/yamlx"
)

// TestSum: a configuration without errors is summed up, and the numbers are those of
// its parts. A check with a verdict makes three series, one without makes one, and the rows one, in each
// of at most five segments of b: the whole stream, three values and the rest.
func TestSum(t *testing.T) {
	const monitors = `
-- m.yaml --
streams: [{name: s, topic: t}]
monitors:
  - {name: a, stream: s, window: {size: 1h}, checks: [nulls, mean], fields: [{name: x, type: number}, {name: y, type: number}]}
  - {name: b, stream: s, window: {size: 1h}, segments: [[c]], max_segments: 3, checks: [nulls], fields: [{name: c, type: boolean}]}
`
	for _, c := range []struct {
		name, files string
		want        []Sum
	}{
		{"one", "-- driftwatch.yaml --\nkafka: {brokers: ['localhost:9092']}\nmonitors: [m.yaml]\nrules: [r.yaml]\n" +
			"-- r.yaml --\ngroups: [{name: g, monitor: a, rules: [{alert: A, when: {check: nulls, above: 0.5}}]}]" + monitors,
			[]Sum{{Monitors: 2, Fields: 3, Rules: 1, Series: 1 + 2*(3+1) + 5*(1+3), Limit: 32 << 30}}},
		{"an error", "-- driftwatch.yaml --\nkafka: {brokers: ['localhost:9092']}\nmonitors: [m.yaml]\nother: 1" + monitors, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			extract(t, ".", txtar.Parse([]byte(c.files)))
			var got []Sum
			o := testOptions
			o.Sum = func(d yamlx.Diagnostic) {
				b, err := json.Marshal(d.Facts)
				var s Sum
				if err != nil || json.Unmarshal(b, &s) != nil || d.Severity != yamlx.Info || d.File != "driftwatch.yaml" {
					t.Errorf("%s: %s, %v", d, b, err)
				}
				got = append(got, s)
			}
			Lint([]string{"driftwatch.yaml"}, o)
			if len(got) != len(c.want) {
				t.Fatalf("sums %+v", got)
			}
			for i, want := range c.want {
				want.Memory = got[i].Memory
				if got[i] != want || want.Memory <= 0 {
					t.Errorf("%+v, want %+v", got[i], want)
				}
			}
		})
	}
}
