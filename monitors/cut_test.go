package monitors

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/profile"
	"driftwatch/monitors/reference"
)

// loadRows makes the monitor's reference of a data file.
func loadRows(t testing.TB, m *Monitor, name, rows string) (*reference.Reference, *reference.Cut, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	var fields []reference.FieldSpec
	for _, f := range m.Spec.Fields {
		fields = append(fields, reference.FieldSpec{Name: f.Name, Kind: f.Type, Coerce: f.Coerce, Buckets: m.Spec.Buckets})
	}
	cut := m.Spec.Cut()
	r, err := reference.Load(path, fields, cut)
	return r, cut, err
}

func summaryOf(t testing.TB, s *reference.Segment, field string) string {
	t.Helper()
	p := s.Profile(field)
	if p == nil {
		return "none"
	}
	b, err := json.Marshal(checks.Summarize(p))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Rows of a file are counted in the segments that records of a stream are.
func TestFilesAreCutAsStreams(t *testing.T) {
	for name, where := range map[string][]Condition{"all": nil, "some": {{Field: "b", Value: "true"}, {Field: "$key", Value: "k"}}} {
		plan, m := testMonitor(t, func(s *Spec) { s.Where = where })
		f := newFeeder(t, plan)
		rapid.Check(t, func(rt *rapid.T) {
			// A first row that has every field, since a file says nothing of those that it has not.
			records := append([]string{`{"x":1,"deep":{"y":1},"c":"a","b":true,"when":1700000000}`},
				rapid.SliceOfN(rapid.Custom(record), 0, 60).Draw(rt, "records")...)
			pane := m.NewPane(0)
			for _, r := range records {
				f.feed(pane, r)
			}
			want, err := pane.Reference()
			if err != nil {
				rt.Fatal(err)
			}
			got, _, err := loadRows(t, m, "rows.jsonl", strings.Join(records, "\n"))
			if err != nil {
				rt.Fatal(err)
			}
			var names, wanted []string
			for i, s := range append([]reference.Segment{want.Segment}, want.Segments...) {
				wanted = append(wanted, s.Name)
				of := got.Segment
				if i > 0 && i <= len(got.Segments) {
					of = got.Segments[i-1]
				}
				names = append(names, of.Name)
				for _, field := range m.Spec.Fields {
					if a, b := summaryOf(t, &of, field.Name), summaryOf(t, &s, field.Name); a != b || of.Rows != s.Rows {
						rt.Errorf("%s: segment %q, field %s: %d rows %s, want %d %s", name, s.Name, field.Name, of.Rows, a, s.Rows, b)
					}
				}
			}
			if !slices.Equal(names, wanted) || len(got.Segments) != len(want.Segments) {
				rt.Errorf("%s: segments %q, want %q", name, names, wanted)
			}
		})
	}
}

func TestRowsOfFiles(t *testing.T) {
	csv := "x,c,live,NA\n1,a,TRUE,1\n2,b,false,1\n3,NA,True,1\n4,,true,1\n"
	for _, c := range []struct {
		name, file, rows string
		where            []Condition
		want             uint64
		segments         string
		absent           string
	}{
		{"all of CSV", "a.csv", csv, nil, 4, "c= c=NA c=a c=b", ""},
		{"a boolean of CSV", "a.csv", csv, []Condition{{"live", "true"}}, 3, "c= c=NA c=a", ""},
		{"a number of CSV", "a.csv", csv, []Condition{{"x", "2"}}, 1, "c=b", ""},
		{"two conditions", "a.csv", csv, []Condition{{"x", "2"}, {"live", "true"}}, 0, "", ""},
		{"a field that is not there", "a.csv", csv, []Condition{{"model", "m"}, {"x", "2"}}, 1, "c=b", "model"},
		{"no field that is there", "a.csv", csv, []Condition{{"model", "m"}}, 4, "c= c=NA c=a c=b", "model"},
		{"a field that comes late", "a.jsonl", `{"x":1,"c":"a"}` + "\n" + `{"x":2,"c":"b","model":"m"}`, []Condition{{"model", "m"}}, 1, "c=b", ""},
		{"a nested field", "a.jsonl", `{"x":1,"c":"a","o":{"v":1}}` + "\n" + `{"x":2,"c":"b","o":{"v":2}}`, []Condition{{"o.v", "2"}}, 1, "c=b", ""},
		{"null is no value", "a.jsonl", `{"x":1,"c":null,"v":null}` + "\n" + `{"x":2,"c":[],"v":"null"}`, []Condition{{"v", "null"}}, 1, "c=<invalid>", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, m := testMonitor(t, func(s *Spec) {
				s.Where, s.Segments, s.MaxSegments = c.where, [][]string{{"c"}}, 9
				s.Fields = []Field{{Name: "x", Type: profile.Number}, {Name: "c", Type: profile.Category}}
			})
			r, cut, err := loadRows(t, m, c.file, c.rows)
			if c.want == 0 {
				if err == nil || !strings.Contains(err.Error(), c.file+": no row is one that where lets through") {
					t.Errorf("error %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for i := range r.Segments {
				names = append(names, r.Segments[i].Name)
			}
			if r.Rows != c.want || strings.Join(names, " ") != c.segments || strings.Join(cut.Absent, " ") != c.absent {
				t.Errorf("%d rows in segments %q without %q, want %d, %q, %q", r.Rows, names, cut.Absent, c.want, c.segments, c.absent)
			}
			if _, ok := r.Profile("x").Guide(); !ok {
				t.Error("the whole has no guide")
			}
			if _, ok := r.Segments[0].Profile("x").Guide(); ok {
				t.Error("a segment has a guide")
			}
		})
	}
}

func TestFileThatCannotBeReadIsNamedOnce(t *testing.T) {
	_, m := testMonitor(t, nil)
	_, _, err := loadRows(t, m, "a.jsonl", "{\n")
	if err == nil || strings.Count(err.Error(), "a.jsonl") != 1 {
		t.Errorf("error %v", err)
	}
}
