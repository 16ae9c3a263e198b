package demo

import (
	"slices"
	"testing"
)

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		name, line string
		want       []string
	}{
		{"short", "one two", []string{"one two"}},
		{"nothing", "", []string{""}},
		{"long", "one two three four", []string{"one two", "    three", "    four"}},
		{"indented", "  one two three", []string{"  one two", "      three"}},
		{"a word that is wider", "http://127.0.0.1:9474/ one", []string{"http://127.0.0.1:9474/", "    one"}},
		{"letters of several bytes", "äöü äöü äö", []string{"äöü äöü", "    äö"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := wrap(c.line, 9); !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// TestSlackIsShownAsItLooks: long lines are broken, a link is its text, and the bar
// has a colour where there are colours.
func TestSlackIsShownAsItLooks(t *testing.T) {
	s := slackServer{out: &screen{}}
	const message = "┃ [FIRING:1] churn\n┃    the charges of all the customers who pay by the android app have doubled since noon\n┃ Open in Driftwatch: http://127.0.0.1:9474/monitors/churn?end=1\n"
	want := "┃ [FIRING:1] churn\n┃    the charges of all the customers who pay by the android app have\n┃        doubled since noon\n┃ Open in Driftwatch"
	if got := s.shown(message); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	s.out.colour = true
	if got := s.shown("┃ [FIRING:1]\n"); got != "\x1b[1;31m┃\x1b[0m [FIRING:1]" {
		t.Errorf("%q", got)
	}
	if got := s.shown("┃ [RESOLVED:1]\n"); got != "\x1b[1;32m┃\x1b[0m [RESOLVED:1]" {
		t.Errorf("%q", got)
	}
}
