package checks

import (
	"reflect"
	"testing"

	"driftwatch/monitors/window"
)

func TestJoinCuts(t *testing.T) {
	at := func(t window.Time) *window.Time { return &t }
	for _, c := range []struct {
		name  string
		panes []PaneCuts
		want  []Cut
	}{
		{"one pane is as it is", []PaneCuts{{10, []Cut{{Partition: 1, From: 3, Next: 5, Idle: true, Newest: at(9)}}}},
			[]Cut{{Partition: 1, From: 3, Next: 5, Idle: true, Newest: at(9)}}},
		{"the watermark sealed all", []PaneCuts{
			{10, []Cut{{Partition: 0, From: 4, Next: 9, Watermark: at(8), Newest: at(9)}}},
			{20, []Cut{{Partition: 0, From: 2, Next: 12, Watermark: at(5), Newest: at(15)}}},
		}, []Cut{{Partition: 0, From: 2, Next: 12, Watermark: at(5), Newest: at(15)}}},
		{"idle in between", []PaneCuts{
			{10, []Cut{{Partition: 0, From: 0, Next: 9, Idle: true, Newest: at(9)}}},
			{20, []Cut{{Partition: 0, From: 7, Next: 12, Watermark: at(9), Newest: at(15)}}},
			{30, []Cut{{Partition: 0, From: 11, Next: 20, Watermark: at(15), Idle: true, Newest: at(29)}}},
		}, []Cut{
			{Partition: 0, From: 0, Next: 9, Idle: true, Through: at(10), Newest: at(9)},
			{Partition: 0, From: 7, Next: 20, Watermark: at(9), Idle: true, Newest: at(29)},
		}},
		{"nothing in some panes", []PaneCuts{
			{10, []Cut{{Partition: 0, From: 9, Next: 9, Newest: at(1)}, {Partition: 1, From: 4, Next: 4, Newest: at(2)}}},
			{20, []Cut{{Partition: 0, From: 9, Next: 12, Watermark: at(8), Newest: at(15)}, {Partition: 1, From: 4, Next: 4, Newest: at(2)}}},
			{30, []Cut{{Partition: 0, From: 12, Next: 12, Newest: at(15)}, {Partition: 1, From: 4, Next: 4, Newest: at(2)}}},
		}, []Cut{
			{Partition: 0, From: 9, Next: 12, Watermark: at(8), Newest: at(15)},
			{Partition: 1, From: 4, Next: 4, Newest: at(2)},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := JoinCuts(c.panes); !reflect.DeepEqual(got, c.want) {
				t.Errorf("JoinCuts = %+v, want %+v", got, c.want)
			}
		})
	}
}
