package file

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"driftwatch/monitors/source"
)

// readLog reads a whole log and copies its values, by offset.
func readLog(t *testing.T, l *Log) map[int64]string {
	t.Helper()
	defer l.Close()
	got, next := map[int64]string{}, int64(0)
	for {
		b, err := l.Fetch(t.Context(), next)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range b.Records {
			got[r.Offset] = string(r.Value)
		}
		if next = b.Next; b.Final != b.AtEnd() {
			t.Fatalf("final %v, at its end %v", b.Final, b.AtEnd())
		}
		if b.Final {
			return got
		}
	}
}

func TestLog(t *testing.T) {
	var text strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&text, "{\"x\":%d,\"y\":%q}\n", i+1, strings.Repeat("a", i%300))
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte(text.String())); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.jsonl.gz")
	if err := os.WriteFile(path, packed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := OpenLog(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := readLog(t, l)
	if len(got) != 10_000 || !strings.HasPrefix(got[1], `{"x":1,`) || !strings.HasPrefix(got[10_000], `{"x":10000,`) {
		t.Errorf("%d records, %q, %q", len(got), got[1], got[10_000])
	}

	l, err = OpenLog("-", strings.NewReader("\xef\xbb\xbf{}\n\n  \r\nlast without an end"))
	if err != nil {
		t.Fatal(err)
	}
	if got := readLog(t, l); len(got) != 2 || got[1] != "{}" || got[4] != "last without an end" {
		t.Errorf("got %v", got)
	}
	if _, err := OpenLog(filepath.Join(t.TempDir(), "none"), nil); err == nil || !strings.Contains(err.Error(), "none: no such file") {
		t.Errorf("a file that is not there: %v", err)
	}
	l, err = OpenLog("-", strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Fetch(t.Context(), 7); err == nil {
		t.Error("a line that is not the next one was read")
	}
}

var _ source.Log = (*Log)(nil)
