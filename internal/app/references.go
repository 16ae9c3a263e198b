package app

import (
	"fmt"
	"reflect"

	"driftwatch/internal/config"
	"driftwatch/internal/watch"
	"driftwatch/monitors"
	"driftwatch/monitors/profile"
	"driftwatch/monitors/reference"
)

// references are the reference files of a load. What the configuration is
// checked against is what monitors are built with, and what the load before had
// of the same files is not read again: a rule that changes costs no reading of
// large data.
type references struct {
	seen   *watch.Files                     // of this load; nil: nothing is known of files
	read   map[string]*reference.Reference  // profile files that this load read, by path
	held   map[string]*config.ReferenceFile // what profile files hold, by path
	built  map[string]baseline              // by monitor
	before *references                      // those of the load before, or nil
}

// baseline is a reference that is built, and the monitor that it is for.
type baseline struct {
	spec monitors.Spec
	*monitors.Baseline
}

func newReferences(seen *watch.Files, before *references) *references {
	if before == nil {
		before = &references{}
	}
	return &references{
		seen: seen, read: map[string]*reference.Reference{}, held: map[string]*config.ReferenceFile{},
		built: map[string]baseline{}, before: before,
	}
}

// done lets go what only building needs.
func (r *references) done() { r.read, r.before = nil, nil }

// unchanged reports whether a file is what it was for the load before.
func (r *references) unchanged(path string) bool { return r.seen.Same(r.before.seen, path) }

// file returns what a profile holds. Of a data file nothing is known before it
// is read as the monitor says.
func (r *references) file(path string) (*config.ReferenceFile, error) {
	if f := r.held[path]; f != nil {
		return f, nil
	}
	f := r.before.held[path]
	if f == nil || !r.unchanged(path) {
		var err error
		if f, err = r.readProfile(path); f == nil || err != nil {
			return nil, err
		}
	}
	r.held[path] = f
	return f, nil
}

func (r *references) readProfile(path string) (*config.ReferenceFile, error) {
	isProfile, err := reference.IsProfile(path)
	if err != nil || !isProfile {
		return nil, err
	}
	ref, err := reference.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r.read[path] = ref
	f := &config.ReferenceFile{Kinds: map[string]profile.Kind{}}
	for _, field := range ref.Fields {
		f.Kinds[field.Name] = field.Profile.Kind()
	}
	for i := range ref.Segments {
		f.Segments = append(f.Segments, ref.Segments[i].Name)
	}
	return f, nil
}

// baseline returns the reference of a monitor that has one in a file, and the
// fields that choose the monitor's records but are not in it, if that is news.
func (r *references) baseline(spec monitors.Spec) (_ *monitors.Baseline, absent []string, err error) {
	path, cut := spec.Reference.File, spec.Cut()
	if old, ok := r.before.built[spec.Name]; ok && r.unchanged(path) && reflect.DeepEqual(spec, old.spec) {
		r.built[spec.Name] = old
		return old.Baseline, nil, nil
	}
	ref, err := r.load(path, referenceFields(spec), cut)
	if err != nil {
		return nil, nil, fmt.Errorf("reference of monitor %q: %w", spec.Name, err)
	}
	b := baseline{spec, monitors.NewBaseline(ref)}
	r.built[spec.Name] = b
	return b.Baseline, cut.Absent, nil
}

func (r *references) load(path string, fields []reference.FieldSpec, cut *reference.Cut) (*reference.Reference, error) {
	all := r.read[path]
	if all == nil {
		return reference.Load(path, fields, cut)
	}
	ref, err := all.Choose(fields)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return ref, nil
}
