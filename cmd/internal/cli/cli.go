package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/generate"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/pipelines"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/resolve"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/setup"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/slots"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/config"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/daemon"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
)

// Streams are a program's standard input, output and error.
type Streams = session.Streams

// Run runs one command line and returns its exit code.
func Run(ctx context.Context, args, environ []string, streams Streams) int {
	// Outputs, names and errors may contain text from other people, so escape codes are
	// neutralized. Our own escape codes go to the writer below.
	out, errs := plaintext.NewWriter(streams.Out), plaintext.NewWriter(streams.Err)
	defer out.Flush()
	defer errs.Flush()
	p := &session.Program{Environ: environ, Streams: Streams{In: streams.In, Out: out, Err: errs}}
	root := command(p)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exit.OK
	}
	var coded *exit.Error
	if !errors.As(err, &coded) {
		coded = &exit.Error{Code: exit.Usage, Err: err} // cobra's own errors are about arguments
	}
	if coded.Err != nil {
		fmt.Fprintln(p.Err, "wavespeed-temporal:", strings.ReplaceAll(coded.Err.Error(), "\n", "\n  "))
	}
	return coded.Code
}

func command(p *session.Program) *cobra.Command {
	root := &cobra.Command{
		Use:   "wavespeed-temporal",
		Short: "Durable AI generations: WaveSpeedAI on Temporal",
		Long: `Durable AI generations: WaveSpeedAI on Temporal.

Settings come from flags, from environment variables, and from files named by variables that
end in _FILE. Temporal's own settings come from TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE,
TEMPORAL_API_KEY, TEMPORAL_TLS_… and the profiles in its configuration file. "config" prints
the settings in effect.

` + exit.Codes,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(p.In)
	root.SetOut(p.Out)
	root.SetErr(p.Err)
	root.SetUsageTemplate(usageTemplate)
	root.Flags().SortFlags = false
	p.AddFlags(root.PersistentFlags())
	root.AddCommand(
		daemonCommand(p, "worker", "Run a worker: workflows and activities", config.Need{Worker: true}),
		daemonCommand(p, "webhook", "Run a webhook handler", config.Need{Webhook: true}),
		daemonCommand(p, "serve", "Run a worker and a webhook handler in one process", config.Need{Worker: true, Webhook: true}),
		generate.Command(p), resolve.Command(p), pipelines.Command(p), slots.Command(p), schema(p), setup.Command(p), setup.Healthcheck(p), setup.Config(p), setup.Version(p),
	)
	return root
}

func daemonCommand(p *session.Program, use, short string, need config.Need) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, logger, err := p.Load(need)
			if err != nil {
				return err
			}
			temporal, err := p.Temporal.ClientOptions(p.Environ, logger)
			if err != nil {
				return exit.With(exit.Usage, err)
			}
			return exit.With(exit.Failure, daemon.Run(cmd.Context(), daemon.Options{
				Config: c, Temporal: temporal, Need: need, Logger: logger,
			}))
		},
	}
}
