// Package watch remembers the files that a configuration was made of, and tells
// whether they are still the same. It looks when it is asked to: it knows no
// clock, starts nothing and asks the system for no notices.
package watch

import (
	"crypto/sha256"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Files are files and globs as they were at one time. The zero value is empty;
// a nil *Files takes notes of nothing.
type Files struct {
	files map[string]file
	globs map[string][]string // what matches each, sorted
}

// file is how one file was. A file of configuration is known by its content,
// so that one that is only touched, or checked out again, is the same. One that
// may be large, or is secret, is known by what the system says of it.
type file struct {
	info    os.FileInfo        // nil: there is a problem
	problem string             // why the system says nothing of it
	sum     *[sha256.Size]byte // nil: it was not read, or could not be
}

// MaxRead bounds what is read of a file, in bytes. The largest sensible ones
// of a configuration have some hundred kilobytes.
const MaxRead = 16 << 20

var (
	errTooLarge  = errors.New("larger than 16 MiB, which no configuration file is")
	errDirectory = errors.New("it is a directory")
	errIrregular = errors.New("it is not a regular file")
)

// Read reads a regular file and notes its content. Nothing else is opened: a pipe may
// never give anything.
func (f *Files) Read(path string) ([]byte, error) {
	data, seen, err := read(path)
	f.note(path, seen)
	return data, err
}

// Stat looks at a file without opening it, and notes what it is.
func (f *Files) Stat(path string) (os.FileInfo, error) {
	info, err := os.Stat(path)
	f.note(path, stamped(info, err))
	return info, err
}

// Glob lists the files that a pattern matches, sorted, and notes them.
func (f *Files) Glob(pattern string) ([]string, error) {
	found, err := filepath.Glob(pattern)
	slices.Sort(found)
	if f != nil && err == nil {
		if f.globs == nil {
			f.globs = map[string][]string{}
		}
		f.globs[pattern] = found
	}
	return found, err
}

func (f *Files) note(path string, seen file) {
	if f == nil {
		return
	}
	if f.files == nil {
		f.files = map[string]file{}
	}
	if _, twice := f.files[path]; !twice { // what changed in between is a change
		f.files[path] = seen
	}
}

// Look returns the same files and globs as they are now.
func (f *Files) Look() *Files {
	now := &Files{files: make(map[string]file, len(f.files))}
	for path, old := range f.files {
		now.files[path] = look(path, old)
	}
	for pattern := range f.globs {
		_, _ = now.Glob(pattern) // it was a good one before
	}
	return now
}

// look looks at a file. Content is read again only if the file may be another.
func look(path string, old file) file {
	info, err := os.Stat(path)
	seen := stamped(info, err)
	if old.sum == nil || seen.same(file{info: old.info}) {
		seen.sum = old.sum
		return seen
	}
	_, seen, _ = read(path) // the problem is in what was seen
	return seen
}

// Equal reports whether the files of both, which must be those of one load, are
// the same.
func (f *Files) Equal(o *Files) bool {
	return maps.EqualFunc(f.files, o.files, file.equal) && maps.EqualFunc(f.globs, o.globs, slices.Equal[[]string])
}

// Same reports whether both have the same note of one file. Neither need have
// any, or be.
func (f *Files) Same(o *Files, path string) bool {
	if f == nil || o == nil {
		return false
	}
	now, ok := f.files[path]
	then, too := o.files[path]
	return ok && too && now.equal(then)
}

func (f file) equal(o file) bool {
	if f.sum != nil && o.sum != nil {
		return *f.sum == *o.sum
	}
	return f.sum == o.sum && f.same(o)
}

// same reports whether the system says the same of both. Another inode is
// another file even if size and time are equal, as they are where files are
// unpacked with the times of an archive.
func (f file) same(o file) bool {
	if f.info == nil || o.info == nil {
		return f.info == o.info && f.problem == o.problem
	}
	return os.SameFile(f.info, o.info) && f.info.Size() == o.info.Size() &&
		f.info.ModTime().Equal(o.info.ModTime()) && f.info.Mode() == o.info.Mode()
}

func stamped(info os.FileInfo, err error) file {
	if err != nil {
		return file{problem: err.Error()}
	}
	return file{info: info}
}

// read reads a file. What the system says of it is asked before, so that a
// change while it is read is seen at the next look.
func read(path string) ([]byte, file, error) {
	info, err := os.Stat(path)
	seen := stamped(info, err)
	if err == nil {
		err = regular(info)
	}
	if err != nil {
		return nil, seen, err
	}
	in, err := os.Open(path)
	if err != nil {
		return nil, seen, err
	}
	defer in.Close()
	data, err := io.ReadAll(io.LimitReader(in, MaxRead+1))
	if err != nil {
		return nil, seen, err
	}
	sum := sha256.Sum256(data)
	seen.sum = &sum
	if len(data) > MaxRead {
		return nil, seen, errTooLarge
	}
	return data, seen, nil
}

func regular(info os.FileInfo) error {
	switch {
	case info.IsDir():
		return errDirectory
	case !info.Mode().IsRegular():
		return errIrregular
	}
	return nil
}
