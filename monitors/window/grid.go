package window

import "time"

// Grid cuts event time into panes that follow one another without gaps. All its
// methods are pure.
type Grid struct {
	// Size is the length of a pane: a positive number of whole milliseconds, with
	// a Zone of whole days.
	Size time.Duration

	// Zone, if there is one, makes panes begin at its midnights: those of more
	// than a day are counted from a Monday. Without one they are counted from the
	// Unix epoch.
	Zone *time.Location
}

const day = 24 * time.Hour

// monday is the first Monday after the Unix epoch, in days since then.
const monday = 4

// Index numbers the pane that t falls into.
func (g Grid) Index(t Time) int64 {
	if g.Zone == nil {
		return floorDiv(int64(t), g.Size.Milliseconds())
	}
	year, month, date := t.Time().In(g.Zone).Date()
	days := floorDiv(time.Date(year, month, date, 0, 0, 0, 0, time.UTC).Unix(), int64(day/time.Second))
	i := floorDiv(days-monday, int64(g.Size/day))
	// Where a clock is set back over midnight a date comes twice.
	for g.Border(i) > t {
		i--
	}
	for g.Border(i+1) <= t {
		i++
	}
	return i
}

// Border returns the start of the pane with the given number, which is the end
// of the one before it.
func (g Grid) Border(index int64) Time {
	if g.Zone == nil {
		return Time(index * g.Size.Milliseconds())
	}
	return midnight(time.Date(1970, time.January, 1+monday+int(index)*int(g.Size/day), 0, 0, 0, 0, time.UTC), g.Zone)
}

// midnight returns the first instant at which the clocks of a zone show a date,
// given by its start in UTC, or a later one where they skip its midnight.
func midnight(date time.Time, zone *time.Location) Time {
	// No zone is further than a day from UTC. The offset is constant between bounds.
	for at := date.Add(-36 * time.Hour).In(zone); ; {
		_, offset := at.Zone()
		from, to := at.ZoneBounds()
		begins := date.Add(-time.Duration(offset) * time.Second)
		if begins.Before(from) {
			begins = from
		}
		if to.IsZero() || begins.Before(to) {
			return FromTime(begins)
		}
		at = to
	}
}

// Start returns the start of the pane that t falls into.
func (g Grid) Start(t Time) Time { return g.Border(g.Index(t)) }

// End returns the end of the pane that t falls into; a pane does not hold its
// end.
func (g Grid) End(t Time) Time { return g.Border(g.Index(t) + 1) }

// Back returns the border that is as many whole panes before a border as fit
// into d. With a Zone a day is a day, however long it is.
func (g Grid) Back(border Time, d time.Duration) Time {
	return g.Border(g.Index(border) - int64(d/g.Size))
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
