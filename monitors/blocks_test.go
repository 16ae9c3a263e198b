package monitors

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"driftwatch/monitors/profile"
	"driftwatch/monitors/window"
)

// However a run is cut into blocks, and whatever of them is kept from earlier
// runs, it is the merge of its windows one by one.
func TestBlocksAreTheMergeOfTheirWindows(t *testing.T) {
	plan, m := testMonitor(t, nil)
	f := newFeeder(t, plan)
	const size = window.Time(60_000)
	rapid.Check(t, func(t *rapid.T) {
		panes := map[window.Time]*Pane{}
		for i := range window.Time(100) {
			if rapid.IntRange(0, 3).Draw(t, "records") > 0 {
				panes[(i+1)*size] = m.NewPane(i * size)
				f.feed(panes[(i+1)*size], rapid.Custom(record).Draw(t, "record"))
			}
		}
		blocks := NewBlocks(m)
		long := rapid.Int64Range(1, 90).Draw(t, "windows")
		for to := window.Time(10); to <= 100; to += window.Time(rapid.Int64Range(1, 5).Draw(t, "step")) {
			from := max(0, to-window.Time(long)) * size
			got, err := blocks.Merge(from, to*size, func(end window.Time) *Pane { return panes[end] })
			if err != nil {
				t.Fatal(err)
			}
			var parts []*Pane
			for end := from + size; end <= to*size; end += size {
				parts = append(parts, panes[end])
			}
			want, err := m.merge(from, to*size, parts)
			if err != nil {
				t.Fatal(err)
			}
			if (got == nil) != (want == nil) || got != nil && !bytes.Equal(encode(f.t, got), encode(f.t, want)) {
				t.Fatalf("the windows in [%v, %v) are other bytes in blocks", from, to*size)
			}
			if n := len(blocks.kept) + 1; n > BlocksOf(int(long)) {
				t.Fatalf("%d panes are kept for %d windows, %d were promised", n, long, BlocksOf(int(long)))
			}
		}
	})
}

func TestBlocksAskForFewWindows(t *testing.T) {
	_, m := testMonitor(t, nil)
	const size, long, runs = window.Time(60_000), 168, 500
	blocks, asked := NewBlocks(m), 0
	for to := window.Time(long); to < long+runs; to++ {
		_, err := blocks.Merge((to-long)*size, to*size, func(window.Time) *Pane { asked++; return nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	// All once, then each as it comes, as its block fills and as it goes.
	if most := long + 4*runs; asked > most {
		t.Errorf("%d windows were asked for in %d runs of %d, want at most %d", asked, runs, long, most)
	}
}

// BenchmarkTrailing makes the reference of the next window: the 168 windows
// before it, of 20 fields and 5,000 rows each.
func BenchmarkTrailing(b *testing.B) {
	m := &Monitor{Spec: Spec{Name: "m", Window: Window{Size: time.Hour, Pane: time.Hour}}}
	for i := range 20 {
		m.Spec.Fields = append(m.Spec.Fields, Field{Name: fmt.Sprintf("f%d", i), Type: profile.Number})
	}
	if _, err := NewPlan(Stream{Name: "s", Format: "json"}, []*Monitor{m}); err != nil {
		b.Fatal(err)
	}
	const windows = 168
	size := window.Time(time.Hour.Milliseconds())
	stored := make([][]byte, 24) // one of them is the pane of each window
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range stored {
		p := m.NewPane(0)
		for f := range m.fields {
			p.field("", f).AddRows(5000)
			for range 5000 {
				p.field("", f).ObserveNumbers([]float64{rng.NormFloat64()})
			}
		}
		stored[i] = encode(b, p)
	}
	one := func(at window.Time) *Pane {
		p, err := m.DecodePane(stored[int(at/size)%len(stored)])
		if err != nil {
			b.Fatal(err)
		}
		return p
	}
	for name, fresh := range map[string]bool{"kept": false, "anew": true} {
		b.Run(name, func(b *testing.B) {
			blocks, to := NewBlocks(m), windows*size
			b.ReportAllocs()
			for b.Loop() {
				if fresh {
					blocks = NewBlocks(m)
				}
				p, err := blocks.Merge(to-windows*size, to, one)
				if err != nil {
					b.Fatal(err)
				}
				ref, err := p.Reference()
				if err != nil {
					b.Fatal(err)
				}
				NewBaseline(ref)
				to += size
			}
			held := 0
			for _, p := range blocks.kept {
				for f := range m.fields {
					held += p.field("", f).Size()
				}
			}
			b.ReportMetric(float64(held)/(1<<20), "MiB-kept")
		})
	}
}
