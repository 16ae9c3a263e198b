package web

import (
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"driftwatch/internal/snapshot/snapshottest"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/window"
)

var (
	// figures are what a page says in numbers: times as a whole, and numbers.
	figures = regexp.MustCompile(`\d+ [A-Z][a-z]{2}( \d{4})? \d\d:\d\d(:\d\d)?|\d\d:\d\d:\d\d|[0-9][0-9\x{202f}]*(\.[0-9]+)?(e[+-]?[0-9]+)?`)
	// parts are what is not read: choices of a form, and the labels of axes. What a
	// picture shows is in its title, and in the table below it.
	parts = regexp.MustCompile(`(?s)<head>.*?</head>|<option.*?</option>|<footer>.*?</footer>|<text.*?</text>`)
	notes = regexp.MustCompile(`(?:title|aria-label)="([^"]*)"`)
	tags  = regexp.MustCompile(`(?s)<[^>]*>`)
	hrefs = regexp.MustCompile(`<a href="(/api/[^"]*)">`)
)

// textOf is what people see and hear of a page.
func textOf(page string) string {
	page = parts.ReplaceAllString(page, " ")
	said := ""
	for _, n := range notes.FindAllStringSubmatch(page, -1) {
		said += " " + n[1]
	}
	return html.UnescapeString(tags.ReplaceAllString(page, " ") + said)
}

// told are the figures in which pages may write what an answer of the API says.
type told map[string]bool

func (t told) add(texts ...string) {
	for _, s := range texts {
		for _, f := range figures.FindAllString(s, -1) {
			t[f] = true
		}
	}
}

func (t told) number(v float64) {
	t.add(number(v), fmt.Sprintf("%.3g", v), fmt.Sprintf("%.2g", v), fmt.Sprintf("%.4f", v), fmt.Sprint(v), checks.Percent(v), secondsText(v), sizeText(int64(v)),
		strconv.Itoa(int(100*v)), fmt.Sprintf("%.3f", v), fmt.Sprintf("%.1f", v), fmt.Sprintf("%.2f", v), fmt.Sprintf("%.0f", v))
	if v >= 0 && v == float64(uint64(v)) {
		t.add(count(uint64(v)))
	}
}

func (t told) value(v any) {
	switch v := v.(type) {
	case map[string]any:
		t.number(float64(len(v)))
		for k, of := range v {
			t.value(k)
			t.value(of)
		}
	case []any:
		t.number(float64(len(v)))
		for _, of := range v {
			t.value(of)
		}
	case float64:
		t.number(v)
	case string:
		t.add(v)
		if n, err := strconv.ParseFloat(v, 64); err == nil {
			t.number(n)
		}
		if at, err := time.Parse(time.RFC3339Nano, v); err == nil {
			at := window.FromTime(at)
			t.add(clock(at), shortClock(at), at.Time().Format("15:04:05"))
		}
	}
}

// TestNumbersAreInTheAPI: every number on a page is in the answers of the API that the
// page names, in one of the ways in which pages write numbers.
func TestNumbersAreInTheAPI(t *testing.T) {
	s := snapshottest.New()
	h := Handler(optionsOf(s), nil)
	const end = "2026-01-02T21:00:00Z"
	for _, target := range []string{
		"/", "/monitors/churn", "/monitors/churn?check=psi&windows=14", "/monitors/churn?segment=country%3DBR", "/monitors/churn?end=2026-01-02T15:00:00Z&check=quantile_0.99",
		"/monitors/churn-quiet", "/monitors/churn/windows/" + end, "/monitors/churn/windows/" + end + "?segment=country%3DBR", "/monitors/churn/windows/2026-01-02T10:00:00Z",
		"/monitors/churn/fields/monthly_charges", "/monitors/churn/fields/tenure?check=nulls", "/monitors/churn/fields/contract", "/monitors/churn/fields/score?check=ks&end=" + end,
		"/alerts", "/rules", "/rules/churn/FeatureDrift", "/rules/churn/TooManyNulls?monitor=churn", "/silences", "/status",
	} {
		t.Run(target, func(t *testing.T) {
			page := call(h, "GET", target)
			if page.Code != 200 {
				t.Fatal(page.Code, page.Body)
			}
			of := told{}
			for _, link := range hrefs.FindAllStringSubmatch(page.Body.String(), -1) {
				at := html.UnescapeString(link[1])
				if strings.HasSuffix(at, "/profile") {
					continue
				}
				var v any
				if err := json.Unmarshal(call(h, "GET", at).Body.Bytes(), &v); err != nil {
					t.Fatalf("%s: %v", at, err)
				}
				of.value(v)
			}
			text := textOf(page.Body.String())
			found := figures.FindAllStringIndex(text, -1)
			if len(found) == 0 && target != "/silences" {
				t.Error("no number was found on the page")
			}
			var missing []string
			for _, at := range found {
				if !of[text[at[0]:at[1]]] {
					missing = append(missing, strings.Join(strings.Fields(text[max(0, at[0]-40):min(len(text), at[1]+20)]), " "))
				}
			}
			if slices.Sort(missing); len(missing) > 0 {
				t.Errorf("the API does not tell\n  %s", strings.Join(slices.Compact(missing), "\n  "))
			}
		})
	}
}
