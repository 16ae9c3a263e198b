package engine

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/decode"
	"driftwatch/monitors/source"
	"driftwatch/monitors/window"
)

// observe counts one record: in its panes, or as late, or as an error.
func (w *worker) observe(rec *source.Record) {
	if rec.Offset >= w.state.Counted {
		w.state.Records++
		w.state.Bytes += uint64(len(rec.Key) + len(rec.Value))
	}
	if err := w.row.Fill(w.decoder, w.partition.ID, rec); err != nil {
		w.reject(rec, err, false)
		return
	}
	t, err := w.row.Time(rec)
	if err != nil {
		w.reject(rec, err, true)
		return
	}
	for _, k := range w.tracks {
		w.count(k, t, rec.Offset)
	}
	w.state.Gap = false
	w.newest = max(w.newest, t)
	if t > w.watermark {
		w.watermark = t
		w.seal(rec.Offset + 1)
	}
}

func (w *worker) count(k *track, t window.Time, offset int64) {
	if offset < k.skip.Offset {
		return
	}
	start, end := k.paneOf(t)
	if w.state.Gap || k.gap {
		// What is missing may have been of any window up to here.
		k.gap = false
		k.lacks(end)
		if w.watermark != window.None {
			k.lacks(k.windows.End(w.watermark))
		}
	}
	if start < w.from || end > w.to {
		return
	}
	switch k.tracker.Place(end, offset) {
	case window.Late:
		if offset < k.lateTo {
			break // it came with the monitor
		}
		k.late++
		if w.amend(k, start, offset) {
			k.amended++
		}
	case window.Open:
		p := k.panes[end]
		if p == nil {
			p = &openPane{Pane: k.monitor.NewPane(start)}
			p.Cuts = []checks.Cut{{Partition: w.partition.ID, From: offset, Watermark: timeOrNil(w.watermark)}}
			k.panes[end] = p
		}
		p.cut().Seen(t)
		p.Observe(w.row)
		p.dirty = true
	case window.Counted:
	}
}

// amend counts a late record for the closed pane that starts at start, if it is not
// too late for that.
func (w *worker) amend(k *track, start window.Time, offset int64) bool {
	end := k.windows.End(start)
	if !k.tracker.Amends(end, w.watermark) || !k.monitor.Selects(w.row) {
		return false
	}
	p := k.amends[end]
	if p == nil {
		p = k.monitor.NewPane(start)
		p.Cuts = []checks.Cut{{Partition: w.partition.ID, From: offset, Watermark: timeOrNil(w.watermark)}}
		k.amends[end] = p
		w.full = w.full || len(k.amends) == monitors.LatePanes
	}
	p.Cuts[0].Next = offset + 1
	p.Observe(w.row)
	return true
}

// paneOf returns the start and the end of the pane that t falls into. Records come
// in runs of the same one.
func (k *track) paneOf(t window.Time) (start, end window.Time) {
	if t < k.last[0] || t >= k.last[1] {
		k.last = [2]window.Time{k.windows.Start(t), k.windows.End(t)}
	}
	return k.last[0], k.last[1]
}

// seal moves the borders to what the watermark seals. What follows when all that
// is asked for is sealed would be late, or is not asked for.
func (w *worker) seal(next int64) {
	w.past = w.to != window.Newest
	for i, k := range w.tracks {
		before := k.tracker.Border()
		if k.tracker.Advance(w.watermark) {
			w.sealBetween(i, before, next, false)
		}
		w.past = w.past && k.isPast(w.to, w.watermark)
	}
}

// isPast reports whether all panes up to an end are as they will always be.
func (k *track) isPast(end, watermark window.Time) bool {
	last := k.windows.Start(end)
	return k.tracker.Border() >= last && !k.tracker.Amends(last, watermark)
}

// sealBetween hands over the panes between an earlier border and the present one.
func (w *worker) sealBetween(monitor int, before window.Time, next int64, idle bool) {
	k := w.tracks[monitor]
	for _, end := range slices.Sorted(maps.Keys(k.panes)) {
		if end <= before || end > k.tracker.Border() {
			continue
		}
		p := k.panes[end]
		p.Flush()
		p.cut().Next, p.cut().Idle, p.cut().Ended, p.dirty = next, idle, w.final, true
		w.sealed = append(w.sealed, sealedPane{monitor, p.Pane})
	}
}

// finish seals what is open when the log is over: nothing that would belong to
// it can follow. Nor can late records.
func (w *worker) finish() {
	w.final = true
	for i, k := range w.tracks {
		w.full = w.full || len(k.amends) > 0
		before, last := k.tracker.Border(), window.None
		for end := range k.panes {
			last = max(last, end)
		}
		if k.tracker.SealThrough(last) {
			w.sealBetween(i, before, w.state.Next, false)
		}
	}
}

// handOver gives the sequencer the sealed panes that the store kept.
func (w *worker) handOver() {
	for i, k := range w.tracks {
		for _, end := range slices.Sorted(maps.Keys(k.panes)) {
			if end <= k.tracker.Border() {
				w.sealed = append(w.sealed, sealedPane{i, k.panes[end].Pane})
			}
		}
	}
}

// sampleBytes bounds what is kept of an undecodable payload.
const sampleBytes = 256

// reject counts a record that cannot be used. Whether it was decoded decides what of
// it may be shown.
func (w *worker) reject(rec *source.Record, err error, decoded bool) {
	if rec.Offset < w.state.Counted {
		return
	}
	reason, detail := "unknown", err.Error()
	var e *decode.Error
	if errors.As(err, &e) {
		reason = e.Reason
	}
	if w.state.Errors == nil {
		w.state.Errors = map[string]uint64{}
	}
	w.state.Errors[reason]++
	s := snapshot.Sample{
		Partition: w.partition.ID, Offset: rec.Offset, Timestamp: rec.Timestamp.UTC(), Reason: reason, Detail: detail,
		Read: time.Unix(0, w.answered.Load()),
	}
	if decoded && w.plan.RedactsTime() { // else a fault has no place in a value
		s.Detail = checks.Redacted
	}
	s.Payload = w.payload(rec, decoded)
	if len(w.samples) == samplesKept {
		w.samples = w.samples[1:]
	}
	w.samples = append(w.samples, s)
}

// payload is what may be shown of a record: nothing of one that cannot be decoded
// where values are redacted.
func (w *worker) payload(rec *source.Record, decoded bool) string {
	switch {
	case !w.plan.Stream.Samples:
		return ""
	case !w.plan.Redacts():
		return printable(rec.Value)
	case decoded:
		return printable([]byte(w.row.Shown()))
	}
	return checks.Redacted
}

// samplesKept bounds the samples of a stream.
const samplesKept = 20

// printable returns the beginning of a payload as text that is safe to show.
func printable(b []byte) string {
	cut := b[:min(len(b), sampleBytes)]
	s := strings.Map(func(r rune) rune {
		if r == utf8.RuneError || r < ' ' && r != '\t' || r == 0x7f {
			return '\uFFFD'
		}
		return r
	}, string(cut))
	if len(cut) < len(b) {
		s += "…"
	}
	return s
}
