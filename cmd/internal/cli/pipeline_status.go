package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/converter"
)

func (p *program) pipelineStatus() *cobra.Command {
	var watch, asJSON bool
	var runID string
	cmd := &cobra.Command{
		Use: "status RUN", Short: "Show how a run stands", Args: cobra.ExactArgs(1),
		RunE: p.connected(func(ctx context.Context, s session, args []string) error {
			if watch {
				return p.finish(ctx, s, s.client.GetWorkflow(ctx, args[0], runID), ending{json: asJSON})
			}
			status, err := askStatus(ctx, s.client, args[0], runID)
			switch {
			case noWorker(err):
				return failure(exitFailure, fmt.Errorf("%s does not answer: no worker is there for it", args[0]))
			case err != nil:
				return failure(exitFailure, missing(args[0], err))
			}
			if asJSON {
				return p.printJSON(status)
			}
			repeated := failingText(failingOf(ctx, s.client, s.options.FailureConverter, args[0], runID))
			_, err = fmt.Fprint(p.Out, runTable(status, time.Now())+decided(status)+repeated+toDo(args[0], status)+s.undecided(ctx, args[0], runID))
			return failure(exitFailure, err)
		}),
	}
	cmd.Flags().BoolVarP(&watch, "watch", "w", false, "watch it to its end; Ctrl-C only stops")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the status as one JSON object")
	cmd.Flags().StringVar(&runID, "run-id", "", "an earlier run of the workflow id (default the latest)")
	return cmd
}

// missing says of an error about a run that the run is not there, if that is so.
func missing(id string, err error) error {
	var notFound *serviceerror.NotFound
	if errors.As(err, &notFound) && strings.Contains(err.Error(), "not found") {
		return fmt.Errorf("there is no run %s; pipeline list has those that there are", id)
	}
	return err
}

// decode reads a payload, if it is there, as the client encodes them.
func (s session) decode(payload *commonpb.Payload, into any) {
	if payload != nil {
		_ = s.converter().FromPayload(payload, into)
	}
}

func (s session) converter() converter.DataConverter {
	if s.options.DataConverter != nil {
		return s.options.DataConverter
	}
	return converter.GetDefaultDataConverter()
}
