package batch

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/profile"
	"driftwatch/monitors/reference"
)

// row is a request to a model that prices cars.
type row struct {
	ID      int64    `parquet:"request_id"`
	TS      int64    `parquet:"ts,timestamp(millisecond)"`
	Country string   `parquet:"country"`
	Doors   int32    `parquet:"doors"`
	Zip     string   `parquet:"zip"`
	Price   *float64 `parquet:"price,optional"`
	Km      int64    `parquet:"km"`
	Sold    bool     `parquet:"sold"`
	Comment string   `parquet:"comment"`
}

// rows draws n rows; shift moves the prices.
func rows(n int, seed uint64, shift float64) []row {
	r := rand.New(rand.NewPCG(seed, 1)) // the same rows in each run
	out := make([]row, n)
	for i := range out {
		price := 20000 + shift + 5000*r.NormFloat64()
		out[i] = row{
			ID: int64(i) + 1000, TS: 1_700_000_000_000 + r.Int64N(1e9), Country: []string{"BR", "PT", "US", "DE"}[r.IntN(4)],
			Doors: 3 + 2*r.Int32N(2), Zip: fmt.Sprintf("0%04d", r.IntN(50)), Price: &price, Km: r.Int64N(200_000),
			Sold: r.IntN(3) == 0, Comment: fmt.Sprintf("comment %d, \"%d\"\nof many", i, r.Int64()),
		}
		if r.IntN(20) == 0 {
			out[i].Price = nil
		}
	}
	return out
}

var wantTypes = map[string]string{
	"request_id": "category", "ts": "timestamp", "country": "category", "doors": "category", "zip": "category",
	"price": "number", "km": "number", "sold": "boolean", "comment": "text",
}

func write(t *testing.T, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func asCSV(rows []row) []byte {
	var b bytes.Buffer
	b.WriteString("request_id,ts,country,doors,zip,price,km,sold,comment\r\n")
	for _, r := range rows {
		price := ""
		if r.Price != nil {
			price = fmt.Sprint(*r.Price)
		}
		fmt.Fprintf(&b, "%d,%d,%s,%d,%s,%s,%d,%v,\"%s\"\r\n", r.ID, r.TS, r.Country, r.Doors, r.Zip, price, r.Km, r.Sold,
			strings.ReplaceAll(r.Comment, `"`, `""`))
	}
	return b.Bytes()
}

func asJSONL(t *testing.T, rows []row) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	for _, r := range rows {
		if err := e.Encode(map[string]any{
			"request_id": r.ID, "ts": r.TS, "country": r.Country, "doors": r.Doors, "zip": r.Zip,
			"price": r.Price, "km": r.Km, "sold": r.Sold, "comment": r.Comment,
		}); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func asParquet(t *testing.T, rows []row) []byte {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[row](&b, parquet.MaxRowsPerRowGroup(3000))
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func profiled(t *testing.T, o Options, inputs ...string) *Profiled {
	t.Helper()
	p, err := Profile(inputs, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestSameProfile holds every way to give the same rows to the same bytes.
func TestSameProfile(t *testing.T) {
	data := rows(5000, 1, 0)
	want := profiled(t, Options{}, write(t, "all.csv", asCSV(data)))
	for _, f := range want.Fields {
		if got := f.Profile.Kind().String(); got != wantTypes[f.Name] {
			t.Errorf("field %s is found to be %s, want %s", f.Name, got, wantTypes[f.Name])
		}
	}
	if len(want.Fields) != len(wantTypes) || want.Rows != 5000 {
		t.Fatalf("%d fields of %d rows", len(want.Fields), want.Rows)
	}
	p := want.Profile("price")
	if g, ok := p.Guide(); !ok || len(g.Edges()) < 1000 {
		t.Errorf("price has a grid of %v edges", g)
	}
	shuffled := slices.Clone(data)
	rand.New(rand.NewPCG(9, 9)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write(asCSV(data)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		inputs []string
		o      Options
	}{
		{"shuffled", []string{write(t, "s.csv", asCSV(shuffled))}, Options{}},
		{"three parts in three formats", []string{write(t, "a.csv", asCSV(shuffled[:1000])), write(t, "b.jsonl", asJSONL(t, shuffled[1000:1500])),
			write(t, "c.parquet", asParquet(t, shuffled[1500:]))}, Options{}},
		{"JSON Lines", []string{write(t, "a.jsonl", asJSONL(t, data))}, Options{}},
		{"Parquet", []string{write(t, "a.parquet", asParquet(t, data))}, Options{}},
		{"compressed", []string{write(t, "a.csv.gz", zipped.Bytes())}, Options{}},
		{"standard input", []string{"-"}, Options{Format: "csv", Stdin: bytes.NewReader(asCSV(shuffled))}},
		{"fields given", []string{write(t, "a.csv", asCSV(data))}, Options{Fields: specsOf(want.Reference)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := profiled(t, tt.o, tt.inputs...)
			for _, f := range want.Fields {
				g := got.Profile(f.Name)
				if g == nil {
					t.Errorf("field %s is not there", f.Name)
					continue
				}
				if !bytes.Equal(encoded(t, f.Profile), encoded(t, g)) {
					t.Errorf("field %s differs: %v %+v, want %v %+v", f.Name, g.Kind(), g.Counts(), f.Profile.Kind(), f.Profile.Counts())
				}
			}
			if got.Hash != want.Hash {
				t.Errorf("hash %s, want %s", got.Hash, want.Hash)
			}
		})
	}
}

func encoded(t *testing.T, p *profile.Profile) []byte {
	t.Helper()
	b, err := p.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func compare(t *testing.T, r, c string, o CompareOptions) *Report {
	t.Helper()
	report, err := Compare(r, c, o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// TestCompareWithItself: every distance is 0, every p-value 1, nothing drifts,
// whether the sides are data or profiles.
func TestCompareWithItself(t *testing.T) {
	data := write(t, "a.csv", asCSV(rows(5000, 1, 0)))
	saved := filepath.Join(t.TempDir(), "a.profile")
	if err := profiled(t, Options{}, data).WriteFile(saved); err != nil {
		t.Fatal(err)
	}
	for _, paths := range [][2]string{{data, data}, {saved, data}, {data, saved}, {saved, saved}} {
		report := compare(t, paths[0], paths[1], CompareOptions{})
		if len(report.Fields) != len(wantTypes) || report.Drift() || len(report.OnlyCurrent)+len(report.OnlyReference) > 0 {
			t.Errorf("%v: %d fields, drift %v, only %v %v", paths, len(report.Fields), report.Drift(), report.OnlyReference, report.OnlyCurrent)
		}
		for _, f := range report.Fields {
			for name, r := range f.Checks {
				c, _ := checks.Find(name)
				if r.Skipped != "" || c.Floor == 0 {
					continue
				}
				distance := c.NeedsReference && name != "unseen"
				if distance && (r.Value > 1e-12 || r.Low > 1e-12) || r.Effect != nil && *r.Effect > 1e-9 {
					t.Errorf("%v: %s of %s: %+v, effect %v", paths, name, f.Name, r, *r.Effect)
				}
				if r.PValue != nil && *r.PValue < 1-1e-9 && name != "unseen" {
					t.Errorf("%v: %s of %s: p-value %v", paths, name, f.Name, *r.PValue)
				}
			}
		}
	}
}

func TestCompareDrift(t *testing.T) {
	r, c := rows(5000, 1, 0), rows(2000, 2, 4000)
	for i := range c {
		c[i].Zip = ""
	}
	report := compare(t, write(t, "r.csv", asCSV(r)), write(t, "c.parquet", asParquet(t, c)), CompareOptions{Checks: "schema, psi, ks, volume"})
	drifted := map[string]bool{}
	for _, f := range report.Fields {
		for _, r := range f.Checks {
			if r.Drift != nil && *r.Drift {
				drifted[f.Name] = true
			}
		}
		if len(f.Checks) < 2 || len(f.Checks) > 6 {
			t.Errorf("checks of %s: %v", f.Name, f.Checks)
		}
	}
	if fmt.Sprint(drifted) != "map[price:true zip:true]" {
		t.Errorf("drifted: %v", drifted)
	}
	if _, ok := report.Checks["volume"]; !ok || len(report.Checks) != 1 {
		t.Errorf("checks without a field: %v", report.Checks)
	}
	var table strings.Builder
	if err := report.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(table.String(), "\n")
	var order []string // of the fields, without the lines below them
	for _, line := range lines[3:] {
		if line != "" && line[0] != ' ' {
			order = append(order, strings.Fields(line)[0])
		}
	}
	slices.Sort(order[:2])
	if !strings.HasPrefix(lines[0], "DRIFT in 2 of 9 fields") || !slices.Equal(order[:2], []string{"price", "zip"}) ||
		!strings.Contains(table.String(), "    moved: \"\": 0 % → 100 %") || !strings.Contains(table.String(), "    mean 20034 -> 23954, ") {
		t.Errorf("table:\n%s", &table)
	}
	for _, line := range lines {
		if len([]rune(line)) > tableWidth {
			t.Errorf("line of %d characters: %s", len([]rune(line)), line)
		}
	}
	var out bytes.Buffer
	if err := report.WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	var back struct {
		Reference, Current struct{ Rows int }
		Fields             []struct {
			Field, Type        string
			Reference, Current struct{ Rows, Present, Null int }
			Checks             map[string]struct{ Value *float64 }
		}
	}
	if err := json.Unmarshal(out.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if back.Reference.Rows != 5000 || back.Current.Rows != 2000 || len(back.Fields) != 9 || back.Fields[0].Field != "comment" || back.Fields[0].Current.Rows != 2000 {
		t.Errorf("JSON: %+v", back)
	}
}

// TestCompareHeaderOnly: a column without rows is there, on either side.
func TestCompareHeaderOnly(t *testing.T) {
	rows := write(t, "rows.csv", []byte("a,b\n"+strings.Repeat("1,2\n", 500)))
	header := write(t, "header.csv", []byte("b,c\n"))
	for _, tt := range []struct {
		r, c                       string
		onlyReference, onlyCurrent []string
	}{
		{rows, header, []string{"a"}, []string{"c"}},
		{header, rows, nil, []string{"a"}}, // without rows no field is compared
	} {
		report := compare(t, tt.r, tt.c, CompareOptions{})
		if !slices.Equal(report.OnlyReference, tt.onlyReference) || !slices.Equal(report.OnlyCurrent, tt.onlyCurrent) {
			t.Errorf("only %v and %v", report.OnlyReference, report.OnlyCurrent)
		}
	}
}

// TestCompareOneSided: a column that is gone drifts, a new one is named.
func TestCompareOneSided(t *testing.T) {
	r := write(t, "r.csv", []byte("a,b\n"+strings.Repeat("1,2\n", 500)))
	c := write(t, "c.csv", []byte("b,c\n"+strings.Repeat("2,3\n", 500)))
	report := compare(t, r, c, CompareOptions{})
	if !slices.Equal(report.OnlyReference, []string{"a"}) || !slices.Equal(report.OnlyCurrent, []string{"c"}) || !report.Drift() {
		t.Errorf("only %v and %v, drift %v", report.OnlyReference, report.OnlyCurrent, report.Drift())
	}
	if m := report.Fields[0].Checks["missing"]; m.Value != 1 || m.Drift == nil || !*m.Drift {
		t.Errorf("missing: %+v", m)
	}
	ignoring := compare(t, r, c, CompareOptions{Options: Options{Types: map[string]string{"a": "ignore"}}})
	if ignoring.Drift() || len(ignoring.Fields) != 1 || !slices.Equal(ignoring.Ignored, []string{"a"}) {
		t.Errorf("with a ignored: %+v", ignoring)
	}
}

func TestSmallAndDamaged(t *testing.T) {
	small := map[string]string{
		"one row":     "a,b\n1,x\n",
		"header only": "a,b\n",
		"BOM":         "\xef\xbb\xbfa,b\n1,2\n",
		"all null":    "a,b\n,\n,\n",
	}
	for name, text := range small {
		t.Run(name, func(t *testing.T) {
			path := write(t, "a.csv", []byte(text))
			report := compare(t, path, path, CompareOptions{})
			if report.Drift() {
				t.Error("it drifts from itself")
			}
			if len(report.Fields) > 0 && report.Fields[0].Name != "a" {
				t.Errorf("first field is %q", report.Fields[0].Name)
			}
			var b strings.Builder
			if err := errors.Join(report.WriteTable(&b), report.WriteJSON(&b)); err != nil || strings.Contains(b.String(), "NaN") {
				t.Errorf("%v\n%s", err, &b)
			}
		})
	}
	good := write(t, "good.csv", []byte("a\n1\n"))
	saved := filepath.Join(t.TempDir(), "a.profile")
	if err := profiled(t, Options{}, good).WriteFile(saved); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	bad := []struct {
		name, path string
		o          CompareOptions
		want       string
	}{
		{"no file", "nowhere.csv", CompareOptions{}, "nowhere.csv: no such file"},
		{"empty", write(t, "a.csv", nil), CompareOptions{}, "empty"},
		{"ragged", write(t, "a.csv", []byte("a,b\n1,2\n3\n")), CompareOptions{}, "row 2 (line 3): it has 1 cells, the header has 2"},
		{"damaged profile", write(t, "a.profile", b), CompareOptions{}, "checksum"},
		{"cut profile", write(t, "a.profile", b[:20]), CompareOptions{}, "cut off"},
		{"unknown suffix", write(t, "a.xls", []byte("a\n1\n")), CompareOptions{}, "does not tell its format"},
		{"unknown check", good, CompareOptions{Checks: "kss"}, `unknown check "kss", did you mean "ks"`},
		{"unknown type", good, CompareOptions{Options: Options{Types: map[string]string{"a": "float"}}}, `type "float" of field "a"`},
		{"unknown field", good, CompareOptions{Options: Options{Types: map[string]string{"z": "number"}}}, `field "z", which is not there`},
		{"other type of a profile", saved, CompareOptions{Options: Options{Types: map[string]string{"a": "text"}}}, `cannot be read as another type`},
		{"both from standard input", "-", CompareOptions{}, "only one of the two"},
	}
	for _, tt := range bad {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Compare(tt.path, tt.path, tt.o)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestInspect(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.profile")
	p := profiled(t, Options{}, write(t, "a.csv", asCSV(rows(5000, 1, 0))))
	if err := p.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	c, err := Inspect(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Hash != p.Hash || c.Rows != 5000 || len(c.Fields) != 9 {
		t.Errorf("%+v", c)
	}
	var b strings.Builder
	if err := errors.Join(c.WriteTable(&b), c.WriteJSON(&b)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"country", "BR 1", "2023-11-14T22:14:59.904Z to 2023-11-26", `"grid": 10`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, &b)
		}
	}
}

func TestProfileOfMonitor(t *testing.T) {
	fields := []reference.FieldSpec{{Name: "price", Kind: profile.Number}, {Name: "gone", Kind: profile.Text}}
	p := profiled(t, Options{Fields: fields}, write(t, "a.jsonl", asJSONL(t, rows(100, 1, 0))))
	if len(p.Fields) != 1 || p.Fields[0].Name != "price" || !slices.Equal(p.Absent, []string{"gone"}) {
		t.Errorf("fields %v, absent %v", p.Fields, p.Absent)
	}
}

func TestLoad(t *testing.T) {
	data := write(t, "a.csv", asCSV(rows(3000, 1, 0)))
	saved := filepath.Join(t.TempDir(), "a.profile")
	if err := profiled(t, Options{}, data).WriteFile(saved); err != nil {
		t.Fatal(err)
	}
	fields := []reference.FieldSpec{{Name: "price", Kind: profile.Number}, {Name: "country", Kind: profile.Category}, {Name: "gone", Kind: profile.Text}}
	a, err := reference.Load(data, fields, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := reference.Load(saved, fields, nil)
	if err != nil {
		t.Fatal(err)
	}
	if a.Hash != b.Hash || len(a.Fields) != 2 || a.Rows != 3000 {
		t.Errorf("%s %d %d, %s %d", a.Hash, len(a.Fields), a.Rows, b.Hash, len(b.Fields))
	}
	fields[0].Kind = profile.Category
	if _, err := reference.Load(saved, fields, nil); err == nil || !strings.Contains(err.Error(), `field "price" is a number there and a category here`) {
		t.Errorf("error %v", err)
	}
}
