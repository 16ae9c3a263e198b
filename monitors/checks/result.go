package checks

import (
	"encoding/json"
	"slices"

	"driftwatch/monitors/window"
)

// Result is what one check says of one field (or, for volume and freshness, of
// one segment) of one window. Low <= truth <= High; where they are equal Value
// is exact.
type Result struct {
	Value, Low, High  float64
	Effect, EffectLow *float64  // nil for checks without a verdict
	PValue            *float64  // nil where the check has no test
	PVerdict          *float64  // what Judge takes in place of a PValue that is too small, else nil
	Drift             *bool     // nil for checks without a verdict and before Judge
	Violation         bool      // a limit that the user wrote is broken
	Uncertain         bool      // the verdict depends on what the profile cannot tell
	Reference, Change *float64  // the reference's value, and how far above it Value is; nil for checks that compare otherwise
	ChangeLow         *float64  // what the change between the distributions is at least, but for a chance of alpha; nil where nothing bounds it
	ChangeHigh        *float64  // the same, at most
	Bins              int       // of the binned value, 0 where there are none
	Edges             []float64 // of bins that were asked for, see the parameters of psi
	Skipped           string    // why there is no value; everything else is zero then, but for what a Redacted one may say
}

// MarshalJSON writes the form of the public contract: a skipped check has only
// its reason, a redacted one also its verdict, and absent parts are left out.
func (r Result) MarshalJSON() ([]byte, error) {
	if r.Skipped != "" {
		return json.Marshal(struct {
			Skipped   string   `json:"skipped"`
			Effect    *float64 `json:"effect,omitempty"`
			EffectLow *float64 `json:"effect_low,omitempty"`
			PValue    *float64 `json:"p_value,omitempty"`
			PVerdict  *float64 `json:"p_verdict,omitempty"`
			Drift     *bool    `json:"drift,omitempty"`
			Violation bool     `json:"violation,omitempty"`
			Uncertain bool     `json:"uncertain,omitempty"`
		}{r.Skipped, r.Effect, r.EffectLow, r.PValue, r.PVerdict, r.Drift, r.Violation, r.Uncertain})
	}
	return json.Marshal(resultJSON(r))
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (r *Result) UnmarshalJSON(b []byte) error {
	var v struct {
		resultJSON
		Skipped string `json:"skipped"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*r = Result(v.resultJSON)
	r.Skipped = v.Skipped
	return nil
}

type resultJSON struct {
	Value      float64   `json:"value"`
	Low        float64   `json:"low"`
	High       float64   `json:"high"`
	Effect     *float64  `json:"effect,omitempty"`
	EffectLow  *float64  `json:"effect_low,omitempty"`
	PValue     *float64  `json:"p_value,omitempty"`
	PVerdict   *float64  `json:"p_verdict,omitempty"`
	Drift      *bool     `json:"drift,omitempty"`
	Violation  bool      `json:"violation,omitempty"`
	Uncertain  bool      `json:"uncertain"`
	Reference  *float64  `json:"reference,omitempty"`
	Change     *float64  `json:"change,omitempty"`
	ChangeLow  *float64  `json:"change_low,omitempty"`
	ChangeHigh *float64  `json:"change_high,omitempty"`
	Bins       int       `json:"bins,omitempty"`
	Edges      []float64 `json:"edges,omitempty"`
	Skipped    string    `json:"-"`
}

// Summary describes one side of a field for people. Number statistics are nil
// where the field has none.
type Summary struct {
	Rows      uint64             `json:"rows"`
	Present   uint64             `json:"present"`
	Null      uint64             `json:"null"`
	Missing   uint64             `json:"missing"`
	Invalid   uint64             `json:"invalid"`
	Distinct  uint64             `json:"distinct"`
	Mean      *float64           `json:"mean,omitempty"`
	StdDev    *float64           `json:"stddev,omitempty"`
	Min       *float64           `json:"min,omitempty"`
	Max       *float64           `json:"max,omitempty"`
	Quantiles map[string]float64 `json:"quantiles,omitempty"`
}

// Field is the result of one field.
type Field struct {
	Name        string            `json:"field"`
	Type        string            `json:"type"`
	Role        string            `json:"role,omitempty"`
	Redacted    bool              `json:"redacted,omitempty"`  // no value of it is to be shown
	Reference   *Summary          `json:"reference,omitempty"` // nil without a reference
	Current     Summary           `json:"current"`
	Checks      map[string]Result `json:"checks"`
	Moved       []Move            `json:"moved,omitempty"`        // where Shifted
	ExplainedBy *Explanation      `json:"explained_by,omitempty"` // of drift in the whole stream, where there is one
}

// Segment is the result of one segment of a window; the whole stream is the
// segment "".
type Segment struct {
	Name    string            `json:"segment"`
	Rows    uint64            `json:"rows"`
	Checks  map[string]Result `json:"checks"` // those without a field
	Fields  []Field           `json:"fields"`
	Unknown []string          `json:"unknown_fields,omitempty"`
}

// Window is the result of one closed window. Nothing in it comes from a wall
// clock: its JSON is the same, byte for byte, whenever it is computed again.
type Window struct {
	Monitor   string      `json:"monitor"`
	Start     window.Time `json:"start"`
	End       window.Time `json:"end"`
	Revision  int         `json:"revision"`            // late records that it holds
	Partial   bool        `json:"partial,omitempty"`   // records before the first one read are missing from it
	Reference string      `json:"reference,omitempty"` // the hash of the reference profile
	Cut       []Cut       `json:"cut"`
	Amended   []Cut       `json:"amended,omitempty"` // of the late records: from the first to the last of each partition
	Segments  []Segment   `json:"segments"`          // the whole stream first, then by name
}

// Whole returns the segment of the whole stream.
func (w *Window) Whole() *Segment { return &w.Segments[0] }

// Drift reports whether any verdict of the window is drift.
func (w *Window) Drift() bool {
	for i := range w.Segments {
		s := &w.Segments[i]
		if anyDrift(s.Checks) || slices.ContainsFunc(s.Fields, func(f Field) bool { return anyDrift(f.Checks) }) {
			return true
		}
	}
	return false
}

func anyDrift(results map[string]Result) bool {
	for _, r := range results {
		if r.Drift != nil && *r.Drift {
			return true
		}
	}
	return false
}
