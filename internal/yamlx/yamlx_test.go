package yamlx

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	yaml "go.yaml.in/yaml/v4"
	"pgregory.net/rapid"
)

// read parses a file, lets f read it, and returns what was reported, a line
// each.
func read(t *testing.T, text string, f func(m *Map)) string {
	t.Helper()
	rep := &Reporter{}
	if c, ok := Parse("f", []byte(text), rep); ok {
		m := c.Map()
		f(m)
		m.Done()
	}
	var b strings.Builder
	for _, d := range rep.Diagnostics() {
		fmt.Fprintf(&b, "%d:%d %s\n", d.Line, d.Col, d.Text)
	}
	return b.String()
}

func TestReaders(t *testing.T) {
	const text = `
str: word
literal: 1.50
yes: true
float: 1_000.5
int: 12
duration: 1h30m
size: 2GiB
strs: [a, b]
one: a
two: {b: 1, a: x}
empty:
`
	got := read(t, text, func(m *Map) {
		literal, _ := m.Get("literal").Literal()
		float, _ := m.Get("float").Float()
		var keys []string
		for _, e := range m.Get("two").Map().Entries() {
			v, _ := e.Value.Literal()
			keys = append(keys, e.Name()+v)
		}
		got := fmt.Sprintln(m.Get("str").Str(""), literal, m.Get("yes").Bool(false), float, m.Get("int").Int(0, 0, 20),
			m.Get("duration").Duration(0, 0), m.Get("size").Size(0), m.Get("strs").Strs(), len(m.Get("one").OneOrList()), keys,
			len(m.Get("empty").List()), len(m.Get("empty").Map().Entries()))
		if want := "word 1.50 true 1000.5 12 1h30m0s 2147483648 [a b] 1 [b1 ax] 0 0\n"; got != want {
			t.Errorf("seen %s, wanted %s", got, want)
		}
	})
	if got != "" {
		t.Error(got)
	}
}

func TestDefaults(t *testing.T) {
	got := read(t, "{}", func(m *Map) {
		_, lit := m.Get("a").Literal()
		_, float := m.Get("a").Float()
		got := fmt.Sprintln(m.Get("a").Str("d"), lit, float, m.Get("a").Bool(true), m.Get("a").Int(7, 8, 9), m.Get("a").Duration(time.Hour, 0),
			m.Get("a").Size(5), m.Get("a").OneOf("e", "x"), m.Get("a").FloatIn(0.5, 1, 2), m.Get("a").Strs(), m.Get("a").List(), m.Get("a").Map().Entries())
		if want := "d false false true 7 1h0m0s 5 e 0.5 [] [] []\n"; got != want {
			t.Errorf("seen %s, wanted %s", got, want)
		}
	})
	if got != "" {
		t.Error(got)
	}
}

func TestWrongTypes(t *testing.T) {
	got := read(t, "{a: [1], b: {c: d}, c: 1, d: x, e: '', f: null, token: 12, g: 99}", func(m *Map) {
		m.Get("a").Str("")
		m.Get("b").List()
		m.Get("c").Str("")
		m.Get("d").Int(0, 0, 1)
		m.Get("e").Name()
		m.Get("f").Bool(false)
		m.Get("token").Str("")
		m.Get("g").FloatIn(0, 0, 1)
	})
	want := `1:5 a must be text, not a list
1:13 b must be a list, not a mapping
1:24 c must be text, not "1"
1:30 d must be a whole number from 0 to 1, not "x"
1:36 e must not be empty
1:43 f must be true or false, not "null"
1:56 token must be text, not a number
1:63 g must be from 0 to 1, not 99
`
	if got != want {
		t.Errorf("seen:\n%swanted:\n%s", got, want)
	}
}

func TestUnknownKeys(t *testing.T) {
	got := read(t, "naem: 1\nzzzzzz: 2\nname: x\n", func(m *Map) {
		m.Get("name")
		m.Get("size")
	})
	want := "1:1 unknown key \"naem\", did you mean \"name\"?\n2:1 unknown key \"zzzzzz\"; known here: name, size\n"
	if got != want {
		t.Errorf("seen:\n%swanted:\n%s", got, want)
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "5m": 5 * time.Minute, "1h": time.Hour, "7d": 168 * time.Hour, "1w": 168 * time.Hour, "0": 0, "0s": 0,
		"1h30m": 90 * time.Minute, "1w2d3h4m5s6ms": 219*time.Hour + 4*time.Minute + 5*time.Second + 6*time.Millisecond, "1500ms": 1500 * time.Millisecond,
	} {
		if got, err := ParseDuration(text); got != want || err != nil {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "1", "h", "-1h", "1h-1m", "1.5h", "1 h", "1m1h", "1m1m", "1y", "1H", "999999999w", "9999999999s", "5m "} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{"0B": 0, "5kB": 5000, "5KiB": 5120, "2GiB": 2 << 30, "3TB": 3e12} {
		if got, err := ParseSize(text); got != want || err != nil {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "5", "5 GiB", "5gb", "-1B", "999999999TiB"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1536: "1.5 KiB", 5 << 30: "5 GiB"} {
		if got := FormatSize(n); got != want {
			t.Errorf("%d is %s", n, got)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	known := []string{"severity", "fields", "when", "windows", "a"}
	for word, want := range map[string]string{
		"severty": "severity", "Fields": "fields", "whem": "when", "window": "windows", "x": "", "nothing": "", "feilds": "fields", "": "",
	} {
		if want != "" {
			want = fmt.Sprintf(", did you mean %q?", want)
		}
		if got := DidYouMean(word, known); got != want {
			t.Errorf("%s: %q", word, got)
		}
	}
}

func TestMask(t *testing.T) {
	for line, want := range map[string]string{
		`webhook_url: https://a/b`:                      `webhook_url: ********`,
		`{webhook_url: "https://a,b}", name: x}`:        `{webhook_url: ********, name: x}`,
		`{token: 'a b', x: 1}`:                          `{token: ********, x: 1}`,
		`password: a, b} c`:                             `password: ********, b} c`,
		`password: a,b`:                                 `password: ********`,
		`password_file: secrets/x`:                      `password_file: secrets/x`,
		`"sasl_password" : "unclosed`:                   `"sasl_password" : ********`,
		`x: https://hooks.slack.com/services/T/B/x # y`: `x: https://******** # y`,
		`x: https://user:pass@host/path`:                `x: https://********`,
		`x: https://host/path`:                          `x: https://host/path`,
		`description: a token is needed`:                `description: a token is needed`,
		"routing_key: abc\r":                            `routing_key: ********`,
	} {
		if got := mask(line); got != want {
			t.Errorf("%s\nbecomes %s\nwanted  %s", line, got, want)
		}
	}
}

var sample = []Diagnostic{
	{File: "b.yaml", Severity: Error, Code: "file", Text: "no such file"},
	{File: "a.yaml", Line: 2, Col: 4, Severity: Warning, Code: "glob", Text: "100% odd:\n, yes", Source: "\tä: b"},
	{File: "a.yaml", Line: 1, Col: 1, Severity: Error, Code: "type", Text: "wrong <x>", Source: "a: b"},
	{File: "a.yaml", Line: 1, Col: 1, Severity: Error, Code: "type", Text: "wrong <x>", Source: "a: b"},
}

func TestWrite(t *testing.T) {
	list := Sort(append([]Diagnostic(nil), sample...))
	for format, want := range map[string]string{
		"text": "a.yaml:1:1: error: wrong <x> [type]\n  a: b\n  ^\n" +
			"a.yaml:2:4: warning: 100% odd:\n, yes [glob]\n  \tä: b\n  \t  ^\n" +
			"b.yaml: error: no such file [file]\n",
		"github": "::error file=a.yaml,line=1,col=1,title=type::wrong <x>\n" +
			"::warning file=a.yaml,line=2,col=4,title=glob::100%25 odd:%0A, yes\n" +
			"::error file=b.yaml,title=file::no such file\n",
	} {
		var b bytes.Buffer
		if err := Write(&b, format, list); err != nil || b.String() != want {
			t.Errorf("%s, error %v:\n%s", format, err, b.String())
		}
	}
	var b bytes.Buffer
	if err := Write(&b, "json", list); err != nil {
		t.Fatal(err)
	}
	var back []map[string]any
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || len(back) != 3 || back[0]["severity"] != "error" || back[1]["line"] != 2.0 || back[2]["line"] != nil {
		t.Errorf("%v, error %v", back, err)
	}
	if err := Write(&b, "xml", nil); err == nil {
		t.Error("wrote xml")
	}
}

func TestLongLinesAreCut(t *testing.T) {
	d := Diagnostic{File: "f", Line: 1, Col: 501, Source: strings.Repeat("a", 500) + "b" + strings.Repeat("c", 500)}
	lines := strings.Split(excerpt(d), "\n")
	if len(lines[0]) != excerptWidth+2 || lines[0][strings.IndexByte(lines[1], '^')] != 'b' {
		t.Errorf("%s\n%s", lines[0], lines[1])
	}
}

func TestNoText(t *testing.T) {
	rep := &Reporter{}
	line := "a: \xff\n"
	if _, ok := Parse("f", []byte(strings.Repeat(line, maxBadLines+1)), rep); ok {
		t.Error("accepted")
	}
	if list := rep.Diagnostics(); len(list) != maxBadLines+1 || list[0].Line != 0 {
		t.Error(list)
	}
}

func TestDeepNesting(t *testing.T) {
	for _, text := range []string{strings.Repeat("[", 20_000), strings.Repeat("a: {", 20_000), strings.Repeat("- ", 20_000)} {
		rep := &Reporter{}
		if _, ok := Parse("f", []byte(text), rep); ok || !HasErrors(rep.Diagnostics()) {
			t.Errorf("%.10s... is accepted", text)
		}
	}
}

// FuzzParse compares Parse with the library: what the library refuses is
// refused, and what is accepted reads the same there. No place is outside the file.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"a: 1\nb: [x, {c: d}]\n", "a: &x 1\nb: *x\n", "\ta: 1\n\tb: [\n", "a: \xff\n", "a: |\n  x\n y\n", "--- a\n--- b\n", "? [a]\n: b",
		"token: x\n  y\nz: 1", "\ufeffa: 1\r\nb: 2\r\n", "a: !!int x", "%YAML 1.2\n---\na: b\n...\n", "{a: 'b", "\x00", "a:\u0085b", "<<: {a: 1}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		rep := &Reporter{}
		c, ok := Parse("f", data, rep)
		list := rep.Diagnostics()
		for _, d := range list {
			lines := 1 + strings.Count(lineBreaks.Replace(string(data)), "\n")
			if (d.Line < 1 || d.Col < 1 || d.Line > lines) && !strings.Contains(d.Text, "not text") {
				t.Errorf("outside the file: %+v", d)
			}
		}
		if !ok && !HasErrors(list) {
			t.Fatal("refused without a reason")
		}
		if ok {
			c.walk(t)
		}
		if HasErrors(list) {
			return
		}
		var v any
		if err := yaml.Load(data, &v); err != nil && len(bytes.TrimSpace(data)) > 0 && c.node.Line > 0 && !strings.Contains(err.Error(), "no documents") {
			t.Errorf("accepted what the library refuses: %v", err)
		}
	})
}

// walk reads every value with every reader: none may panic.
func (c Cursor) walk(t *testing.T) {
	c.Str("")
	c.Literal()
	c.Bool(false)
	c.Float()
	c.Int(0, 0, 10)
	c.Duration(0, 0)
	c.Size(0)
	c.OneOf("", "a", "b")
	c.Name()
	for _, item := range c.List() {
		item.walk(t)
	}
	m := c.Map()
	for _, e := range m.Entries() {
		e.Value.walk(t)
	}
	m.Done()
}

func TestFormatDurationIsTheInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := time.Duration(rapid.Int64Range(0, 1<<40).Draw(t, "ms")) * time.Millisecond
		text := FormatDuration(want)
		if got, err := ParseDuration(text); got != want || err != nil {
			t.Errorf("%v becomes %s, which is %v, error %v", want, text, got, err)
		}
	})
}
