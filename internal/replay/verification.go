package replay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"driftwatch/monitors/checks"
)

// Verification is what came of computing stored windows again.
type Verification struct {
	Windows []Outcome      `json:"windows"` // by end, then by monitor
	Summary map[string]int `json:"summary"` // how many have each outcome
}

func (v *Verification) add(o Outcome) {
	if v.Summary == nil {
		v.Summary = map[string]int{OK: 0, Differs: 0, Unverifiable: 0}
	}
	v.Windows = append(v.Windows, o)
	v.Summary[o.Outcome]++
}

// Differs reports whether any window does.
func (v *Verification) Differs() bool { return v.Summary[Differs] > 0 }

// WriteText writes a line for each window, and one for all.
func (v *Verification) WriteText(w io.Writer) error {
	t := table(w)
	if len(v.Windows) > 0 {
		row(t, "WINDOW ENDS", "MONITOR", "OUTCOME", "WHY")
	}
	for _, o := range v.Windows {
		row(t, o.End.String(), o.Monitor, o.Outcome, o.Why)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%s: %d ok, %d differ, %d cannot be verified\n",
		counted(len(v.Windows), "window"), v.Summary[OK], v.Summary[Differs], v.Summary[Unverifiable])
	return err
}

// WriteJSON writes the same as one JSON document.
func (v *Verification) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(v)
}

// difference says where a window that was computed again differs, without values
// that are redacted.
func (v *verifier) difference(stored, computed []byte) string {
	hidden := v.monitor.Spec.Redaction()
	if hidden == nil {
		return difference(stored, computed)
	}
	var shown [2][]byte
	for i, b := range [][]byte{stored, computed} {
		w := &checks.Window{}
		if json.Unmarshal(b, w) != nil {
			return "it cannot be read"
		}
		shown[i], _ = json.Marshal(hidden.Window(w)) // it was read from JSON
	}
	if bytes.Equal(shown[0], shown[1]) {
		return "in values that are redacted"
	}
	return difference(shown[0], shown[1])
}

// difference names the first place in which two JSON documents differ.
func difference(stored, computed []byte) string {
	var a, b any
	for _, d := range []struct {
		from []byte
		into *any
	}{{stored, &a}, {computed, &b}} {
		dec := json.NewDecoder(bytes.NewReader(d.from))
		dec.UseNumber()
		if dec.Decode(d.into) != nil {
			return "it cannot be read"
		}
	}
	if where := firstDifference("", a, b); where != "" {
		return where
	}
	return "the same values, written in another way"
}

func firstDifference(path string, a, b any) string {
	switch x := a.(type) {
	case map[string]any:
		if y, ok := b.(map[string]any); ok {
			return differenceOfMaps(path, x, y)
		}
	case []any:
		if y, ok := b.([]any); ok {
			return differenceOfLists(path, x, y)
		}
	default:
		if a == b {
			return ""
		}
	}
	return fmt.Sprintf("%s is %s, computed again %s", path, brief(a), brief(b))
}

func differenceOfMaps(path string, a, b map[string]any) string {
	keys := maps.Clone(a)
	maps.Copy(keys, b)
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		x, in := a[k]
		y, inBoth := b[k]
		at := path + "." + k
		if path == "" {
			at = k
		}
		if !in || !inBoth {
			return fmt.Sprintf("%s is %s, computed again %s", at, brief(x), brief(y))
		}
		if where := firstDifference(at, x, y); where != "" {
			return where
		}
	}
	return ""
}

func differenceOfLists(path string, a, b []any) string {
	if len(a) != len(b) {
		return fmt.Sprintf("%s has %d elements, computed again %d", path, len(a), len(b))
	}
	for i := range a {
		if where := firstDifference(fmt.Sprintf("%s[%s]", path, nameOf(a[i], i)), a[i], b[i]); where != "" {
			return where
		}
	}
	return ""
}

// nameOf is what an element of a list of segments or fields is known by, else its
// place.
func nameOf(v any, i int) string {
	if m, ok := v.(map[string]any); ok {
		for _, key := range []string{"segment", "field"} {
			if name, ok := m[key].(string); ok {
				return name
			}
		}
	}
	return fmt.Sprint(i)
}

// brief is a value in few characters; nothing where it is absent.
func brief(v any) string {
	if v == nil {
		return "absent"
	}
	b, err := json.Marshal(v)
	const most = 60
	if err != nil || len(b) <= most {
		return string(b)
	}
	return string(b[:most]) + "..."
}
