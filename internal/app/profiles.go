package app

import (
	"fmt"

	"driftwatch/internal/config"
	"driftwatch/monitors/profile"
	"driftwatch/monitors/reference"
)

// profiles are the profile files that a load has read, by path: what the
// configuration is checked against is what monitors are built with.
type profiles map[string]*reference.Reference

// file returns what a profile holds. Of a data file nothing is known before it
// is read as the monitor says.
func (p profiles) file(path string) (*config.ReferenceFile, error) {
	ref := p[path]
	if ref == nil {
		isProfile, err := reference.IsProfile(path)
		if err != nil || !isProfile {
			return nil, err
		}
		if ref, err = reference.ReadFile(path); err != nil {
			return nil, err
		}
		p[path] = ref
	}
	f := &config.ReferenceFile{Kinds: map[string]profile.Kind{}}
	for _, field := range ref.Fields {
		f.Kinds[field.Name] = field.Profile.Kind()
	}
	for i := range ref.Segments {
		f.Segments = append(f.Segments, ref.Segments[i].Name)
	}
	return f, nil
}

// load returns a monitor's reference.
func (p profiles) load(path string, fields []reference.FieldSpec, cut *reference.Cut) (*reference.Reference, error) {
	all := p[path]
	if all == nil {
		return reference.Load(path, fields, cut)
	}
	ref, err := all.Choose(fields)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return ref, nil
}
