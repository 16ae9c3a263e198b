package checks

import "driftwatch/monitors/window"

var freshnessCheck = Check{
	Name: "freshness", Class: ClassSchema, Whole: true, Unit: Seconds, Range: positiveRange,
	Summary: "age of the newest event time at the window's end, of the partition where it is oldest, in seconds",
	Compute: freshness,
}

// freshness is the age, at the window's end and in seconds, of the newest event
// time of the partition in which that is oldest: a partition that died is not
// hidden by those that live. One without records in the window is as fresh as
// it was in the window before; one that never had any says nothing. All of it
// stands in the cut, so it can be recomputed from the same records.
func freshness(in Input) Result {
	newest := map[int]window.Time{} // by partition
	for _, c := range in.Cut {
		if c.Newest == nil {
			continue
		}
		if before, ok := newest[c.Partition]; !ok || *c.Newest > before {
			newest[c.Partition] = *c.Newest
		}
	}
	if len(newest) == 0 {
		return skip("no event times")
	}
	oldest := in.End
	for _, t := range newest {
		oldest = min(oldest, t)
	}
	return exactly(float64(in.End-oldest) / 1000)
}
