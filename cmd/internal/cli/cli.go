package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.temporal.io/sdk/client"
	"golang.org/x/term"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/config"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/daemon"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
)

// Exit codes.
const (
	exitOK          = 0
	exitFailure     = 1 // of Temporal, the network or this program
	exitUsage       = 2 // arguments or configuration
	exitFailed      = 3 // the generation or the pipeline failed
	exitUndecided   = 4 // its deadline passed, or its submit is unknown
	exitCanceled    = 5 // the workflow was canceled or terminated
	exitUnsaved     = 6 // there is a result, and part of it is not on the disk
	exitInterrupted = 130
)

const exitCodes = `Exit codes: 0 done, 1 Temporal or the network failed, 2 usage or configuration,
3 the generation or the pipeline failed, 4 its deadline passed or its submit is unknown,
5 it was canceled or terminated, 6 it completed but some outputs could not be saved,
130 interrupted.`

// Streams are what a program has of the outside.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
}

// Run runs one command line and returns its exit code.
func Run(ctx context.Context, args, environ []string, streams Streams) int {
	// Outputs, names and errors may hold what others wrote, so no escape code of theirs
	// passes. Our own go to the writer below.
	out, errs := plaintext.NewWriter(streams.Out), plaintext.NewWriter(streams.Err)
	defer out.Flush()
	defer errs.Flush()
	p := &program{environ: environ, Streams: Streams{In: streams.In, Out: out, Err: errs}}
	root := p.command()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	var coded *codedError
	if !errors.As(err, &coded) {
		coded = &codedError{code: exitUsage, err: err} // cobra's own errors are about arguments
	}
	if coded.err != nil {
		fmt.Fprintln(p.Err, "wavespeed-temporal:", strings.ReplaceAll(coded.err.Error(), "\n", "\n  "))
	}
	return coded.code
}

// codedError is an error with its exit code; without err, all has been said.
type codedError struct {
	code int
	err  error
}

func (e *codedError) Error() string { return fmt.Sprint(e.err) }

func failure(code int, err error) error {
	if err == nil {
		return nil
	}
	var coded *codedError
	if errors.As(err, &coded) {
		return coded
	}
	return &codedError{code, err}
}

type program struct {
	Streams
	environ  []string
	root     *cobra.Command
	temporal config.Temporal
}

func (p *program) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "wavespeed-temporal",
		Short: "Durable AI generations: WaveSpeedAI on Temporal",
		Long: `Durable AI generations: WaveSpeedAI on Temporal.

Settings come from flags, from environment variables, and from files named by variables that
end in _FILE. Temporal's own come from TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE,
TEMPORAL_API_KEY, TEMPORAL_TLS_… and the profiles in its configuration file. "config" prints
what is in force.

` + exitCodes,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(p.In)
	root.SetOut(p.Out)
	root.SetErr(p.Err)
	root.SetUsageTemplate(usageTemplate)
	flags := root.PersistentFlags()
	flags.SortFlags, root.Flags().SortFlags = false, false
	flags.StringVar(&p.temporal.Address, "address", "", "Temporal's host and port (TEMPORAL_ADDRESS)")
	flags.StringVarP(&p.temporal.Namespace, "namespace", "n", "", "Temporal's namespace (TEMPORAL_NAMESPACE)")
	flags.StringVar(&p.temporal.Profile, "profile", "", "profile of Temporal's configuration file (TEMPORAL_PROFILE)")
	addSettings(flags)
	p.root = root
	root.AddCommand(
		p.daemon("worker", "Run a worker: workflows and activities", config.Need{Worker: true}),
		p.daemon("webhook", "Run a webhook handler", config.Need{Webhook: true}),
		p.daemon("serve", "Run a worker and a webhook handler in one process", config.Need{Worker: true, Webhook: true}),
		p.generate(), p.resolve(), p.pipeline(), p.schema(), p.setup(), p.healthcheck(), p.config(), p.version(),
	)
	return root
}

// addSettings gives each setting its flag.
func addSettings(flags *pflag.FlagSet) {
	for _, setting := range config.Settings {
		help := setting.Help + " (" + setting.Env + ")"
		if setting.Default != "" {
			help += fmt.Sprintf(" (default %q)", setting.Default)
		}
		flag := flags.VarPF(new(settingFlag{kind: setting.Type}), setting.Flag, "", help)
		if setting.Type == config.Bool {
			flag.NoOptDefVal = "true"
		}
	}
}

// settingFlag keeps what was given; package config reads and checks it.
type settingFlag struct{ kind, text string }

func (f *settingFlag) String() string     { return f.text }
func (f *settingFlag) Set(t string) error { f.text = t; return nil }
func (f *settingFlag) Type() string       { return f.kind }

// flags are the settings that were given as flags.
func (p *program) flags() map[string]string {
	given := make(map[string]string)
	for _, setting := range config.Settings {
		if flag := p.root.PersistentFlags().Lookup(setting.Flag); flag.Changed {
			given[setting.Flag] = flag.Value.String()
		}
	}
	return given
}

// load reads the configuration, and says what should be looked at.
func (p *program) load(need config.Need) (config.Config, *slog.Logger, error) {
	c, err := config.Load(p.flags(), p.environ, need)
	if err != nil {
		return c, nil, failure(exitUsage, fmt.Errorf("configuration:\n%w", err))
	}
	logger := daemon.NewLogger(c, p.Err, isTerminal(p.Err))
	for _, warning := range c.Warnings {
		logger.Warn("configuration", "warning", warning)
	}
	return c, logger, nil
}

// dial connects to Temporal for a command that ends soon.
func (p *program) dial(ctx context.Context) (client.Client, client.Options, error) {
	options, err := p.temporal.ClientOptions(p.environ, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, options, failure(exitUsage, err)
	}
	c, err := client.DialContext(ctx, options)
	if err != nil {
		return nil, options, failure(exitFailure, fmt.Errorf("no answer from Temporal at %s: %w", options.HostPort, err))
	}
	return c, options, nil
}

func (p *program) daemon(use, short string, need config.Need) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, logger, err := p.load(need)
			if err != nil {
				return err
			}
			temporal, err := p.temporal.ClientOptions(p.environ, logger)
			if err != nil {
				return failure(exitUsage, err)
			}
			return failure(exitFailure, daemon.Run(cmd.Context(), daemon.Options{
				Config: c, Temporal: temporal, Need: need, Logger: logger,
			}))
		},
	}
}

// isTerminal tells whether a stream is a terminal, where a line may be rewritten.
func isTerminal(w io.Writer) bool {
	file, ok := raw(w).(*os.File)
	return ok && term.IsTerminal(int(file.Fd())) // #nosec G115 -- a file's number is small
}

// raw is the stream below one that neutralizes escape codes.
func raw(w io.Writer) io.Writer {
	if plain, ok := w.(*plaintext.Writer); ok {
		return plain.Unwrap()
	}
	return w
}
