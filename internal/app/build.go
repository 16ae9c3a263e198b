package app

import (
	"fmt"
	"log/slog"
	"slices"

	"driftwatch/alerting"
	"driftwatch/internal/config"
	"driftwatch/internal/watch"
	"driftwatch/internal/yamlx"
	"driftwatch/monitors"
	"driftwatch/monitors/reference"
	"driftwatch/monitors/source/kafka"
	"driftwatch/rules"
)

// generation is one configuration, built and checked, that may run or not.
// Building it has no effects that anybody sees.
type generation struct {
	config     *config.Config
	references *references
	cluster    *kafka.Cluster
	plans      []*monitors.Plan
	programs   map[string]*rules.Program
	receivers  map[string]alerting.Receiver
	settings   map[string]alerting.Settings
	revision   string
	flaws      []string   // of the files, that keep nothing from running
	taken      chan error // gets the outcome when it is to take over
	log        *slog.Logger
}

// ConfigError is a configuration that cannot be used.
type ConfigError struct{ Diagnostics []yamlx.Diagnostic }

func (e *ConfigError) Error() string {
	for _, d := range e.Diagnostics {
		if d.Severity == yamlx.Error {
			if n := len(e.Diagnostics); n > 1 {
				return fmt.Sprintf("%s (and %d more)", d, n-1)
			}
			return d.String()
		}
	}
	return "the configuration cannot be used"
}

// LoadOptions are what reading a configuration needs from the rest.
func LoadOptions() config.Options {
	return config.Options{ReferenceFile: newReferences(nil, nil).file, Schedule: schedule}
}

// build reads a configuration and everything that it names, but connects to
// nothing, and notes what files it looked at. References that are the same as
// before are taken from there. Problems of the files are a *ConfigError.
func build(path string, log *slog.Logger, files *watch.Files, before *references) (*generation, error) {
	g, err := read(path, config.Options{Files: files}, before, log)
	if err != nil {
		return nil, err
	}
	if g.revision, err = revision(g.config.RuleFiles, files, log); err != nil {
		return nil, err
	}
	steps := []func() error{g.buildPlans, g.buildReceivers, g.buildCluster}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// read reads a configuration, and what references it has that are profiles, if
// they are not what the load before had. Problems of the files are a
// *ConfigError.
func read(path string, o config.Options, before *references, log *slog.Logger) (*generation, error) {
	refs := newReferences(o.Files, before)
	o.ReferenceFile, o.Schedule = refs.file, schedule
	c, diagnostics := config.Load(path, o)
	if c == nil {
		return nil, &ConfigError{diagnostics}
	}
	var flaws []string
	for _, d := range diagnostics {
		log.Warn("the configuration has a flaw", "problem", d.String())
		flaws = append(flaws, d.String())
	}
	return &generation{
		config: c, references: refs, flaws: flaws, programs: map[string]*rules.Program{}, receivers: map[string]alerting.Receiver{}, settings: map[string]alerting.Settings{},
		taken: make(chan error, 1), log: log,
	}, nil
}

func (g *generation) buildPlans() error {
	for _, s := range g.config.Streams {
		var ms []*monitors.Monitor
		for _, spec := range g.config.Monitors {
			if spec.Stream != s.Name {
				continue
			}
			m, err := g.buildMonitor(spec)
			if err != nil {
				return err
			}
			ms = append(ms, m)
		}
		if len(ms) == 0 {
			continue // nobody looks at the stream
		}
		plan, err := monitors.NewPlan(s, ms)
		if err != nil {
			return err
		}
		g.plans = append(g.plans, plan)
	}
	g.references.done()
	return nil
}

func (g *generation) buildMonitor(spec monitors.Spec) (*monitors.Monitor, error) {
	m := &monitors.Monitor{Spec: spec}
	if file := spec.Reference.File; file != "" {
		b, absent, err := g.references.baseline(spec)
		if err != nil {
			return nil, err
		}
		if len(absent) > 0 {
			g.log.Warn("the reference has none of the fields that choose a monitor's records: all its rows are taken", "monitor", spec.Name, "file", file, "fields", absent)
		}
		m.Reference = b
	}
	g.programs[spec.Name] = Program(g.config, &spec)
	return m, nil
}

// Program returns the rules of a configuration for one of its monitors.
func Program(c *config.Config, spec *monitors.Spec) *rules.Program {
	m := rules.Monitor{Name: spec.Name, Grid: spec.Window.Shape().Grid, Site: c.Web.ExternalURL}
	for _, f := range spec.Fields {
		m.Fields = append(m.Fields, rules.FieldInfo{Name: f.Name, Type: f.Type.String(), Role: f.Role, Redact: f.Redact})
	}
	return c.Rules.ForMonitor(m)
}

func (g *generation) buildReceivers() error {
	for _, r := range g.config.Alerting.Receivers {
		receiver, err := r.Options.New()
		if err != nil {
			return fmt.Errorf("receiver %q: %w", r.Name, err)
		}
		g.receivers[r.Name], g.settings[r.Name] = receiver, r.Settings
	}
	return nil
}

func (g *generation) buildCluster() error {
	if len(g.plans) == 0 {
		return nil // there is nothing to read
	}
	k := g.config.Kafka
	c := kafka.Config{Brokers: k.Brokers, Log: g.log}
	if k.TLS != nil {
		c.TLS = &kafka.TLS{CAFile: k.TLS.CAFile, CertFile: k.TLS.CertFile, KeyFile: k.TLS.KeyFile, ServerName: k.TLS.ServerName}
	}
	if k.SASL != nil {
		c.SASL = &kafka.SASL{Mechanism: k.SASL.Mechanism, Username: k.SASL.Username, PasswordFile: k.SASL.PasswordFile}
	}
	var err error
	if g.cluster, err = kafka.Open(c); err != nil {
		return err
	}
	return nil
}

func (g *generation) close() error {
	if g.cluster == nil {
		return nil
	}
	return g.cluster.Close()
}

// topics lists what plans read, each once.
func topics(plans []*monitors.Plan) []string {
	var topics []string
	for _, p := range plans {
		topics = append(topics, p.Stream.Topic)
	}
	slices.Sort(topics)
	return slices.Compact(topics)
}

// MonitorReference returns the fields of a monitor of a configuration, and how
// data files are cut, for a profile that is to be its reference.
func MonitorReference(path, monitor string) ([]reference.FieldSpec, *reference.Cut, error) {
	c, diagnostics := config.Load(path, config.Options{MissingReferences: true})
	if c == nil {
		return nil, nil, &ConfigError{diagnostics}
	}
	spec, err := findMonitor(c, monitor)
	if err != nil {
		return nil, nil, err
	}
	return referenceFields(*spec), spec.Cut(), nil
}

// referenceFields says how a data file that serves as a reference is read.
func referenceFields(spec monitors.Spec) []reference.FieldSpec {
	var fields []reference.FieldSpec
	for _, f := range spec.Fields {
		fields = append(fields, reference.FieldSpec{Name: f.Name, Kind: f.Type, Coerce: f.Coerce, Buckets: spec.Buckets})
	}
	return fields
}
