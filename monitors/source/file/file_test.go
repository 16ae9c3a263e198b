package file

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// read returns the rows of an input as text: "name=value" for each cell that
// is not missing.
func read(in *Input) (rows []string, err error) {
	err = in.Scan(func(b *Batch) error {
		for r := range b.Rows {
			var cells []string
			for i, col := range b.Columns {
				if c := col[r]; c.Kind != Missing {
					cells = append(cells, b.Names[i]+"="+show(&c))
				}
			}
			slices.Sort(cells)
			rows = append(rows, strings.Join(cells, " "))
		}
		return nil
	})
	return rows, err
}

func show(c *Cell) string {
	switch c.Kind {
	case Null:
		return "null"
	case Nested:
		return "nested"
	case String:
		return fmt.Sprintf("%q", c.Text)
	case Time:
		return "time:" + string(c.AppendText(nil))
	}
	return string(c.AppendText(nil))
}

func readFile(t *testing.T, name, text string) ([]string, error) {
	t.Helper()
	in, err := Open([]string{write(t, name, text)}, Options{})
	if err != nil {
		return nil, err
	}
	defer in.Close()
	rows, err := read(in)
	if err == nil { // it can be read again
		again, err := read(in)
		if err != nil || !slices.Equal(rows, again) {
			t.Errorf("second scan: %q, %v; first %q", again, err, rows)
		}
	}
	return rows, err
}

func TestText(t *testing.T) {
	long := strings.Repeat("x", 1<<18)
	tests := []struct {
		name, file, text string
		want             []string
	}{
		{"plain", "a.csv", "a,b\n1,x\n2,y\n", []string{"a=1 b=x", "a=2 b=y"}},
		{"no newline at the end", "a.csv", "a,b\n1,x", []string{"a=1 b=x"}},
		{"CRLF", "a.csv", "a,b\r\n1,x\r\n\r\n2,y\r\n", []string{"a=1 b=x", "a=2 b=y"}},
		{"byte order mark", "a.csv", "\xef\xbb\xbfa,b\n1,2\n", []string{"a=1 b=2"}},
		{"byte order mark before a quote", "a.csv", "\xef\xbb\xbf\"a\",b\n1,2\n", []string{"a=1 b=2"}},
		{"quotes", "a.csv", "a,b\n\"x,\"\"y\"\"\",\"\"\n\"\"\"\",\"z\"\n", []string{`a=x,"y" b=null`, `a=" b=z`}},
		{"quoted newlines", "a.csv", "a,b\n\"x\n\ny\",\"1\n\"\n2,3\n", []string{"a=x\n\ny b=1\n", "a=2 b=3"}},
		{"two quoted cells with escapes", "a.csv", "a,b\n\"1\"\"1\",\"2\"\"2\"\n", []string{`a=1"1 b=2"2`}},
		{"quote inside", "a.csv", "a\nx\"y\n", []string{`a=x"y`}},
		{"empty cells", "a.csv", "a,b,c\n,,\n1,,3\n", []string{"a=null b=null c=null", "a=1 b=null c=3"}},
		{"unnamed column", "a.csv", ",b\n0,1\n", []string{"b=1 column_1=0"}},
		{"header only", "a.csv", "a,b\n", nil},
		{"long cells", "a.csv", "a,b\n" + long + ",\"" + long + "\"\n1,2\n", []string{"a=" + long + " b=" + long, "a=1 b=2"}},
		{"tabs", "a.tsv", "a\tb\n1,5\t2\n", []string{"a=1,5 b=2"}},
		{"JSON Lines", "a.jsonl", `{"a":1,"b":{"c":"x","d":null}}` + "\n\n" + ` {"b":{"c":true},"e":[1]}` + "\r\n{}",
			[]string{`a=1 b.c="x" b.d=null`, `b.c=true e=nested`, ""}},
		{"empty JSON Lines", "a.ndjson", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := readFile(t, tt.file, tt.text)
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("%.300q, %v; want %.300q", got, err, tt.want)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	tests := []struct{ name, file, text, want string }{
		{"empty", "a.csv", "", "the file is empty"},
		{"binary", "a.csv", "a\x00b,c\n1,2\n", "the names of columns are not text"},
		{"another character set", "a.csv", "gr\xf6\xdfe\n1\n", "the names of columns are not text"},
		{"blank", "a.csv", "\n\r\n", "the file is empty"},
		{"too few cells", "a.csv", "a,b\n1,2\n\n3\n", "row 2 (line 4): it has 1 cells, the header has 2"},
		{"too many cells", "a.csv", "a,b\n1,2,3\n", "row 1 (line 2): it has more than 2 cells"},
		{"open quote", "a.csv", "a\n1\n\"x\ny\n", "the quote that begins a cell in line 3 is not closed"},
		{"after a quote", "a.csv", "a\n\"x\"y\n", "row 1 (line 2): 'y' stands after the quote"},
		{"two columns of a name", "a.csv", "a,a\n", `line 1: two columns have the name "a"`},
		{"bad JSON", "a.jsonl", "{\"a\":1}\n{\"a\":}\n", "row 2 (line 2): found '}' where a value was expected at byte 5"},
		{"not an object", "a.jsonl", "[1]\n", "row 1 (line 1): the record is not a JSON object"},
		{"not Parquet", "a.parquet", "PAR1 but not really", "is not a Parquet file, or damaged"},
		{"empty Parquet", "a.parquet", "", "is not a Parquet file, or damaged"},
		{"cut gzip", "a.csv.gz", "\x1f\x8b\x08\x00", "a.csv.gz: "},
		{"unknown suffix", "a.txt", "a\n", "its name does not tell its format: give one of csv, tsv, jsonl, parquet"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := readFile(t, tt.file, tt.text)
			var e *Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), tt.file+": ") {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		paths []string
		o     Options
		want  string
	}{
		{nil, Options{}, "no input file"},
		{[]string{filepath.Join(dir, "no.csv")}, Options{}, "no.csv: no such file"},
		{[]string{dir}, Options{}, "is a directory"},
		{[]string{"-"}, Options{Stdin: strings.NewReader("")}, "its format is not given"},
		{[]string{"-", "-"}, Options{Format: "csv", Stdin: strings.NewReader("")}, "is given twice"},
		{[]string{"a"}, Options{Format: "xml"}, `format "xml" is not known`},
	} {
		if _, err := Open(tt.paths, tt.o); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: error %v, want %q", tt.paths, err, tt.want)
		}
	}
}

// TestSeveral reads files of different formats and columns as one, and only the
// columns that are asked for.
func TestSeveral(t *testing.T) {
	var zst bytes.Buffer
	z, err := zstd.NewWriter(&zst)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(z, `{"c":5,"a":4,"o":{"x":1}}`); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	paths := []string{write(t, "a.csv", "a,b\n1,2\n"), write(t, "b.csv", "b,c\n3,x\n"), write(t, "c.jsonl.zst", zst.String())}
	for _, tt := range []struct {
		columns, want []string
	}{
		{nil, []string{"a=1 b=2", "b=3 c=x", "a=4 c=5 o.x=1"}},
		{[]string{"c", "o"}, []string{"", "c=x", "c=5 o=nested"}},
	} {
		in, err := Open(paths, Options{Columns: tt.columns})
		if err != nil {
			t.Fatal(err)
		}
		got, err := read(in)
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("columns %v: %q, %v; want %q", tt.columns, got, err, tt.want)
		}
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestStdin: standard input can be read twice, and leaves nothing behind.
func TestStdin(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := io.WriteString(z, "a\n1\n2\n"); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	in, err := Open([]string{"-"}, Options{Format: "csv", Stdin: &zipped})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got, err := read(in); err != nil || !slices.Equal(got, []string{"a=1", "a=2"}) {
			t.Errorf("%q, %v", got, err)
		}
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestPipe: a pipe can be read twice.
func TestPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	wrote := make(chan error, 1)
	go func() { wrote <- os.WriteFile(path, []byte("a\n1\n"), 0o600) }()
	in, err := Open([]string{path}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	for range 2 {
		if got, err := read(in); err != nil || !slices.Equal(got, []string{"a=1"}) {
			t.Errorf("%q, %v", got, err)
		}
	}
	if err := <-wrote; err != nil {
		t.Error(err)
	}
}

// TestStop: an error of the visitor ends the scan and its goroutine.
func TestStop(t *testing.T) {
	in, err := Open([]string{write(t, "a.csv", "a\n"+strings.Repeat("1\n", 20*batchRows))}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := errors.New("enough")
	for stop := range 5 {
		n := 0
		if err := in.Scan(func(*Batch) error {
			if n++; n > stop {
				return want
			}
			return nil
		}); !errors.Is(err, want) || n != stop+1 {
			t.Errorf("error %v after %d batches", err, n)
		}
	}
}

// TestInterrupted: neither a pipe that nobody writes to nor a long file is waited
// for, the error says why, and no temporary file is left.
func TestInterrupted(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithCancelCause(context.Background())
	signal := errors.New("interrupt signal received")
	path := filepath.Join(t.TempDir(), "a.csv")
	if err := os.WriteFile(path, []byte("a\n"+strings.Repeat("1\n", 10_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := Open([]string{path}, Options{Context: ctx})
	if err != nil {
		t.Fatal(err)
	}
	batches := 0
	err = in.Scan(func(*Batch) error {
		batches++
		cancel(signal)
		return nil
	})
	if !errors.Is(err, signal) || batches != 1 {
		t.Errorf("%d batches, %v", batches, err)
	}
	silent, writer := io.Pipe()
	defer writer.Close()
	if _, err := Open([]string{"-"}, Options{Format: "csv", Stdin: silent, Context: ctx}); !errors.Is(err, signal) {
		t.Errorf("a silent pipe: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "*")); left != nil {
		t.Errorf("left: %v", left)
	}
}
