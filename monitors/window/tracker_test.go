package window

import (
	"testing"
	"time"
)

func TestPlace(t *testing.T) {
	three, four := at("2026-01-02T03:00:00Z"), at("2026-01-02T04:00:00Z")
	for _, c := range []struct {
		name   string
		change func(k *Tracker)
		end    Time
		offset int64
		want   Place
	}{
		{"nothing sealed", func(*Tracker) {}, three, 7, Open},
		{"very old but open", func(*Tracker) {}, at("1970-01-01T01:00:00Z"), 7, Open},
		{"the watermark is not past the lateness", func(k *Tracker) { k.Advance(at("2026-01-02T03:04:59Z")) }, three, 7, Open},
		{"sealed by the watermark", func(k *Tracker) { k.Advance(at("2026-01-02T03:05:00Z")) }, three, 7, Late},
		{"the next window", func(k *Tracker) { k.Advance(at("2026-01-02T03:05:00Z")) }, four, 7, Open},
		{"sealed while idle", func(k *Tracker) { k.SealThrough(three) }, three, 7, Late},
		{"closed without the partition", func(k *Tracker) { k.CloseThrough(three) }, three, 7, Late},
		{"read again after its window closed", func(k *Tracker) { k.CloseWith(three, 8) }, three, 7, Counted},
		{"beyond what the closed window holds", func(k *Tracker) { k.CloseWith(three, 7) }, three, 7, Late},
		{"read again and sealed again", func(k *Tracker) { k.CloseWith(three, 8); k.SealThrough(three) }, three, 7, Counted},
		{"an older window that never closed", func(k *Tracker) { k.CloseWith(three, 8) }, at("2026-01-02T02:00:00Z"), 7, Late},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := NewTracker(hourly, None, None)
			c.change(k)
			if got := k.Place(c.end, c.offset); got != c.want {
				t.Errorf("Place = %v, want %v", got, c.want)
			}
		})
	}
}

func TestBorderNeverMovesBack(t *testing.T) {
	k := NewTracker(Shape{Grid: Grid{Size: time.Hour}}, None, None)
	if !k.Advance(at("2026-01-02T05:30:00Z")) {
		t.Error("the border did not move")
	}
	if k.Advance(at("2026-01-02T04:30:00Z")) || k.Border() != at("2026-01-02T05:00:00Z") {
		t.Errorf("the border moved back to %v", k.Border())
	}
}
