package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"driftwatch/internal/metrics"
)

// Set by the linker; a plain `go build` knows them from its build information.
var version, commit string

// build says which program this is.
func build() metrics.Build {
	b := metrics.Build{Version: version, Revision: commit, Go: runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		b.Version = cmp.Or(b.Version, info.Main.Version)
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				b.Revision = cmp.Or(b.Revision, s.Value)
			}
		}
	}
	b.Revision = cmp.Or(b.Revision, "unknown")
	return b
}

type versionCmd struct{}

// Run prints version, commit and Go.
func (c *versionCmd) Run(s streams) error {
	b := build()
	_, err := fmt.Fprintf(s.out, "driftwatch %s (commit %s, %s)\n", b.Version, b.Revision, b.Go)
	return err
}
