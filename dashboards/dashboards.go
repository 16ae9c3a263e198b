// Package dashboards makes what people look at in Grafana and what Prometheus
// watches the daemon by. The panels are derived from the table of checks: a new
// check has its panel when the files are written again. It knows the names of
// metrics, and nothing of the daemon.
package dashboards

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"driftwatch/deploy/prometheus"
)

// File is one file, with its path below the folder that all are written to.
type File struct {
	Path    string
	Content []byte
}

// Options are what people who run Grafana and Prometheus may want otherwise.
type Options struct {
	Prometheus string // the address of a Prometheus that Grafana is to have as a data source; "" for none
	Runbooks   string // where people find the runbook to which alerts link; "" for its place in the source
}

func (o Options) validate() error {
	for flag, address := range map[string]string{"--prometheus": o.Prometheus, "--runbooks": o.Runbooks} {
		if u, err := url.Parse(address); address != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
			return fmt.Errorf("%s: %q is not an address such as https://example.com/driftwatch", flag, address)
		}
	}
	return nil
}

//go:embed grafana/provisioning
var provisioning embed.FS

// runbook is the address that the rules of the source have.
const runbook = "docs/operations.md"

// Files returns all files: the dashboards, how Grafana finds them, and the rules
// for Prometheus.
func Files(o Options) ([]File, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	var files []File
	for _, d := range all() {
		f, err := d.file()
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	found, err := provisioned("dashboards", nil)
	if err != nil {
		return nil, err
	}
	files = append(files, found)
	if o.Prometheus != "" {
		source, err := provisioned("datasources", strings.NewReplacer("http://prometheus:9090", o.Prometheus))
		if err != nil {
			return nil, err
		}
		files = append(files, source)
	}
	rules := strings.ReplaceAll(string(prometheus.Rules), "runbook_url: "+runbook, "runbook_url: "+cmp.Or(strings.TrimSuffix(o.Runbooks, "/"), runbook))
	return append(files, File{filepath.Join("prometheus", "driftwatch.rules.yml"), []byte(rules)}), nil
}

func (d *dashboard) file() (File, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(d); err != nil {
		return File{}, fmt.Errorf("write dashboard %q: %w", d.Title, err)
	}
	return File{filepath.Join("grafana", "dashboards", d.UID+".json"), b.Bytes()}, nil
}

// provisioned is a file by which Grafana finds what it is to have at its start.
func provisioned(kind string, replace *strings.Replacer) (File, error) {
	name := path.Join("grafana", "provisioning", kind, "driftwatch.yaml")
	b, err := provisioning.ReadFile(name)
	if err == nil && replace != nil {
		b = []byte(replace.Replace(string(b)))
	}
	return File{filepath.FromSlash(name), b}, err
}

// Write writes all files below dir, and returns their paths.
func Write(dir string, o Options) ([]string, error) {
	files, err := Files(o)
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
