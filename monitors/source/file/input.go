package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Options of an input.
type Options struct {
	Format  string    // of files whose name does not tell, and of standard input; see Formats
	Columns []string  // the columns to read; nil: all that there are
	Stdin   io.Reader // what the path "-" stands for

	Context  context.Context // if not nil, reading ends with its cause when it is done
	Progress func(rows int)  // if not nil, told of the rows of each batch that was read and visited
}

// maxColumns bounds what one input may have.
const maxColumns = 10_000

// Input is one or more data files as one sequence of rows. It can be read any
// number of times. It is for one goroutine.
type Input struct {
	files   []dataFile
	options Options
	names   []string // of columns
	index   map[string]int
	wanted  map[string]bool // nil: all
}

type dataFile struct {
	name   string // for people
	path   string
	format string
	spool  bool // path is a temporary file of ours
}

// formats is the table of formats.
var formats = []struct {
	name     string
	suffixes []string
	scan     func(s *scanner, r io.Reader) error
}{
	{"csv", []string{".csv"}, func(s *scanner, r io.Reader) error { return scanCSV(s, r, ',') }},
	{"tsv", []string{".tsv"}, func(s *scanner, r io.Reader) error { return scanCSV(s, r, '\t') }},
	{"jsonl", []string{".jsonl", ".ndjson", ".json"}, scanJSONL},
	{"parquet", []string{".parquet", ".pq"}, nil}, // needs random access: see scanParquet
}

// Formats returns the names of all formats.
func Formats() []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.name
	}
	return names
}

// Open finds the files and their formats. Standard input and pipes are
// copied to temporary files, which Close removes.
func Open(paths []string, o Options) (*Input, error) {
	if len(paths) == 0 {
		return nil, errors.New("there is no input file")
	}
	if o.Format != "" && !slices.Contains(Formats(), o.Format) {
		return nil, fmt.Errorf("format %q is not known; there is %s", o.Format, strings.Join(Formats(), ", "))
	}
	in := &Input{options: o, index: map[string]int{}}
	if o.Columns != nil {
		in.wanted = map[string]bool{}
		for _, c := range o.Columns {
			in.wanted[c] = true
		}
	}
	for _, p := range paths {
		if err := in.add(p); err != nil {
			return nil, errors.Join(err, in.Close())
		}
	}
	return in, nil
}

func (in *Input) add(path string) error {
	if path == "-" {
		return in.addStdin()
	}
	info, err := os.Stat(path)
	if err != nil {
		return &Error{File: path, Err: plain(err)}
	}
	if info.IsDir() {
		return &Error{File: path, Err: errors.New("is a directory, not a data file")}
	}
	format := in.options.Format
	if format == "" {
		if format = formatOf(path); format == "" {
			return &Error{File: path, Err: fmt.Errorf("its name does not tell its format: give one of %s", strings.Join(Formats(), ", "))}
		}
	}
	f := dataFile{name: path, path: path, format: format}
	if !info.Mode().IsRegular() { // a pipe, which gives its content once
		if f.path, err = in.spoolFile(path); err != nil {
			return &Error{File: path, Err: plain(err)}
		}
		f.spool = true
	}
	in.files = append(in.files, f)
	return nil
}

func (in *Input) spoolFile(path string) (_ string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return in.spool(f)
}

// formatOf tells the format of a file from its name, "" if it does not.
func formatOf(path string) string {
	name := strings.ToLower(filepath.Base(path))
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")
	for _, f := range formats {
		if slices.Contains(f.suffixes, filepath.Ext(name)) {
			return f.name
		}
	}
	return ""
}

func (in *Input) addStdin() error {
	const name = "standard input"
	if in.options.Format == "" {
		return &Error{File: name, Err: fmt.Errorf("its format is not given: give one of %s", strings.Join(Formats(), ", "))}
	}
	for _, f := range in.files {
		if f.name == name {
			return &Error{File: name, Err: errors.New("is given twice")}
		}
	}
	path, err := in.spool(in.options.Stdin)
	if err != nil {
		return &Error{File: name, Err: err}
	}
	in.files = append(in.files, dataFile{name: name, path: path, format: in.options.Format, spool: true})
	return nil
}

// spool copies r to a temporary file. An interrupted copy is not waited for: r
// may be a terminal that nobody types at.
func (in *Input) spool(r io.Reader) (path string, err error) {
	f, err := os.CreateTemp("", "driftwatch-*")
	if err != nil {
		return "", fmt.Errorf("make a temporary file: %w", err)
	}
	copied := make(chan error, 1)
	go func() {
		_, err := io.Copy(f, r)
		copied <- errors.Join(err, f.Close())
	}()
	select {
	case err = <-copied:
	case <-in.interrupted():
		err = context.Cause(in.options.Context)
	}
	if err != nil {
		return "", errors.Join(fmt.Errorf("copy to a temporary file: %w", err), os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// interrupted is closed when reading is to end; nil: it never is.
func (in *Input) interrupted() <-chan struct{} {
	if in.options.Context == nil {
		return nil
	}
	return in.options.Context.Done()
}

// Close removes temporary files.
func (in *Input) Close() error {
	var errs []error
	for _, f := range in.files {
		if f.spool {
			errs = append(errs, os.Remove(f.path))
		}
	}
	in.files = nil
	return errors.Join(errs...)
}

// Names returns the names of the columns that the scans so far have met, in the
// order of the columns of batches.
func (in *Input) Names() []string { return in.names }

// column returns the number of the column of a name, and false for one that is
// not wanted.
func (in *Input) column(name string) (int, bool, error) {
	if in.wanted != nil && !in.wanted[name] {
		return 0, false, nil
	}
	if i, ok := in.index[name]; ok {
		return i, true, nil
	}
	if len(in.names) == maxColumns {
		return 0, false, fmt.Errorf("there are more than %d columns", maxColumns)
	}
	in.index[name] = len(in.names)
	in.names = append(in.names, name)
	return len(in.names) - 1, true, nil
}

// plain leaves out the path of a file error: it stands before the message.
func plain(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
