package generate

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/save"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/screen"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/download"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// await shows progress until the run has ended, then prints its outcome.
func await(ctx context.Context, s *session.Session, run client.WorkflowRun, o options) error {
	progress := newProgress(s.Err, time.Now())
	progress.follow(ctx, s, run)
	var result generation.Result
	err := run.Get(ctx, &result)
	if err == nil {
		progress.show("completed, prediction " + result.PredictionID)
	}
	progress.end()
	if ctx.Err() != nil {
		fmt.Fprintf(s.Err, "No longer watching; the generation continues. Fetch its result with: wavespeed-temporal generate result %s\n", run.GetID())
		return &exit.Error{Code: exit.Interrupted}
	}
	if err != nil {
		return ended(s, err, o)
	}
	if o.json {
		if err := s.PrintJSON(result); err != nil {
			return err
		}
	} else {
		for _, output := range result.Outputs {
			fmt.Fprintln(s.Out, output)
		}
	}
	return saveGeneration(ctx, s, run, result, o)
}

// saveGeneration saves a generation's outputs if --output is set. File names contain the
// prediction's id, so different generations don't collide.
func saveGeneration(ctx context.Context, s *session.Session, run client.WorkflowRun, result generation.Result, o options) error {
	again := fmt.Sprintf("wavespeed-temporal generate result %s --output ", run.GetID())
	if o.Output == "" {
		if result.Omitted {
			fmt.Fprintf(s.Err, "The outputs are too large for a workflow's history. Fetch them with: %sDIR\n", again)
		}
		return nil
	}
	saver, err := save.New(s, o.Flags, again+screen.Quote(o.Output))
	if err != nil {
		return err
	}
	status := generation.Status{Account: result.Account, Produced: result.Produced, Attempts: []*generation.Attempt{{PredictionID: result.PredictionID}}}
	saver.SaveStatus(ctx, status, func(_, i int) string { return download.Stem(result.Key, result.PredictionID, strconv.Itoa(i)) })
	return saver.End(ctx)
}

// ended chooses the exit code for a run that ended without a result.
func ended(s *session.Session, err error, o options) error {
	code := exit.Of(err)
	var application *temporal.ApplicationError
	if !errors.As(err, &application) {
		return exit.With(code, err)
	}
	if o.json {
		if printErr := s.PrintFailed(application, new(generation.Status)); printErr != nil {
			return printErr
		}
	}
	return exit.With(code, errors.New(application.Message()))
}
