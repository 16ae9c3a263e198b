package ruletest

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// WriteText prints the tests that failed, and a line for each file.
func WriteText(w io.Writer, f *File, outcomes []Outcome) error {
	failed := 0
	var b strings.Builder
	for _, o := range outcomes {
		if len(o.Failures) == 0 {
			continue
		}
		failed++
		fmt.Fprintf(&b, "FAIL  %s:%d: %s\n", o.File, o.Line, o.Name)
		for _, text := range o.Failures {
			fmt.Fprintf(&b, "  %s\n", strings.ReplaceAll(text, "\n", "\n  "))
		}
	}
	if failed == 0 {
		fmt.Fprintf(&b, "ok    %s: %s\n", f.Path, tests(len(outcomes)))
	} else {
		fmt.Fprintf(&b, "      %s: %d of %s failed\n", f.Path, failed, tests(len(outcomes)))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func tests(n int) string {
	if n == 1 {
		return "1 test"
	}
	return fmt.Sprintf("%d tests", n)
}

type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	File    string        `xml:"file,attr"`
	Line    int           `xml:"line,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitFailure `xml:"failure"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes the outcomes of files as JUnit's XML, which CI systems show.
func WriteJUnit(w io.Writer, files [][]Outcome) error {
	var all junitSuites
	for _, outcomes := range files {
		if len(outcomes) == 0 {
			continue
		}
		s := junitSuite{Name: outcomes[0].File, Tests: len(outcomes)}
		total := 0.0
		for _, o := range outcomes {
			c := junitCase{Name: o.Name, Class: o.File, File: o.File, Line: o.Line, Time: seconds(o.Took.Seconds())}
			if len(o.Failures) > 0 {
				first, _, _ := strings.Cut(o.Failures[0], "\n")
				c.Failure = &junitFailure{Message: first, Text: strings.Join(o.Failures, "\n")}
				s.Failures++
			}
			total += o.Took.Seconds()
			s.Cases = append(s.Cases, c)
		}
		s.Time = seconds(total)
		all.Suites = append(all.Suites, s)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func seconds(s float64) string { return fmt.Sprintf("%.3f", s) }
