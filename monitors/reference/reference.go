// Package reference is where a reference comes from: profiles of some fields,
// made of data files or read from a profile file. It knows no monitors and no
// checks.
package reference

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"driftwatch/monitors/profile"
	"driftwatch/monitors/source/file"
)

// FieldSpec says how a field is read from data.
type FieldSpec struct {
	Name    string
	Kind    profile.Kind
	Coerce  bool           // "12" in a number field is 12
	Buckets int            // cap of the histogram; 0: the default
	Guide   *profile.Guide // of the reference that the profile is to be judged against, or nil
}

// Reference is what windows are compared with: profiles of the same rows, and
// of those of each segment.
type Reference struct {
	Hash     string    // of the canonical bytes, hexadecimal
	Segment            // all rows
	Segments []Segment // parts of them, by name
}

// Segment is the profiles of some rows.
type Segment struct {
	Name        string // "" for all rows
	Rows        uint64
	UnknownRows *uint64 // with fields that nobody declared; nil: they were not counted
	Fields      []Field // by name
}

// Field is one field's profile.
type Field struct {
	Name    string
	Profile *profile.Profile
}

// New makes a reference of profiles. Names of segments and of the fields of each
// must differ.
func New(whole Segment, parts ...Segment) (*Reference, error) {
	r, _, err := encoded(whole, parts)
	return r, err
}

// encoded makes a reference and returns its canonical bytes too.
func encoded(whole Segment, parts []Segment) (*Reference, []byte, error) {
	if whole.Name != "" {
		return nil, nil, fmt.Errorf("segment %q stands for all rows", whole.Name)
	}
	r := &Reference{Segment: whole.sorted()}
	for _, s := range parts {
		r.Segments = append(r.Segments, s.sorted())
	}
	slices.SortFunc(r.Segments, func(a, b Segment) int { return cmp.Compare(a.Name, b.Name) })
	b, err := r.AppendBinary(nil)
	if err != nil {
		return nil, nil, err
	}
	sum := sha256.Sum256(b)
	r.Hash = hex.EncodeToString(sum[:])
	return r, b, nil
}

func (s Segment) sorted() Segment {
	s.Fields = slices.Clone(s.Fields)
	slices.SortFunc(s.Fields, func(a, b Field) int { return cmp.Compare(a.Name, b.Name) })
	return s
}

// Profile returns the profile of a field, or nil.
func (s *Segment) Profile(name string) *profile.Profile {
	i, ok := slices.BinarySearchFunc(s.Fields, name, func(f Field, name string) int { return cmp.Compare(f.Name, name) })
	if !ok {
		return nil
	}
	return s.Fields[i].Profile
}

// Load reads the reference of the given fields from a profile file, which is
// known by how it begins, or makes it of the rows of a data file that cut lets
// through. Fields that the file does
// not have are not in the reference. A field whose kind is another one in a
// profile file is an error.
func Load(path string, fields []FieldSpec, cut *Cut) (*Reference, error) {
	isProfile, err := IsProfile(path)
	if err != nil {
		return nil, err
	}
	if !isProfile {
		return loadData(path, fields, cut)
	}
	all, err := ReadFile(path)
	if err != nil {
		return nil, err
	}
	r, err := all.Choose(fields)
	return r, fileError(path, err)
}

// Choose returns the reference with the given fields only, which is itself if it
// has no others. A field of another kind is an error.
func (r *Reference) Choose(fields []FieldSpec) (*Reference, error) {
	whole, err := r.choose(fields)
	if err != nil {
		return nil, err
	}
	same := len(whole.Fields) == len(r.Fields)
	var parts []Segment
	for i := range r.Segments {
		part, err := r.Segments[i].choose(fields)
		if err != nil {
			return nil, fmt.Errorf("segment %q: %w", part.Name, err)
		}
		same = same && len(part.Fields) == len(r.Segments[i].Fields)
		parts = append(parts, part)
	}
	if same {
		return r, nil
	}
	return New(whole, parts...)
}

// choose returns the segment with the given fields only.
func (s Segment) choose(fields []FieldSpec) (Segment, error) {
	all := s.Fields
	s.Fields = nil
	for _, f := range fields {
		i := slices.IndexFunc(all, func(of Field) bool { return of.Name == f.Name })
		if i < 0 {
			continue
		}
		if kind := all[i].Profile.Kind(); kind != f.Kind {
			return s, fmt.Errorf("field %q is a %s there and a %s here", f.Name, kind, f.Kind)
		}
		s.Fields = append(s.Fields, all[i])
	}
	return s, nil
}

// Without returns the reference without the given fields, which is itself if there
// are none.
func (r *Reference) Without(fields map[string]bool) (*Reference, error) {
	if len(fields) == 0 {
		return r, nil
	}
	var parts []Segment
	for _, s := range r.Segments {
		parts = append(parts, s.without(fields))
	}
	return New(r.Segment.without(fields), parts...)
}

func (s Segment) without(fields map[string]bool) Segment {
	s.Fields = slices.DeleteFunc(slices.Clone(s.Fields), func(f Field) bool { return fields[f.Name] })
	return s
}

func loadData(path string, fields []FieldSpec, cut *Cut) (_ *Reference, err error) {
	in, err := file.Open([]string{path}, file.Options{Columns: cut.Columns(fields)})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	r, err := Build(in, fields, cut)
	if errors.Is(err, errNoRows) {
		err = fileError(path, err) // others name the file already
	}
	return r, err
}

// plain leaves out the path of a file error: it stands before the message.
func plain(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// fileError says which file could not be read or written.
func fileError(path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", path, plain(err))
}

// IsProfile reports whether a file is a profile file, by how it begins. What
// cannot be read twice, like a pipe, is not.
func IsProfile(path string) (_ bool, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return false, fileError(path, err)
	}
	if !info.Mode().IsRegular() {
		return false, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return false, fileError(path, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	head := make([]byte, len(magic))
	n, _ := f.Read(head) // what cannot be read is no profile; whoever reads it says why
	return string(head[:n]) == magic, nil
}
