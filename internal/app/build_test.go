package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"driftwatch/internal/kafkatest"
	"driftwatch/internal/watch"
	"driftwatch/monitors/profile"
	"driftwatch/monitors/reference"
)

// BenchmarkBuild reads and builds a thousand monitors of twenty fields, in a
// hundred monitor and a hundred rule files, and looks whether the files changed.
func BenchmarkBuild(b *testing.B) {
	for _, c := range []struct{ name, reference string }{
		{"trailing", "{trailing: 1d}"},
		{"file", "{file: %s.profile}"},
	} {
		path := thousand(b, c.reference, "127.0.0.1:1")
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				g, err := build(path, slog.New(slog.DiscardHandler), &watch.Files{}, nil)
				if err != nil {
					b.Fatal(err)
				}
				if err := g.close(); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(c.name+"/look", func(b *testing.B) {
			files := &watch.Files{}
			g, err := build(path, slog.New(slog.DiscardHandler), files, nil)
			if err != nil {
				b.Fatal(err)
			}
			defer g.close()
			files = files.Look()
			for b.Loop() {
				if !files.Look().Equal(files) {
					b.Fatal("the files changed")
				}
			}
		})
	}
}

const benchFields = 20

// BenchmarkReload is a reload of the same thousand monitors as a whole, between
// which nothing but a rule changes, while the daemon has nothing to read.
func BenchmarkReload(b *testing.B) {
	for _, c := range []struct{ name, reference string }{
		{"trailing", "{trailing: 1d}"},
		{"file", "{file: %s.profile}"},
	} {
		b.Run(c.name, func(b *testing.B) {
			brokers, _ := kafkatest.Fake(b)
			cl := kafkatest.Plain(b, brokers)
			for i := range 100 {
				kafkatest.CreateTopic(b, cl, fmt.Sprintf("t%d", i), 1)
			}
			d, g, err := newDaemon(Options{Config: thousand(b, c.reference, brokers[0]), Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				b.Fatal(err)
			}
			ctx, cancel := context.WithCancel(b.Context())
			ended := make(chan error, 1)
			go func() { ended <- d.run(ctx, g) }()
			for b.Loop() {
				if err := d.reloader.Ask(ctx); err != nil {
					b.Fatal(err)
				}
			}
			cancel()
			if err := errors.Join(<-ended, d.store.Close()); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// thousand writes the files of a thousand monitors, and a reference of 200
// distinct values a field for each, and returns the path of the configuration.
func thousand(b *testing.B, ref, broker string) string {
	b.Helper()
	dir := b.TempDir()
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	write("driftwatch.yaml", fmt.Sprintf(`kafka: {brokers: [%q]}
web: {listen: "127.0.0.1:0"}
memory: {limit: 1TiB}
monitors: ["m*.yaml"]
rules: ["r*.yaml"]
`, broker))
	whole := reference.Segment{Rows: 200}
	values := make([]float64, 200)
	for i := range values {
		values[i] = float64(i) / 7
	}
	for f := range benchFields {
		p := profile.New(profile.Options{Kind: profile.Number, Buckets: 256})
		p.AddRows(uint64(len(values)))
		p.ObserveNumbers(values)
		whole.Fields = append(whole.Fields, reference.Field{Name: fmt.Sprintf("f%d", f), Profile: p})
	}
	r, err := reference.New(whole)
	if err != nil {
		b.Fatal(err)
	}
	for file := range 100 {
		var monitors, groups strings.Builder
		fmt.Fprintf(&monitors, "streams: [{name: s%d, topic: t%d, time: {field: ts}}]\nmonitors:\n", file, file)
		fmt.Fprintf(&groups, "groups:\n")
		for m := range 10 {
			name := fmt.Sprintf("m%d-%d", file, m)
			of := ref
			if strings.Contains(ref, "%s") {
				of = fmt.Sprintf(ref, name)
				if err := r.WriteFile(filepath.Join(dir, name+".profile")); err != nil {
					b.Fatal(err)
				}
			}
			fmt.Fprintf(&monitors, "  - name: %s\n    stream: s%d\n    window: {size: 1h}\n    buckets: 256\n    reference: %s\n    fields:\n", name, file, of)
			for f := range benchFields {
				fmt.Fprintf(&monitors, "      - {name: f%d, type: number}\n", f)
			}
			fmt.Fprintf(&groups, "  - name: %s\n    monitor: %s\n    rules:\n      - {alert: Drift, when: {check: ks, drift: true}, severity: warning}\n", name, name)
		}
		write(fmt.Sprintf("m%d.yaml", file), monitors.String())
		write(fmt.Sprintf("r%d.yaml", file), groups.String())
	}
	return filepath.Join(dir, "driftwatch.yaml")
}
