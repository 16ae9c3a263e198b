package file

import (
	"encoding/csv"
	"errors"
	"strings"
	"testing"
)

// FuzzCSV holds the reader against encoding/csv: what that accepts has the same
// cells here, and what it does not is refused, but for quotes inside a cell
// that does not begin with one.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{
		"a,b\n1,2\n", "a\r\n\"x\"\"y\r\nz\"\r\n\r\n", "a,b\n,\n\"\",\"\n\"\n", "a,b\n1\n", "a\n\"\n", "a\n\"x\"y\n", "a\nx\"y\n", "a\n\r", "a\n\r\r\n", "\n\na\n1", "a\n\"x\r\"\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.HasPrefix(text, string(byteOrderMark)) {
			return
		}
		want, wantErr := csv.NewReader(strings.NewReader(text)).ReadAll()
		if len(want) > 0 && !distinct(want[0]) || strings.Count(text, "\n") >= batchRows-1 {
			return // the test looks at the first batch
		}
		got, err := scanText(text)
		switch {
		case wantErr != nil:
			if err == nil && !errors.Is(wantErr, csv.ErrBareQuote) {
				t.Fatalf("%q is accepted; encoding/csv: %v", text, wantErr)
			}
		case len(want) == 0:
			if err == nil {
				t.Fatalf("%q is accepted without a header", text)
			}
		case err != nil:
			t.Fatalf("%q: %v", text, err)
		default:
			compareCells(t, text, got, want[1:])
		}
	})
}

func distinct(names []string) bool {
	seen := map[string]bool{}
	for _, n := range names {
		if n == "" || seen[n] {
			return false
		}
		seen[n] = true
	}
	return true
}

// scanText scans a CSV file that is in memory.
func scanText(text string) (rows [][]string, err error) {
	in := &Input{index: map[string]int{}}
	s := &scanner{in: in, file: &dataFile{name: "fuzz"}, free: make(chan *Batch, 1), ready: make(chan *Batch, 1), stop: make(chan struct{})}
	s.free <- &Batch{}
	if err := scanCSV(s, strings.NewReader(text), ','); err != nil {
		return nil, err
	}
	if s.batch == nil {
		return nil, nil
	}
	for r := range s.batch.Rows {
		var row []string
		for _, col := range s.batch.Columns {
			row = append(row, string(col[r].Text))
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func compareCells(t *testing.T, text string, got, want [][]string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%q: rows %q, encoding/csv %q", text, got, want)
	}
	for i := range want {
		if strings.Join(got[i], "\x00") != strings.Join(want[i], "\x00") {
			t.Errorf("%q: row %d is %q, encoding/csv %q", text, i, got[i], want[i])
		}
	}
}
