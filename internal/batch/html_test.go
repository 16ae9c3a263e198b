package batch

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
)

func htmlOf(t *testing.T, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteHTML(&b, [2]string{`old <script>.csv`, "new.csv"}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// wellFormed reads the page strictly, which HTML does not ask for but a typing
// error rarely survives.
func wellFormed(t *testing.T, page string) {
	t.Helper()
	page = regexp.MustCompile(`<(meta[^>]*|!DOCTYPE html)>`).ReplaceAllString(page, "")
	page = regexp.MustCompile(`(?s)<style>.*?</style>`).ReplaceAllString(page, "")
	d := xml.NewDecoder(strings.NewReader(page))
	d.Entity = xml.HTMLEntity
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestReportPage(t *testing.T) {
	r, c := rows(5000, 1, 0), rows(2000, 2, 4000)
	report := compare(t, write(t, "r.csv", asCSV(r)), write(t, "c.csv", asCSV(c)), CompareOptions{})
	page := htmlOf(t, report)
	wellFormed(t, page)
	if n := strings.Count(page, "<svg "); n != len(report.Fields) {
		t.Errorf("%d plots of %d fields", n, len(report.Fields))
	}
	for _, part := range []string{"DRIFT in 1 of 9 fields", "Moved most:", "mean", "wasserstein", "old &lt;script&gt;.csv"} {
		if !strings.Contains(page, part) {
			t.Errorf("the page has no %q", part)
		}
	}
	if i, j := strings.Index(page, ">price</a>"), strings.Index(page, ">km</a>"); i < 0 || i > j {
		t.Error("the field that drifted is not the first one")
	}
	for _, part := range []string{"http://www.w3.org/1999/xlink", "<script", "src=", "@import", "url("} {
		if strings.Contains(page, part) {
			t.Errorf("the page needs more than itself: %q", part)
		}
	}
}

func TestReportPageOfHostileNames(t *testing.T) {
	const evil = `"><img src=x onerror=alert(1)>`
	csv := `"` + strings.ReplaceAll(evil, `"`, `""`) + "\",n\n" + strings.Repeat("</svg><script>alert(1)</script>,1\nb,2\n", 30)
	page := htmlOf(t, compare(t, write(t, "r.csv", []byte(csv)), write(t, "c.csv", []byte(csv)), CompareOptions{}))
	wellFormed(t, page)
	if strings.Contains(page, "<img") || strings.Contains(page, "<script") {
		t.Error("a name of the data became a part of the page")
	}
}

func TestReportPageOfNothing(t *testing.T) {
	for name, csv := range map[string]string{"header": "a,b\n", "one row": "a,b\n1,x\n", "nulls": "a,b\n,\n,\n"} {
		path := write(t, "r.csv", []byte(csv))
		page := htmlOf(t, compare(t, path, path, CompareOptions{}))
		wellFormed(t, page)
		if strings.Contains(page, "NaN") || strings.Contains(page, "Inf") {
			t.Errorf("%s: a number that is none", name)
		}
	}
}
