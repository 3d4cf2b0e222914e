package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/config"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline/file"
)

const pipelineHelp = `Check, run, look at and repair pipelines: steps of generations in a YAML or JSON file.

  wavespeed-temporal pipeline validate film.yaml
  wavespeed-temporal pipeline run film.yaml scene="a lighthouse in a storm" --output out
  wavespeed-temporal pipeline approve pipeline-film-1a2b3c4d --by me
  wavespeed-temporal pipeline rerun pipeline-film-1a2b3c4d --from clip

Inputs are given as name=value. Of an input of type file, @FILE is uploaded; of a list or
an object, @FILE is read (CSV, JSON or YAML); of a text, @FILE is the text, and @@ an @.

A RUN is a workflow id, as run prints it.

` + exitCodes

func (p *program) pipeline() *cobra.Command {
	cmd := &cobra.Command{
		Use: "pipeline", Short: "Check, run, look at and repair pipelines", Long: pipelineHelp,
		Args: cobra.NoArgs, // what follows is a command, or unknown
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		p.pipelineValidate(), p.pipelineGraph(), p.pipelinePrice(), p.pipelineRun(), p.pipelineStatus(), p.pipelineResults(), p.pipelineList(),
		p.pipelineApprove(), p.pipelineReject(), p.pipelineRegenerate(), p.pipelineBudget(),
		p.pipelineCancel(), p.pipelineRerun(), p.pipelineSchedule(), p.pipelineSchema(),
	)
	return cmd
}

func (p *program) pipelineSchema() *cobra.Command {
	return &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of pipeline files, for editors", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := p.Out.Write(file.Schema)
			return failure(exitFailure, err)
		},
	}
}

// session is a command that talks to Temporal.
type session struct {
	config  config.Config
	client  client.Client
	options client.Options
}

// connected runs a command with the configuration and a client.
func (p *program) connected(do func(ctx context.Context, s session, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		c, _, err := p.load(config.Need{})
		if err != nil {
			return err
		}
		temporalClient, options, err := p.dial(cmd.Context())
		if err != nil {
			return err
		}
		defer temporalClient.Close()
		return do(cmd.Context(), session{config: c, client: temporalClient, options: options}, args)
	}
}

// interrupted tells that the person left off; what continues, continues.
func (p *program) interrupted(id string) error {
	fmt.Fprintf(p.Err, "No longer watching; the run continues. See it again with: wavespeed-temporal pipeline status %s --watch\n", id)
	return &codedError{code: exitInterrupted}
}

var errNotChecked = errors.New("models, inputs and prices are not checked: WAVESPEED_API_KEY is not set")
