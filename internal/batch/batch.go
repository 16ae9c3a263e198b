// Package batch is the work of the commands that look at data files: profile,
// compare and inspect. It knows no command line: it takes options and writers.
package batch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"driftwatch/monitors/profile"
	"driftwatch/monitors/reference"
	"driftwatch/monitors/source/file"
)

// Options say how data files are read.
type Options struct {
	Format   string                // of files whose name does not tell, and of standard input
	Types    map[string]string     // of fields, by name; others are found out
	Fields   []reference.FieldSpec // of a monitor: exactly these fields, and Types is not used
	Cut      *reference.Cut        // of a monitor: which rows Profile counts, and its segments; nil: all
	Stdin    io.Reader             // what the input "-" stands for
	Progress func(rows int)        // if not nil, told how many more rows were read
	Context  context.Context       // if not nil, ends the work when it is done
}

func (o *Options) open(paths []string, columns []string) (*file.Input, error) {
	return file.Open(paths, file.Options{Format: o.Format, Columns: columns, Stdin: o.Stdin, Progress: o.Progress, Context: o.Context})
}

// specs returns the fields to read: those of the monitor, or all that in has.
func (o *Options) specs(in *file.Input) (fields []reference.FieldSpec, ignored []string, err error) {
	if o.Fields != nil {
		return o.Fields, nil, nil
	}
	return infer(in, o.Types)
}

// Profiled is a profile of data files.
type Profiled struct {
	*reference.Reference
	Ignored []string // columns that are not in it: lists, objects, and what was to be ignored
	Absent  []string // fields of the monitor that the data do not have
}

// Types lists the fields by type, for people to see whether they agree.
func (p *Profiled) Types() string {
	byKind := map[profile.Kind][]string{}
	for _, f := range p.Fields {
		byKind[f.Profile.Kind()] = append(byKind[f.Profile.Kind()], f.Name)
	}
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(byKind)) {
		parts = append(parts, kind.String()+" "+strings.Join(byKind[kind], ", "))
	}
	return strings.Join(parts, "; ")
}

// Profile makes the profile of data files that are read as one.
func Profile(inputs []string, o Options) (_ *Profiled, err error) {
	in, err := o.open(inputs, o.Cut.Columns(o.Fields))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	fields, ignored, err := o.specs(in)
	if err != nil {
		return nil, err
	}
	r, err := reference.Build(in, fields, o.Cut)
	if err != nil {
		return nil, err
	}
	p := &Profiled{Reference: r, Ignored: ignored}
	for _, f := range fields {
		if r.Profile(f.Name) == nil {
			p.Absent = append(p.Absent, f.Name)
		}
	}
	return p, nil
}

// side is one side of a comparison.
type side struct {
	path    string
	profile *reference.Reference // of a profile file
	input   *file.Input          // of a data file
}

// side finds out what a path holds.
func (o *Options) side(path string) (*side, error) {
	s := &side{path: path}
	if path != "-" {
		isProfile, err := reference.IsProfile(path)
		if err != nil {
			return nil, err
		}
		if isProfile {
			s.profile, err = reference.ReadFile(path)
			return s, err
		}
	}
	var err error
	s.input, err = o.open([]string{path}, nil)
	return s, err
}

func (s *side) close() error {
	if s == nil || s.input == nil {
		return nil
	}
	return s.input.Close()
}

// specsOf returns the fields that a profile has.
func specsOf(r *reference.Reference) []reference.FieldSpec {
	var fields []reference.FieldSpec
	for _, f := range r.Fields {
		fields = append(fields, reference.FieldSpec{Name: f.Name, Kind: f.Profile.Kind(), Buckets: f.Profile.Buckets()})
	}
	return fields
}

// checkKinds refuses a comparison of fields of different types.
func checkKinds(r, c *reference.Reference) error {
	for _, f := range r.Fields {
		if p := c.Profile(f.Name); p != nil && p.Kind() != f.Profile.Kind() {
			return fmt.Errorf("field %q is a %s in the reference and a %s in the current profile", f.Name, f.Profile.Kind(), p.Kind())
		}
	}
	return nil
}
