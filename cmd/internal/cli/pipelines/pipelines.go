package pipelines

import (
	"github.com/spf13/cobra"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/pipelines/decide"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/pipelines/follow"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/pipelines/made"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/pipelines/start"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline/file"
)

const help = `Check, run, inspect and repair pipelines: steps of generations in a YAML or JSON file.

  wavespeed-temporal pipeline validate film.yaml
  wavespeed-temporal pipeline run film.yaml scene="a lighthouse in a storm" --output out
  wavespeed-temporal pipeline approve pipeline-film-1a2b3c4d --by me
  wavespeed-temporal pipeline rerun pipeline-film-1a2b3c4d --from clip

Give inputs as name=value. @FILE depends on the input's type: a file is uploaded, a list or
object is read from the file (CSV, JSON or YAML), and a string is the file's text. To start
a string with @, write @@.

RUN is the workflow id that "run" prints.

` + exit.Codes

// Command is pipeline, with all that is below it.
func Command(p *session.Program) *cobra.Command {
	cmd := &cobra.Command{
		Use: "pipeline", Short: "Check, run, inspect and repair pipelines", Long: help,
		Args: cobra.NoArgs, // a subcommand follows, or an unknown word
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		validate(p), graph(p), price(p), start.Run(p), follow.Status(p), made.Results(p), list(p),
		decide.Approve(p), decide.Reject(p), decide.Regenerate(p), decide.Budget(p), decide.Pause(p), decide.Resume(p),
		cancel(p), start.Rerun(p), start.Schedule(p), schema(p),
	)
	return cmd
}

func schema(p *session.Program) *cobra.Command {
	return &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of pipeline files, for editors", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := p.Out.Write(file.Schema())
			return exit.With(exit.Failure, err)
		},
	}
}
