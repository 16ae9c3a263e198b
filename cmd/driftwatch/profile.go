package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"driftwatch/internal/app"
	"driftwatch/internal/batch"
	"driftwatch/monitors/reference"
)

// dataFlags say how data files are read.
type dataFlags struct {
	Format string            `placeholder:"FORMAT" help:"Format of standard input and of files whose name does not tell: csv, jsonl or parquet."`
	Type   map[string]string `placeholder:"FIELD=TYPE" help:"Type of a field, instead of the one found out: number, category, boolean, text, timestamp or ignore."`
}

// collectAt is the percentage of new memory after which garbage is collected.
// What is kept of data files is large and without pointers: that costs little
// time and saves a third of the memory.
const collectAt = 40

func (f *dataFlags) options(ctx context.Context, s streams) batch.Options {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	return batch.Options{Format: f.Format, Types: f.Type, Stdin: s.in, Context: ctx}
}

type profileCmd struct {
	Inputs  []string `arg:"" optional:"" name:"input" help:"Data files: .csv, .jsonl, .parquet, also .gz and .zst; - is standard input. Several are read as one."`
	Output  string   `short:"o" required:"" placeholder:"FILE" help:"The profile to write."`
	Config  string   `short:"c" placeholder:"FILE" help:"With --monitor: the configuration that has it."`
	Monitor string   `placeholder:"NAME" help:"Take the fields and their types from this monitor."`
	From    string   `placeholder:"TIME" help:"With --monitor, in place of inputs: read its stream on Kafka, event times from this one on. RFC 3339, or a day."`
	To      string   `placeholder:"TIME" help:"The same: event times before this one."`
	dataFlags
}

// Run writes the profile of the inputs, or of a part of a stream.
func (c *profileCmd) Run(ctx context.Context, s streams) error {
	o, ofStream := c.options(ctx, s), c.From != "" || c.To != ""
	switch {
	case (c.Monitor == "") != (c.Config == ""):
		return &exit{code: exitUsage, text: "--monitor and --config go together"}
	case ofStream && (c.Monitor == "" || len(c.Inputs) > 0):
		return &exit{code: exitUsage, text: "--from and --to are of a monitor's stream: they go with --monitor and without inputs"}
	case !ofStream && len(c.Inputs) == 0:
		return &exit{code: exitUsage, text: "give data files, or --monitor with --from or --to to read its stream"}
	case ofStream:
		return c.history(ctx, s)
	}
	if err := spare(c.Output, c.Inputs...); err != nil {
		return err
	}
	if c.Monitor != "" {
		var err error
		if o.Fields, o.Cut, err = app.MonitorReference(c.Config, c.Monitor); err != nil {
			return describe(err, s)
		}
	}
	p := newProgress(s.err)
	o.Progress = p.add
	made, err := batch.Profile(c.Inputs, o)
	p.done()
	if err != nil {
		return err
	}
	if err := made.WriteFile(c.Output); err != nil {
		return err
	}
	if c.Monitor == "" {
		fmt.Fprintf(s.err, "types: %s\n", made.Types())
	}
	if len(made.Ignored) > 0 {
		fmt.Fprintf(s.err, "left out: %s\n", strings.Join(made.Ignored, ", "))
	}
	if o.Cut != nil && len(o.Cut.Absent) > 0 {
		fmt.Fprintf(s.err, "all rows are taken: the data do not have %s, which choose the monitor's records\n", strings.Join(o.Cut.Absent, ", "))
	}
	return c.say(s, made.Reference)
}

// spare refuses an output that is one of the inputs. An output that is not there
// yet is none of them, and one that cannot be written says so when it is.
func spare(output string, inputs ...string) error {
	there, err := os.Stat(output)
	for _, input := range inputs {
		if info, inputErr := os.Stat(input); err == nil && inputErr == nil && os.SameFile(there, info) {
			return &exit{exitUsage, output + " is read: writing to it would destroy it"}
		}
	}
	return nil
}

// say says what was written.
func (c *profileCmd) say(s streams, r *reference.Reference) error {
	segments := ""
	if n := len(r.Segments); n > 0 {
		segments = fmt.Sprintf("%d segments, ", n)
	}
	_, err := fmt.Fprintf(s.out, "%s: %d rows, %d fields, %shash %s\n", c.Output, r.Rows, len(r.Fields), segments, r.Hash)
	return err
}

type compareCmd struct {
	Reference string  `arg:"" help:"A data file or a profile."`
	Current   string  `arg:"" help:"A data file or a profile."`
	JSON      bool    `name:"json" help:"Print JSON."`
	HTML      string  `name:"html" placeholder:"FILE" help:"Also write a report with plots, one file that needs no other."`
	Checks    string  `placeholder:"LIST" help:"Only these checks, as a monitor file lists them: ks,{psi: {bins: 20}}."`
	FailOn    string  `enum:"drift,never" default:"never" help:"Exit with 1 if this was found: drift or never."`
	Alpha     float64 `default:"0.001" help:"Share of false verdicts that is accepted."`
	dataFlags
}

// Run compares and prints.
func (c *compareCmd) Run(ctx context.Context, s streams) error {
	if !(c.Alpha > 0 && c.Alpha <= 0.5) {
		return &exit{exitUsage, "--alpha must be greater than 0, at most 0.5"}
	}
	if err := spare(c.HTML, c.Reference, c.Current); err != nil {
		return err
	}
	p := newProgress(s.err)
	o := batch.CompareOptions{Options: c.options(ctx, s), Checks: c.Checks, Alpha: c.Alpha}
	o.Progress = p.add
	report, err := batch.Compare(c.Reference, c.Current, o)
	p.done()
	if err != nil {
		return &exit{code: exitError, text: err.Error()}
	}
	write := report.WriteTable
	if c.JSON {
		write = report.WriteJSON
	}
	if err := errors.Join(write(s.out), c.writeHTML(report)); err != nil {
		return &exit{code: exitError, text: err.Error()}
	}
	switch {
	case c.FailOn == "never":
		return nil
	case report.Drift():
		return &exit{code: exitFound}
	case report.Empty() != "":
		return &exit{code: exitError, text: "nothing was compared: " + report.Empty()}
	}
	return nil
}

func (c *compareCmd) writeHTML(report *batch.Report) error {
	if c.HTML == "" {
		return nil
	}
	var page bytes.Buffer
	if err := report.WriteHTML(&page, [2]string{c.Reference, c.Current}); err != nil {
		return err
	}
	return os.WriteFile(c.HTML, page.Bytes(), 0o644)
}

type inspectCmd struct {
	Profile string `arg:"" help:"A profile, or a data file, which is summarised first."`
	JSON    bool   `name:"json" help:"Print JSON."`
	dataFlags
}

// Run prints what the profile holds.
func (c *inspectCmd) Run(ctx context.Context, s streams) error {
	p := newProgress(s.err)
	o := c.options(ctx, s)
	o.Progress = p.add
	contents, err := batch.Inspect(c.Profile, o)
	p.done()
	if err != nil {
		return err
	}
	if c.JSON {
		return contents.WriteJSON(s.out)
	}
	return contents.WriteTable(s.out)
}

// progress shows how many rows were read, on a terminal only.
type progress struct {
	file *os.File // nil: nobody looks
	rows int
	next int
}

// progressEvery is how many rows lie between two lines of progress.
const progressEvery = 200_000

func newProgress(w any) *progress {
	f, ok := w.(*os.File)
	if !ok {
		return &progress{}
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return &progress{}
	}
	return &progress{file: f, next: progressEvery}
}

func (p *progress) add(rows int) {
	if p.rows += rows; p.file != nil && p.rows >= p.next {
		fmt.Fprintf(p.file, "\r%d rows", p.rows)
		p.next += progressEvery
	}
}

func (p *progress) done() {
	if p.file != nil && p.next > progressEvery {
		fmt.Fprint(p.file, "\r\x1b[K")
	}
}
