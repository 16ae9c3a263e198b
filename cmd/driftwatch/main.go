// Command driftwatch watches the data that goes into and comes out of
// machine-learning models. See the README and docs/.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// Exit codes of the public contract.
const (
	exitOK      = 0
	exitFound   = 1 // problems or drift were found, or the work failed
	exitUsage   = 2
	exitError   = 2 // of compare, whose 1 says that drift was found
	exitFailure = 1
)

// streams is where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// exit is an error that carries the exit code. What is to be said has been
// said where its text is empty.
type exit struct {
	code int
	text string
}

func (e *exit) Error() string { return e.text }

type cli struct {
	Run        runCmd        `cmd:"" help:"Run the daemon."`
	Demo       demoCmd       `cmd:"" help:"Run the daemon on made-up traffic and an embedded Kafka broker."`
	Lint       lintCmd       `cmd:"" help:"Check config, monitor and rule files and show every problem."`
	Test       testCmd       `cmd:"" help:"Run the tests of rules."`
	Profile    profileCmd    `cmd:"" help:"Summarise data files in a profile, to be used as a reference."`
	Compare    compareCmd    `cmd:"" help:"Compare two data files or profiles by all checks."`
	Inspect    inspectCmd    `cmd:"" help:"Show what is in a profile."`
	Replay     replayCmd     `cmd:"" help:"Run monitors and rules over history, sending nothing: what would have fired."`
	Accept     acceptCmd     `cmd:"" help:"Make a window of a running daemon its monitor's reference."`
	Silence    silenceCmd    `cmd:"" help:"Keep alerts of a running daemon quiet for a time."`
	Digest     digestCmd     `cmd:"" help:"Show what a running daemon's digest would say now: drift, fires, silences."`
	NotifyTest notifyTestCmd `cmd:"" help:"Send a sample message to a receiver and say what it answered."`
	Dashboards dashboardsCmd `cmd:"" help:"Write the Grafana dashboards and the Prometheus rules."`
	Schema     schemaCmd     `cmd:"" help:"Print the JSON Schema of the files, for editors."`
	Version    versionCmd    `cmd:"" help:"Show the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, s streams) int {
	var c cli
	code := -1
	parser, err := kong.New(&c, kong.Name("driftwatch"),
		kong.Description("Watches the data going into and coming out of machine-learning models."),
		kong.Writers(s.out, s.err), kong.Exit(func(n int) { code = n }), kong.UsageOnError(),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(s))
	if err != nil {
		fmt.Fprintf(s.err, "driftwatch: %v\n", err)
		return exitFailure
	}
	command, err := parser.Parse(args)
	switch {
	case code >= 0: // --help
		return code
	case err != nil:
		fmt.Fprintf(s.err, "driftwatch: %v (see driftwatch --help)\n", err)
		return exitUsage
	}
	return report(command.Run(), s.err)
}

// report says what went wrong, on one line, and returns the exit code.
func report(err error, w io.Writer) int {
	var e *exit
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &e):
		if e.text != "" {
			fmt.Fprintf(w, "driftwatch: %s\n", e.text)
		}
		return e.code
	default:
		fmt.Fprintf(w, "driftwatch: %v\n", err)
		return exitFailure
	}
}
