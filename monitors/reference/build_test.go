package reference

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"driftwatch/monitors/profile"
	"driftwatch/monitors/source/file"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func openCSV(t *testing.T, text string) *file.Input {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := file.Open([]string{path}, file.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	})
	return in
}

// TestPassesWithoutRoom: data that are too large to be remembered are read again,
// some fields at a time, and give the same reference.
func TestPassesWithoutRoom(t *testing.T) {
	var csv strings.Builder
	r := rand.New(rand.NewPCG(1, 1))
	const columns, rows = 2*together + 1, 3000
	var fields []FieldSpec
	for i := range columns {
		fmt.Fprintf(&csv, "%sf%02d", map[bool]string{true: ","}[i > 0], i)
		fields = append(fields, FieldSpec{Name: fmt.Sprintf("f%02d", i), Kind: profile.Number})
	}
	for range rows {
		for i := range columns {
			fmt.Fprintf(&csv, "%c%v", "\n,"[min(i, 1)], r.NormFloat64())
		}
	}
	in := openCSV(t, csv.String()+"\n")
	want, err := Build(in, fields, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := observe(in, fields, profile.NewMemory(0))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.addGuides(in); err != nil {
		t.Fatal(err)
	}
	got, err := b.reference()
	if err != nil {
		t.Fatal(err)
	}
	if got.Hash != want.Hash {
		t.Error("what is remembered makes a difference")
	}
	if g, ok := got.Profile("f12").Guide(); !ok || len(g.Edges()) < 900 {
		t.Error("the last field has no grid")
	}
}

// TestErrorEndsTheScan: columns are read side by side, and an error in
// the middle of the file is still that of its line.
func TestErrorEndsTheScan(t *testing.T) {
	in := openCSV(t, "a,b\n"+strings.Repeat("1,2\n", 5000)+"3\n"+strings.Repeat("1,2\n", 5000))
	_, err := Build(in, []FieldSpec{{Name: "a", Kind: profile.Number}, {Name: "b", Kind: profile.Number}}, nil)
	var at *file.Error
	if !errors.As(err, &at) || at.Line != 5002 {
		t.Fatalf("got %v", err)
	}
}
