package web

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors/digest"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// heatView is a heat map as the page shows it.
type heatView struct {
	Class  string // how much room a cell has
	Count  int    // of windows
	Newest window.Time
	Heads  template.HTML
	Ticks  []tick
	Volume template.HTML
	Lanes  []lane
	Rows   []heatRow
	Common bool // one scale for all fields
	Check  string
	Older  string // links, or ""
	Newer  string
}

// tick labels some columns.
type tick struct {
	Label string
	Span  int
}

// lane is one alert on the time line.
type lane struct {
	Name, Note string
	Bar        template.HTML
}

type heatRow struct {
	Name, Link, Kind string
	Cells            template.HTML
}

// Columns up to which a cell shows its value, and its sign.
const (
	withValues = 14
	withSigns  = 60
)

func (h *handler) viewHeat(v *monitorView, m *heatMap, kinds map[string]string) *heatView {
	out := &heatView{Class: "many", Count: len(m.windows), Check: v.Check, Common: true}
	switch {
	case len(m.windows) <= withValues:
		out.Class = "few"
	case len(m.windows) <= withSigns:
		out.Class = "some"
	}
	out.Newest = m.windows[len(m.windows)-1].End
	out.Heads = heads(v.Name, v.Segment, m.windows)
	out.Ticks = ticks(m.windows)
	out.Volume = volume(m.windows)
	scales := m.scales(v.Check)
	for i := range m.fields {
		f := &m.fields[i]
		out.Common = out.Common && scales[i] == scales[0]
		out.Rows = append(out.Rows, heatRow{
			Name: f.name, Link: fieldLink(v.Name, f.name, v.Segment, v.Check, window.None), Kind: kinds[f.name], Cells: f.html(scales[i], v.Check == "", out.Class == "many"),
		})
	}
	return out
}

// html writes the cells of a field. There may be a hundred thousand of them on a
// page, so that each is as short as can be: where they are many, with fewer figures.
func (f *heatField) html(s scale, worst, many bool) template.HTML {
	b := make([]byte, 0, 24*len(f.cells))
	for _, c := range f.cells {
		b = append(b, "<td class="...)
		if c.Check == "" {
			b = append(b, "n0>"...)
			continue
		}
		b = append(b, letter(c.Verdict))
		switch {
		case c.Verdict == digest.Unknown:
			b = append(b, '0')
		case worst && c.Verdict == digest.Steady:
			b = append(b, '1')
		case worst:
			b = append(b, '3')
		default:
			b = strconv.AppendInt(b, int64(s.level(c.Value)), 10)
		}
		b = append(append(b, '>'), sign(c.Verdict)...)
		if many { // none of it is seen
			b = text(b, c, worst, many)
			continue
		}
		b = append(text(append(b, "<i>"...), c, worst, many), "</i>"...)
	}
	return template.HTML(b) //nolint:gosec // numbers, and names of checks
}

func text(b []byte, c digest.Cell, worst, many bool) []byte {
	switch {
	case c.Verdict == digest.Unknown:
		return b
	case worst && c.Verdict == digest.Steady:
		return append(b, "ok"...)
	case worst && many:
		return append(b, template.HTMLEscapeString(c.Check)...)
	case worst:
		b = append(append(b, template.HTMLEscapeString(c.Check)...), ' ')
	}
	if c.Redacted {
		return b
	}
	switch a := math.Abs(c.Value); {
	case many:
		return append(b, strings.Replace(strconv.FormatFloat(c.Value, 'g', 1, 64), "e+0", "e", 1)...)
	case a >= 100 && a < 1e5:
		return strconv.AppendFloat(b, c.Value, 'f', 0, 64)
	}
	return append(b, strings.Replace(strconv.FormatFloat(c.Value, 'g', 2, 64), "e+0", "e", 1)...)
}

// letter is the class of a cell.
func letter(v digest.Verdict) byte { return "nsuvd"[v] }

// sign is what tells verdicts apart without colours.
func sign(v digest.Verdict) string {
	return [...]string{"–", "", "?", "!", "▲"}[v]
}

// heads is a link to each window.
func heads(monitor, segment string, ws []digest.Window) template.HTML {
	var b strings.Builder
	for _, w := range ws {
		fmt.Fprintf(&b, `<th scope=col><a tabindex=-1 href="%s">%s</a>`,
			template.HTMLEscapeString(windowPage(monitor, segment, w.End)), shortClock(w.End))
	}
	return template.HTML(b.String()) //nolint:gosec // escaped above
}

// ticks labels about eight groups of columns; the last one may be too narrow for a
// label.
func ticks(ws []digest.Window) (out []tick) {
	step := max(1, (len(ws)+7)/8)
	for i := 0; i < len(ws); i += step {
		t := tick{shortClock(ws[i].End), min(step, len(ws)-i)}
		if t.Span < step {
			t.Label = ""
		}
		out = append(out, t)
	}
	return out
}

// volume draws the rows of each window.
func volume(ws []digest.Window) template.HTML {
	most, least := uint64(1), ws[0].Rows
	for _, w := range ws {
		most, least = max(most, w.Rows), min(least, w.Rows)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="volume" viewBox="0 0 %d 100" preserveAspectRatio="none" role="img" aria-label="rows in each window: from %s to %s, %s in the newest">`,
		len(ws), count(least), count(most), count(ws[len(ws)-1].Rows))
	for i, w := range ws {
		height := max(1, int(100*float64(w.Rows)/float64(most)))
		class := ""
		if w.Partial {
			class = ` class="partial"`
		}
		fmt.Fprintf(&b, `<path%s d="M%d.1 100v-%dh.8v%d"/>`, class, i, height, height)
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) //nolint:gosec // numbers
}

// mostLanes bounds the alerts on the time line.
const mostLanes = 8

// lanes shows when alerts of the segment were pending and firing, as far as the
// windows go.
func lanes(s *snapshot.Snapshot, monitor, segment string, ws []digest.Window) (out []lane) {
	column := func(end window.Time) int {
		at, _ := slices.BinarySearchFunc(ws, end, func(w digest.Window, t window.Time) int { return int(min(1, max(-1, w.End-t))) })
		return at
	}
	for i := range s.Alerts {
		a := &s.Alerts[i]
		if a.Monitor != monitor || a.Segment != segment || len(out) == mostLanes {
			continue
		}
		from, to, fired := column(a.Since), len(ws), len(ws)
		if a.EndsAt != nil {
			to = column(*a.EndsAt)
		}
		if a.Fired != nil {
			fired = column(*a.Fired)
		}
		if from >= to {
			continue
		}
		name := a.Name
		if a.Field != "" {
			name += " " + a.Field
		}
		note := fmt.Sprintf("%s: %s, %s", name, a.State, alertTime(a))
		bar := fmt.Sprintf(`<svg class="lane" viewBox="0 0 %d 10" preserveAspectRatio="none" role="img"`, len(ws)) +
			` aria-label="` + template.HTMLEscapeString(note) + `">`
		if fired > from {
			bar += fmt.Sprintf(`<path class="pending" d="M%d 4h%dv2h-%d"/>`, from, min(fired, to)-from, min(fired, to)-from)
		}
		if fired < to {
			bar += `<path class="` + stateClass(a.State) + fmt.Sprintf(`" d="M%d 1h%dv8h-%d"/>`, fired, to-fired, to-fired)
		}
		out = append(out, lane{name, note, template.HTML(bar + "</svg>")}) //nolint:gosec // escaped above
	}
	return out
}

func stateClass(state string) string {
	if state == rules.Resolved {
		return "resolved"
	}
	return "firing"
}
