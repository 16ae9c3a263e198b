package config

import (
	"bytes"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"driftwatch/internal/yamlx"
	"driftwatch/rules"
)

// Load reads the configuration at path and every file that it names. The
// Config is nil if any diagnostic is an error.
func Load(path string, opts Options) (*Config, []yamlx.Diagnostic) {
	l := newLoader(opts, &yamlx.Reporter{})
	l.missingSecret = yamlx.Cursor.Errorf
	if opts.MissingSecrets {
		l.missingSecret = func(yamlx.Cursor, string, string, ...any) {}
	}
	if root, ok := l.open(path, yamlx.Cursor{}); ok {
		l.readConfig(path, root)
		l.finish()
	}
	list := l.rep.Diagnostics()
	if yamlx.HasErrors(list) {
		return nil, list
	}
	return &l.cfg, list
}

// loader is one Load or Lint under way.
type loader struct {
	opts Options
	rep  *yamlx.Reporter
	cfg  Config
	seen map[string]bool // absolute paths of files that were read

	// missingSecret reports a file of a secret that is not there: an error for
	// who wants to run, a warning for who checks files on another machine.
	missingSecret func(c yamlx.Cursor, code, format string, args ...any)

	streams  map[string]yamlx.Cursor // place of each name
	monitors []declared
	labels   []label        // that routes ask for
	digested []yamlx.Cursor // monitors that digests name
	backup   yamlx.Cursor
	partial  bool // files may be missing: a name that is not known may be declared elsewhere
}

func newLoader(opts Options, rep *yamlx.Reporter) *loader {
	return &loader{
		opts: opts, rep: rep, seen: make(map[string]bool),
		missingSecret: yamlx.Cursor.Warnf,
		streams:       make(map[string]yamlx.Cursor),
		cfg:           Config{Rules: &rules.Set{}},
	}
}

// open reads and parses a file once; by is the place that names it, or zero.
func (l *loader) open(path string, by yamlx.Cursor) (yamlx.Cursor, bool) {
	abs, err := filepath.Abs(path)
	if err != nil {
		abs = path
	}
	if l.seen[abs] {
		return yamlx.Cursor{}, false
	}
	l.seen[abs] = true
	data, err := l.opts.Files.Read(path)
	if err == nil && len(bytes.TrimSpace(data)) == 0 {
		err = errEmpty
	}
	if err != nil {
		if by.Present() {
			by.Errorf("file", "read %s: %s", path, reason(err))
		} else {
			l.rep.Errorf(path, "file", "%s", reason(err))
		}
		return yamlx.Cursor{}, false
	}
	l.cfg.Files = append(l.cfg.Files, path)
	return yamlx.Parse(path, data, l.rep)
}

// errEmpty is of a file that an editor is about to fill, or a disk that was full: to
// take it as a file of no monitors would end what they have.
var errEmpty = errors.New("there is nothing in it")

// reason says why a file cannot be read, without its name.
func reason(err error) string {
	var pe *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "no such file"
	case errors.As(err, &pe):
		return pe.Err.Error()
	}
	return err.Error()
}

// relative resolves a path against the file that names it.
func relative(c yamlx.Cursor, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(filepath.Dir(c.File()), path)
}

// path reads a path; "" if there is none.
func (l *loader) path(c yamlx.Cursor) string {
	name := c.Name()
	if name == "" {
		return ""
	}
	return relative(c, name)
}

// existing reads the path of a file that must be there.
func (l *loader) existing(c yamlx.Cursor) string {
	path := l.path(c)
	if path != "" {
		if err := l.checkFile(path); err != nil {
			c.Errorf("file", "read %s: %s", path, reason(err))
		}
	}
	return path
}

// secret reads the path of a file that holds a secret. It is not opened: its
// content must come near no message.
func (l *loader) secret(c yamlx.Cursor) string {
	path := l.path(c)
	if path != "" {
		if err := l.checkFile(path); err != nil {
			l.missingSecret(c, "file", "read %s: %s", path, reason(err))
		}
	}
	return path
}

var errDirectory = errors.New("it is a directory")

func (l *loader) checkFile(path string) error {
	info, err := l.opts.Files.Stat(path)
	if err == nil && info.IsDir() {
		return errDirectory
	}
	return err
}

// named is a file and the place that names it.
type named struct {
	path string
	by   yamlx.Cursor
}

// list reads a list of paths and globs. The files of a glob are sorted.
func (l *loader) list(c yamlx.Cursor) []named {
	var out []named
	for _, item := range c.List() {
		name := item.Name()
		if name == "" {
			continue
		}
		path := relative(item, name)
		if !strings.ContainsAny(name, `*?[`) {
			out = append(out, named{path, item})
			continue
		}
		found, err := l.opts.Files.Glob(path)
		switch {
		case err != nil:
			item.Errorf("glob", "not a glob: %q", name)
		case len(found) == 0:
			item.Warnf("glob", "no file matches %q", name)
		}
		for _, f := range found {
			out = append(out, named{f, item})
		}
	}
	return out
}

// readConfig reads driftwatch.yaml and the files that it names.
func (l *loader) readConfig(path string, root yamlx.Cursor) {
	l.cfg.File = path
	m := root.Map()
	l.readKafka(m.Get("kafka"))
	l.readStore(path, m.Get("store").Map())
	l.readWeb(m.Get("web").Map())
	l.readAlerting(m.Get("alerting").Map())
	l.readMemory(m.Get("memory").Map())
	l.readMetrics(m.Get("metrics").Map())
	l.readReload(m.Get("reload").Map())
	monitorFiles, ruleFiles := m.Get("monitors"), m.Get("rules")
	m.Done()
	for _, f := range l.list(monitorFiles) {
		if c, ok := l.open(f.path, f.by); ok {
			l.readMonitorFile(c)
		}
	}
	l.readRules(ruleFiles)
	if len(l.cfg.Streams) > 0 && !m.Has("kafka") {
		m.At().Errorf("missing-key", "key %q is missing: there are streams to read", "kafka")
	}
}

// readRules reads the rule files that the configuration names, or those that
// take their place.
func (l *loader) readRules(named yamlx.Cursor) {
	if l.opts.Rules == nil {
		for _, f := range l.list(named) {
			if c, ok := l.open(f.path, f.by); ok {
				l.addRules(f.path, c)
			}
		}
		return
	}
	for _, arg := range expand(l.opts.Rules, l.rep) {
		switch what := classifyFile(arg, l.rep); {
		case what == aRuleFile:
			if c, ok := l.open(arg.path, yamlx.Cursor{}); ok {
				l.addRules(arg.path, c)
			}
		case what != unclear && !arg.found:
			l.rep.Errorf(arg.path, "unknown-file", "not a rule file: it has no %q", "groups")
		}
	}
}

func (l *loader) addRules(path string, c yamlx.Cursor) {
	l.cfg.RuleFiles = append(l.cfg.RuleFiles, path)
	l.cfg.Rules.Add(c)
}

// finish checks what can be checked only when all files are read.
func (l *loader) finish() {
	l.checkStreams()
	for i := range l.monitors {
		l.checkIDs(&l.monitors[i])
		l.checkReference(&l.monitors[i])
		l.checkAmend(&l.monitors[i])
	}
	l.checkBackup()
	l.checkRedacted()
	l.checkMemory()
	l.checkLabels()
	l.checkDigests()
	l.checkSeries()
	infos := make([]rules.MonitorInfo, len(l.monitors))
	for i := range l.monitors {
		infos[i] = l.monitors[i].info()
		infos[i].Kept = l.cfg.Store.Retention
		l.cfg.Monitors = append(l.cfg.Monitors, l.monitors[i].Spec)
	}
	if !l.partial || len(infos) > 0 {
		l.cfg.Rules.Check(infos, !l.partial)
	} else {
		l.cfg.Rules.CheckShadows()
	}
}
