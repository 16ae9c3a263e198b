package notify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"driftwatch/alerting"
	"driftwatch/rules"
)

// MaxPictures is how many of a message's fields have a picture.
const MaxPictures = 3

// Pictured returns the alerts of a message whose pictures are shown with it: of
// the fields that are the worst, each once. Ends and reminders have none, and
// neither have alerts of no field.
func Pictured(m alerting.Message) []*rules.Alert {
	if m.Picture == nil || m.Repeat {
		return nil
	}
	var fields []*rules.Alert
	for i := range m.Events {
		if a := &m.Events[i].Alert; a.State == rules.Firing && a.Field != "" {
			fields = append(fields, a)
		}
	}
	slices.SortStableFunc(fields, func(a, b *rules.Alert) int {
		return cmp.Or(cmp.Compare(rank(b), rank(a)), cmp.Compare(effect(b), effect(a)))
	})
	var worst []*rules.Alert
	for _, a := range fields {
		same := func(o *rules.Alert) bool { return o.Monitor == a.Monitor && o.Field == a.Field }
		if len(worst) < MaxPictures && !slices.ContainsFunc(worst, same) {
			worst = append(worst, a)
		}
	}
	return worst
}

func effect(a *rules.Alert) float64 {
	if a.Result.Effect == nil {
		return 0
	}
	return *a.Result.Effect
}

// PictureTitle names what the picture of an alert shows.
func PictureTitle(a *rules.Alert) string {
	title := Subject(a)
	if a.Segment != "" {
		title += " in " + OneLine(a.Segment, maxName)
	}
	return title
}

// PictureText is for those who do not see the picture.
func PictureText(a *rules.Alert) string {
	return fmt.Sprintf("Shares of the values of %s in the reference and in the window %s", PictureTitle(a), Span(a.WindowStart, a.WindowEnd))
}

// PictureFile is the picture's name as a file.
func PictureFile(a *rules.Alert) string {
	name := strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_-.", r)) {
			return r
		}
		return '-'
	}, OneLine(a.Monitor, maxName)+"-"+Subject(a))
	return name + ".png"
}
