package follow

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/spf13/pflag"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/pipelines/made"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/runs"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/save"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/screen"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// Ending says what a run command does with the result.
type Ending struct {
	JSON bool
	save.Flags
}

// Add adds the flags.
func (o *Ending) Add(flags *pflag.FlagSet) {
	flags.BoolVar(&o.JSON, "json", false, "print the result, or the ids of the started run, as one JSON object")
	o.Flags.Add(flags)
}

// Finish waits for the run to end, showing progress, and prints its outcome.
func Finish(ctx context.Context, s *session.Session, run client.WorkflowRun, o Ending) error {
	v := newView(s.Err, run.GetID())
	watch(ctx, s, run, v)
	if ctx.Err() != nil {
		return interrupted(s, run.GetID())
	}
	var result pipeline.Result
	err := run.Get(ctx, &result)
	if ctx.Err() != nil {
		return interrupted(s, run.GetID())
	}
	if status, err := runs.Status(ctx, s, run.GetID(), run.GetRunID()); err == nil {
		v.end(status, time.Now())
	}
	if err != nil {
		if o.Output != "" {
			made.SaveMade(ctx, s, run, o.Flags)
		}
		return ended(s, err, run, o)
	}
	return printOutputs(ctx, s, run, result, o)
}

// printOutputs prints a run's outputs before saving them, so their URLs are known even if
// saving fails.
func printOutputs(ctx context.Context, s *session.Session, run client.WorkflowRun, result pipeline.Result, o Ending) error {
	if o.JSON {
		if err := s.PrintJSON(result); err != nil {
			return err
		}
	} else {
		for _, name := range slices.Sorted(maps.Keys(result.Outputs)) {
			for _, line := range outputLines(name, result.Outputs[name]) {
				fmt.Fprintln(s.Out, line)
			}
		}
	}
	if result.Omitted && o.Output == "" {
		fmt.Fprintf(s.Err, "The outputs are too large for a result. List them with: wavespeed-temporal pipeline results %s\n", run.GetID())
	}
	if o.Output == "" {
		return nil
	}
	return made.SaveRun(ctx, s, run, result, o.Flags)
}

// ended chooses the exit code for a run that ended without a result.
func ended(s *session.Session, err error, run client.WorkflowRun, o Ending) error {
	var application *temporal.ApplicationError
	if !errors.As(err, &application) {
		return exit.With(exit.Of(err), fmt.Errorf("%s\nContinue with: wavespeed-temporal pipeline rerun %s", endedBy(err), run.GetID()))
	}
	if o.JSON {
		if printErr := s.PrintFailed(application, new(pipeline.Status)); printErr != nil {
			return printErr
		}
	}
	return exit.With(exit.Of(err), fmt.Errorf("%s\nContinue with: wavespeed-temporal pipeline rerun %s%s", application.Message(), run.GetID(),
		screen.If(generation.ErrorTypeOf(application) == generation.ErrorTypeBudgetExceeded, " --budget USD")))
}

// endedBy explains how a run was ended from outside.
func endedBy(err error) string {
	var canceled *temporal.CanceledError
	var terminated *temporal.TerminatedError
	switch {
	case errors.As(err, &canceled):
		return "the run was canceled; paid results are kept, and running predictions continue at WaveSpeed"
	case errors.As(err, &terminated):
		return "the run was terminated; paid results are kept, and running predictions continue at WaveSpeed"
	default:
		return err.Error()
	}
}
