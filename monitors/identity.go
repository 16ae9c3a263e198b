package monitors

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Identity is equal for monitors whose open windows hold the same of the same
// records in the same form: state may be carried from one to the other. What
// windows are compared with when they close, and how they are judged, may
// differ, but for the file whose guides they count into.
func (m *Monitor) Identity() string { return m.identity }

func (m *Monitor) computeIdentity(id string) string {
	v := struct {
		Shape    shape
		Lateness time.Duration
		Guides   string
		ID       string
		Pane     int
	}{Shape: m.shape, Lateness: m.Spec.Window.Lateness, Pane: paneVersion3} // from which on panes can be read
	if m.Reference != nil {
		v.Guides = m.Reference.Hash
	}
	if m.id >= 0 {
		v.ID = id
	}
	sum := digest(v)
	return hex.EncodeToString(sum[:16])
}

// Judgement is equal for monitors that compare and judge the same windows alike,
// but for what the reference holds.
func (m *Monitor) Judgement() string {
	s := m.Spec
	s.Window = Window{} // the shape has what matters of it
	s.Fields = slices.Clone(s.Fields)
	for i := range s.Fields {
		s.Fields[i].Redact = false // it is about what is shown
	}
	sum := digest(struct {
		Shape shape
		Spec  Spec
	}{m.shape, s})
	return hex.EncodeToString(sum[:8])
}

// shape is equal for monitors whose panes count the same of the same records,
// and so can be merged: what they are compared with, and how they are judged, may
// differ.
type shape [16]byte

func (m *Monitor) computeShape() shape {
	s := &m.Spec
	v := struct {
		Name, Stream  string
		Where         []Condition
		Size          time.Duration
		Segments      [][]string
		MaxSegments   int
		Champion      []Condition // is always kept
		Fields        []Field
		UnknownFields bool
		Buckets       int
		Zone          string `json:",omitempty"`
	}{s.Name, s.Stream, s.Where, s.Window.Pane, s.Segments, s.MaxSegments, s.Reference.Segment, nil, s.UnknownFields, s.Buckets, ""}
	if s.Window.Zone != nil {
		v.Zone = s.Window.Zone.String()
	}
	for _, f := range s.Fields {
		v.Fields = append(v.Fields, Field{
			Name: f.Name, Type: f.Type, Min: f.Min, Max: f.Max, Allowed: f.Allowed, Pattern: f.Pattern, Coerce: f.Coerce,
		})
	}
	sum := digest(v)
	return shape(sum[:16])
}

// digest hashes plain values.
func digest(v any) [sha256.Size]byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("a spec of plain values cannot be written: %v", err))
	}
	return sha256.Sum256(b)
}
