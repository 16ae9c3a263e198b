package config

import (
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"driftwatch/internal/watch"
	"driftwatch/internal/yamlx"
)

// Lint checks any mixture of config, monitor and rule files, told apart by
// their content, and of directories of them. A config file brings the files
// that it names; with one config file the other arguments are checked as if it
// named them too. Without one, or with several, a name that no argument declares
// may be declared elsewhere and is a warning. Files of directories that are
// none of the three kinds are passed over.
func Lint(paths []string, opts Options) []yamlx.Diagnostic {
	rep := &yamlx.Reporter{}
	var configs, others []argument
	for _, arg := range expand(paths, rep) {
		switch arg.what = classifyFile(arg, rep); arg.what {
		case aConfig:
			configs = append(configs, arg)
		case aMonitorFile, aRuleFile:
			others = append(others, arg)
		}
	}
	var sums []yamlx.Diagnostic
	loose := newLoader(opts, rep)
	loose.partial = len(configs) != 1
	for _, arg := range configs {
		l := loose
		if loose.partial {
			l = newLoader(opts, rep)
		}
		if c, ok := l.open(arg.path, yamlx.Cursor{}); ok {
			l.readConfig(arg.path, c)
		}
		if loose.partial {
			l.finish()
			sums = append(sums, l.sum(arg.path))
			maps.Copy(loose.seen, l.seen)
		}
	}
	loose.readLoose(others)
	loose.finish()
	if !loose.partial {
		sums = append(sums, loose.sum(configs[0].path))
	}
	problems := rep.Diagnostics()
	if opts.Sum != nil && !yamlx.HasErrors(problems) {
		for _, sum := range sums {
			opts.Sum(sum)
		}
	}
	return problems
}

// readLoose reads files that no config file named. Monitors come first: rules
// are checked against them.
func (l *loader) readLoose(args []argument) {
	for _, arg := range args {
		c, ok := l.open(arg.path, yamlx.Cursor{})
		switch {
		case !ok:
		case arg.what == aMonitorFile:
			l.readMonitorFile(c)
		default:
			l.cfg.Rules.Add(c)
		}
	}
}

// argument is a file to check.
type argument struct {
	path  string
	found bool // in a directory that was named
	what  kind
}

// expand replaces directories by the YAML files below them.
func expand(paths []string, rep *yamlx.Reporter) []argument {
	var out []argument
	for _, path := range paths {
		err := filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				rep.Errorf(p, "file", "%s", reason(err))
				return fs.SkipDir
			case p == path && !d.IsDir():
				out = append(out, argument{path: filepath.Clean(p)})
			case !d.IsDir() && slices.Contains([]string{".yaml", ".yml"}, strings.ToLower(filepath.Ext(p))):
				out = append(out, argument{path: p, found: true})
			}
			return nil
		})
		if err != nil {
			rep.Errorf(path, "file", "%s", reason(err))
		}
	}
	return out
}

// kind is what a file is.
type kind uint8

const (
	unclear kind = iota
	aConfig
	aMonitorFile
	aRuleFile
)

// classifyFile reads a file to see what it is, and reports it if that cannot be
// told. What else is wrong with it is reported by those who read it then.
func classifyFile(arg argument, rep *yamlx.Reporter) kind {
	data, err := (*watch.Files)(nil).Read(arg.path)
	if err != nil {
		rep.Errorf(arg.path, "file", "%s", reason(err))
		return unclear
	}
	var problems yamlx.Reporter
	c, ok := yamlx.Parse(arg.path, data, &problems)
	if !ok {
		for _, d := range problems.Diagnostics() {
			rep.Add(d)
		}
		return unclear
	}
	what := classify(c)
	if what == unclear && !arg.found {
		c.Errorf("unknown-file", "neither a config nor a monitor nor a rule file: it has none of their keys")
		for _, d := range problems.Diagnostics() {
			rep.Add(d)
		}
	}
	return what
}

// classify tells the kinds of files apart by their keys.
func classify(c yamlx.Cursor) kind {
	if !c.IsMap() {
		return unclear
	}
	m := c.Map()
	switch list := m.Get("monitors"); {
	case m.Has("groups"):
		return aRuleFile
	case m.Has("streams"), list.IsList() && len(list.List()) > 0 && list.List()[0].IsMap():
		return aMonitorFile
	}
	if hasAny(m, []string{"kafka", "store", "web", "alerting", "rules", "monitors", "memory", "reload"}) {
		return aConfig
	}
	return unclear
}
