package monitors

// Series is how many time series the newest window of the monitor can make at
// most: the rows of each segment, and of each check its value, with a p-value and
// a verdict where it has them. It is exact but for segments that do not appear
// and checks that cannot be computed.
func (s *Spec) Series() float64 {
	segments := 0.0
	for _, by := range s.Segments {
		segments += s.SegmentsBy(by)
	}
	each, whole := 1.0, 1.0 // their rows
	for _, p := range s.SegmentChecks() {
		whole += seriesOf(p)
		if !p.Whole {
			each += seriesOf(p)
		}
	}
	fields := 0.0
	for _, planned := range s.allFieldChecks() {
		for _, p := range planned {
			fields += seriesOf(p)
		}
	}
	return whole + fields + segments*(each+fields)
}

func seriesOf(p Planned) float64 {
	if p.Floor > 0 {
		return 3
	}
	return 1
}

// SegmentsBy is how many segments by these fields there may be: those whose values
// the monitor's file names, those that MaxSegments bounds, and one that holds the
// rest.
func (s *Spec) SegmentsBy(by []string) float64 {
	named := 1.0
	for _, name := range by {
		for i := range s.Fields {
			if f := &s.Fields[i]; f.Name == name {
				named *= float64(len(s.NamedValues(f)))
			}
		}
	}
	return named + float64(s.MaxSegments) + 1
}
