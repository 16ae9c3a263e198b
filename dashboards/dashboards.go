// Package dashboards makes what people look at in Grafana and what Prometheus
// watches the daemon by. The panels are derived from the table of checks: a new
// check has its panel when the files are written again. It knows the names of
// metrics, and nothing of the daemon.
package dashboards

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"driftwatch/deploy/prometheus"
)

// File is one file, with its path below the folder that all are written to.
type File struct {
	Path    string
	Content []byte
}

//go:embed grafana/provisioning/dashboards/driftwatch.yaml
var provisioning []byte

// Files returns all files: the dashboards, how Grafana finds them, and the rules
// for Prometheus.
func Files() ([]File, error) {
	var files []File
	for _, d := range all() {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(d); err != nil {
			return nil, fmt.Errorf("write dashboard %q: %w", d.Title, err)
		}
		files = append(files, File{filepath.Join("grafana", "dashboards", d.UID+".json"), b.Bytes()})
	}
	return append(files,
		File{filepath.Join("grafana", "provisioning", "dashboards", "driftwatch.yaml"), provisioning},
		File{filepath.Join("prometheus", "driftwatch.rules.yml"), prometheus.Rules},
	), nil
}

// Write writes all files below dir, and returns their paths.
func Write(dir string) ([]string, error) {
	files, err := Files()
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, f := range files {
		path := filepath.Join(dir, f.Path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, f.Content, 0o644); err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// all lists the dashboards.
func all() []dashboard { return []dashboard{overview(), monitor(), field(), daemon()} }

// The names by which the dashboards link to each other.
const (
	tag         = "driftwatch"
	overviewUID = "driftwatch-overview"
	monitorUID  = "driftwatch-monitor"
	fieldUID    = "driftwatch-field"
	daemonUID   = "driftwatch-daemon"
)

func newDashboard(uid, title, description string, p page, variables ...variable) dashboard {
	return dashboard{
		UID: uid, Title: title, Description: description, Tags: []string{tag}, SchemaVersion: 39, Editable: true, GraphTooltip: 1,
		Refresh: "30s", Time: timeRange{"now-24h", "now"},
		Templating: templating{append([]variable{chosenSource()}, variables...)},
		Links:      []link{toOthers()},
		Panels:     p.panels,
	}
}
