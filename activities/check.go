package activities

import (
	"cmp"
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/preflight"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// check checks a run of a pipeline before anything is paid. The report contains the problems;
// an error means that the provider could not be asked, and Temporal retries.
func (a *Activities) check(ctx context.Context, run pipeline.Request) (runwire.Report, error) {
	ctx, cancel := attempt(ctx)
	defer cancel()
	compiled, err := plan.Compile(run.Pipeline)
	if err == nil {
		if err := a.leaveToOthers(ctx, compiled); err != nil {
			return runwire.Report{}, err
		}
		var inputs map[string]any
		if inputs, err = plan.Bind(run.Pipeline, run.Inputs); err == nil {
			var report runwire.Report
			if report, err = preflight.Check(ctx, a.checked, preflight.Run{Plan: compiled, Inputs: inputs, Changes: changes(run), Budget: run.Budget != nil}); err == nil {
				report.Problems = runwire.Bounded(report.Problems)
				return report, nil
			}
		}
	}
	var problems pipeline.Problems
	if errors.As(err, &problems) {
		return runwire.Report{Problems: runwire.Bounded(problems)}, nil
	}
	return runwire.Report{}, checkError(ctx, run.Pipeline.Name, err)
}

const (
	// keylessFor is how long a check waits for a worker that has the keys of all accounts
	// before it reports them missing. People wait for the report.
	keylessFor   = 30 * time.Second
	keylessEvery = 5 * time.Second
)

// leaveToOthers leaves a check to another worker for a while if this one lacks a key.
func (a *Activities) leaveToOthers(ctx context.Context, plan *plan.Plan) error {
	info := activity.GetInfo(ctx)
	for _, step := range plan.Steps {
		account := cmp.Or(step.Account, plan.Definition.Account, generation.DefaultAccount)
		if _, known := a.options.Accounts[account]; known || step.Approve != nil {
			continue
		}
		a.warnKeyless(ctx, account)
		if timeLeft(info, keylessFor) > 0 {
			return after(keylessEvery, generation.ErrorTypeUnavailable, "pipeline "+plan.Definition.Name+" was not checked", keyless{account})
		}
	}
	return nil
}

// changes are the run's changes to steps' inputs.
func changes(run pipeline.Request) map[string]map[string]any {
	if run.Resume == nil {
		return nil
	}
	return run.Resume.Input
}

// checkError: checks are free, so everything is retried except permanent errors.
func checkError(ctx context.Context, name string, err error) error {
	what := "pipeline " + name + ": its models and prices"
	if kind := classify(err); kind == generation.ErrorTypeUnauthorized {
		return final(kind, what+" could not be asked for: "+err.Error(), nil)
	}
	return again(ctx, generation.ErrorTypeUnavailable, what+" could not be had", err)
}
