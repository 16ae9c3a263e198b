package reference

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"unicode/utf8"

	"driftwatch/monitors/profile"
)

// A profile file is
//
//	magic     8 bytes
//	version   uvarint, 2
//	segments  uvarint, then for each, by ascending name; the first is "", all rows:
//	          name      uvarint length, UTF-8
//	          rows      uvarint
//	          unknown   uvarint, rows with undeclared fields and 1, or 0: not counted
//	          fields    uvarint, then for each, by ascending name:
//	                    name     uvarint length, UTF-8
//	                    profile  uvarint length, its canonical encoding
//	checksum  32 bytes, SHA-256 of all before
//
// Equal references have equal bytes: other bytes for one are refused. Version 1
// had no segments.
const (
	magic   = "DWPROFIL"
	version = 2

	maxFile    = 1 << 30
	maxName    = 1 << 16
	minSegment = 4 // bytes
	minField   = 3
	checksize  = sha256.Size
)

// AppendBinary appends the canonical encoding.
func (r *Reference) AppendBinary(dst []byte) ([]byte, error) {
	start := len(dst)
	dst = append(dst, magic...)
	dst = binary.AppendUvarint(dst, version)
	dst = binary.AppendUvarint(dst, uint64(1+len(r.Segments)))
	dst, err := r.Segment.appendBinary(dst)
	if err != nil {
		return nil, err
	}
	before := ""
	for i := range r.Segments {
		s := &r.Segments[i]
		if s.Name <= before {
			return nil, fmt.Errorf("segment %q is there twice", s.Name)
		}
		before = s.Name
		if dst, err = s.appendBinary(dst); err != nil {
			return nil, fmt.Errorf("segment %q: %w", s.Name, err)
		}
	}
	sum := sha256.Sum256(dst[start:])
	return append(dst, sum[:]...), nil
}

func (s *Segment) appendBinary(dst []byte) ([]byte, error) {
	dst, err := appendName(dst, s.Name)
	if err != nil {
		return nil, err
	}
	dst = binary.AppendUvarint(dst, s.Rows)
	unknown := uint64(0)
	if s.UnknownRows != nil {
		unknown = *s.UnknownRows + 1
	}
	dst = binary.AppendUvarint(dst, unknown)
	dst = binary.AppendUvarint(dst, uint64(len(s.Fields)))
	var scratch []byte
	for i, f := range s.Fields {
		if i > 0 && s.Fields[i-1].Name >= f.Name {
			return nil, fmt.Errorf("field %q is there twice", f.Name)
		}
		if dst, err = appendName(dst, f.Name); err != nil {
			return nil, fmt.Errorf("field %.40q: %w", f.Name, err)
		}
		if scratch, err = f.Profile.AppendBinary(scratch[:0]); err != nil {
			return nil, fmt.Errorf("encode the profile of field %q: %w", f.Name, err)
		}
		dst = binary.AppendUvarint(dst, uint64(len(scratch)))
		dst = append(dst, scratch...)
	}
	return dst, nil
}

func appendName(dst []byte, name string) ([]byte, error) {
	if len(name) > maxName || !utf8.ValidString(name) {
		return nil, errors.New("its name is too long or not valid UTF-8")
	}
	return append(binary.AppendUvarint(dst, uint64(len(name))), name...), nil
}

// Decode is the inverse of AppendBinary and accepts only what that writes.
func Decode(b []byte) (*Reference, error) {
	switch {
	case len(b) < len(magic) || string(b[:len(magic)]) != magic:
		return nil, errors.New("is not a profile file")
	case len(b) < len(magic)+checksize:
		return nil, errors.New("the profile file is cut off")
	}
	body, sum := b[:len(b)-checksize], b[len(b)-checksize:]
	d := decoder{b: body[len(magic):]}
	if v := d.uvarint(); d.err == nil && v != version {
		return nil, versionError(v)
	}
	if want := sha256.Sum256(body); !bytes.Equal(sum, want[:]) {
		return nil, errors.New("the profile file is damaged: its checksum does not match")
	}
	segments := d.segments()
	if d.err != nil {
		return nil, d.err
	}
	r, again, err := encoded(segments[0], segments[1:])
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, b) {
		return nil, errors.New("the profile file is damaged: it is not in its canonical form")
	}
	return r, nil
}

func versionError(v uint64) error {
	do := "it is of a newer driftwatch"
	if v < version {
		do = "make it again with driftwatch profile"
	}
	return fmt.Errorf("the profile file has version %d and this program reads version %d: %s", v, version, do)
}

// decoder reads from b until the first error.
type decoder struct {
	b   []byte
	err error
}

var errCut = errors.New("the profile file is damaged: it ends too early")

// fail keeps the first error and leaves nothing to read.
func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
	d.b = nil
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail(errCut)
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) bytes() []byte {
	n := d.uvarint()
	if n > uint64(len(d.b)) {
		d.fail(errCut)
		return nil
	}
	v := d.b[:n]
	d.b = d.b[n:]
	return v
}

// segments reads at least one.
func (d *decoder) segments() []Segment {
	n := d.uvarint()
	if n == 0 || n > uint64(len(d.b)/minSegment) {
		d.fail(errCut)
		return nil
	}
	segments := make([]Segment, 0, n)
	for range n {
		s := Segment{Name: string(d.bytes()), Rows: d.uvarint()}
		if unknown := d.uvarint(); unknown > 0 {
			unknown--
			s.UnknownRows = &unknown
		}
		s.Fields = d.fields()
		if d.err != nil {
			return nil
		}
		segments = append(segments, s)
	}
	if len(d.b) > 0 {
		d.fail(errors.New("the profile file is damaged: there is something after its last segment"))
	}
	return segments
}

func (d *decoder) fields() []Field {
	n := d.uvarint()
	if n > uint64(len(d.b)/minField) {
		d.fail(errCut)
		return nil
	}
	fields := make([]Field, 0, n)
	for range n {
		name, encoded := d.bytes(), d.bytes()
		if d.err != nil {
			return nil
		}
		p, err := profile.Decode(encoded)
		if err != nil {
			d.fail(fmt.Errorf("profile of field %q: %w", name, err))
			return nil
		}
		fields = append(fields, Field{string(name), p})
	}
	return fields
}

// ReadFile reads a profile file.
func ReadFile(path string) (_ *Reference, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fileError(path, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fileError(path, err)
	}
	if len(b) > maxFile {
		return nil, fileError(path, fmt.Errorf("the profile file is larger than %d MiB", maxFile>>20))
	}
	r, err := Decode(b)
	return r, fileError(path, err)
}

// WriteFile writes a profile file at once: after a crash the path holds what
// it held before or all of the new file. Devices and pipes are written to, never
// replaced; of a symbolic link, what it points to is written.
func (r *Reference) WriteFile(path string) error {
	b, err := r.AppendBinary(nil)
	if err != nil {
		return fileError(path, err)
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fileError(path, writeInto(path, b))
	}
	target, err := filepath.EvalSymlinks(path)
	if err != nil { // there is no file yet
		target = path
	}
	return fileError(path, replaceFile(target, b))
}

// writeInto writes to what is at path already.
func writeInto(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Close())
}

func replaceFile(path string, b []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(b)
	if err == nil {
		err = errors.Join(f.Chmod(0o644), f.Sync())
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
