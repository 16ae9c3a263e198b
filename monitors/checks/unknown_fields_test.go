package checks

import (
	"testing"
)

func TestUnknownFields(t *testing.T) {
	r := unknownFields(Input{Rows: 200, UnknownRows: 10})
	if r.Value != 0.05 || r.PValue != nil {
		t.Errorf("without a reference: %+v", r)
	}
	r = unknownFields(Input{Rows: 200, UnknownRows: 10, ReferenceRows: 5000})
	Judge(shareFloor, 0.001, []*Result{&r})
	if r.Drift == nil || !*r.Drift {
		t.Errorf("never seen before: %+v", r)
	}
}
