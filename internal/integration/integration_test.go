// Package integration drives the built program as its users do: by its files,
// its signals, its HTTP API and its metrics, on Kafka topics.
package integration

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"driftwatch/internal/daemontest"
	"driftwatch/monitors/window"
)

func TestMain(m *testing.M) {
	code := m.Run()
	daemontest.Remove()
	os.Exit(code)
}

// result is a check as the API shows it.
type result struct {
	Value   *float64 `json:"value"`
	Low     *float64 `json:"low"`
	High    *float64 `json:"high"`
	PValue  *float64 `json:"p_value"`
	Drift   *bool    `json:"drift"`
	Bins    int      `json:"bins"`
	Skipped string   `json:"skipped"`
}

// apiWindow is a window as the API shows it.
type apiWindow struct {
	Start   window.Time       `json:"start"`
	End     window.Time       `json:"end"`
	Rows    int               `json:"rows"`
	Partial bool              `json:"partial"`
	Checks  map[string]result `json:"checks"`
	Fields  []apiField        `json:"fields"`
	Hash    string            `json:"reference_hash"`
}

type apiField struct {
	Name    string `json:"field"`
	Type    string `json:"type"`
	Current struct {
		Rows     int      `json:"rows"`
		Present  int      `json:"present"`
		Null     int      `json:"null"`
		Missing  int      `json:"missing"`
		Invalid  int      `json:"invalid"`
		Distinct int      `json:"distinct"`
		Min      *float64 `json:"min"`
		Max      *float64 `json:"max"`
	} `json:"current"`
	Checks map[string]result `json:"checks"`
}

// windows asks for all windows of a monitor, oldest first.
func windows(d *daemontest.Daemon, monitor string) []apiWindow {
	var v struct {
		Windows []apiWindow `json:"windows"`
		More    bool        `json:"more"`
	}
	d.JSON("/api/v1/monitors/"+monitor+"/windows?limit=10000", &v)
	return v.Windows
}

// config writes a daemon's folder: driftwatch.yaml for the brokers, which reads
// every monitor and rule file of the folder, and the given files. It returns the
// path of driftwatch.yaml.
func config(t testing.TB, brokers []string, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	daemontest.Files(t, dir, map[string]string{"driftwatch.yaml": fmt.Sprintf(`kafka: {brokers: [%s]}
store: {path: data}
web: {listen: "127.0.0.1:0"}
monitors: ["monitor*.yaml"]
rules: ["rules*.yaml"]
`, quoted(brokers))})
	daemontest.Files(t, dir, files)
	return filepath.Join(dir, "driftwatch.yaml")
}

func quoted(list []string) string {
	q := make([]string, len(list))
	for i, s := range list {
		q[i] = fmt.Sprintf("%q", s)
	}
	return strings.Join(q, ", ")
}
