package monitors

import (
	"encoding/json"
	"testing"

	"driftwatch/monitors/source"
)

// TestShown: a record that was decoded is shown without values that are redacted, and
// without what nobody declares.
func TestShown(t *testing.T) {
	p, _ := testMonitor(t, func(s *Spec) { s.Fields[1].Redact, s.Fields[2].Redact = true, true })
	f := newFeeder(t, p)
	record := `{"id":7,"x":1.50,"deep":{"y":4242},"c":"4\"242","b":false,"when":null,"other":4242}`
	if err := f.row.Fill(f.d, 0, &source.Record{Value: []byte(record)}); err != nil {
		t.Fatal(err)
	}
	want := `{"b":false,"c":"redacted","deep.y":"redacted","id":7,"when":null,"x":1.50}`
	if got := f.row.Shown(); got != want || !json.Valid([]byte(got)) {
		t.Errorf("shown %s, want %s", got, want)
	}
	if !p.Redacts() {
		t.Error("the plan says that nothing is redacted")
	}
	if p, _ := testMonitor(t, nil); p.Redacts() || p.redacts("deep.y") {
		t.Error("the plan redacts without being asked")
	}
}

// A part of what is redacted is redacted, also where another monitor declares it.
func TestPartsOfRedactedFields(t *testing.T) {
	p := &Plan{redacted: map[string]bool{"deep": true}}
	for path, want := range map[string]bool{"deep": true, "deep.y": true, "deep.y.z": true, "deeper": false, "de": false, "": false} {
		if p.redacts(path) != want {
			t.Errorf("%q: %v", path, !want)
		}
	}
}

// What is shown decides nothing: state is carried over, and late records still amend
// windows.
func TestRedactionIsNoOtherMonitor(t *testing.T) {
	_, open := testMonitor(t, nil)
	_, private := testMonitor(t, func(s *Spec) { s.Fields[0].Redact = true })
	if open.Identity() != private.Identity() || open.Judgement() != private.Judgement() {
		t.Error("a field that is redacted makes another monitor")
	}
	if !private.Spec.Fields[0].Redact {
		t.Error("the field is redacted no longer")
	}
}
