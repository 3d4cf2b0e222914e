package check

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/models"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/values"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/preflight"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runview"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline/file"
)

// ErrNotChecked says that there is no key to ask the provider with.
var ErrNotChecked = errors.New("models, inputs and prices were not checked: WAVESPEED_API_KEY is not set")

// Result is a pipeline that was looked at with what a run would be given.
type Result struct {
	File   *file.File
	Given  values.Given
	Plan   *plan.Plan
	Report runwire.Report

	// missing are inputs that were not given, so not checked.
	missing []string
}

// File reads a file and looks for everything that is wrong with it and with the inputs, for
// a run with this budget beside the file's own, if any. Without complete, inputs that are not
// given are taken to be right.
func File(ctx context.Context, s *session.Session, args []string, budget *generation.USD, complete bool) (Result, error) {
	f, err := file.Read(args[0])
	if err != nil {
		return Result{}, exit.With(exit.Usage, err)
	}
	result := Result{File: f}
	compiled, _ := plan.Analyze(f.Definition) // f.Check has its problems
	result.Plan = compiled
	given, wrong := values.Inputs(f.Definition, args[1:])
	result.Given = given
	bound, err := plan.Bind(f.Definition, given.Values)
	var unbound pipeline.Problems
	errors.As(err, &unbound)
	for _, problem := range unbound {
		name := problem.Path[len(problem.Path)-1]
		_, isGiven := given.Values[name]
		told := slices.ContainsFunc(wrong, func(other pipeline.Problem) bool { return slices.Equal(other.Path, problem.Path) })
		switch {
		case told:
		case isGiven || complete:
			wrong = append(wrong, problem)
		default:
			result.missing = append(result.missing, name)
		}
	}
	wrong = append(wrong, oversized(f.Definition, given.Values)...)
	result.Report, err = Preflight(ctx, s, preflight.Run{Plan: compiled, Inputs: bound, Budget: budget != nil})
	if err != nil && !errors.Is(err, ErrNotChecked) {
		return result, exit.With(exit.Failure, err)
	}
	WarnOfUnanswered(s, result.Report)
	if problems := f.Check(append(wrong, result.Report.Problems...)...); errors.As(problems, &result.Report.Problems) {
		return result, exit.With(exit.Usage, problems)
	}
	return result, err
}

// Preflight asks the provider about a run, with the keys that are there.
func Preflight(ctx context.Context, s *session.Session, run preflight.Run) (runwire.Report, error) {
	accounts, err := models.Accounts(s)
	if err == nil && len(accounts) == 0 {
		err = ErrNotChecked
	}
	if err != nil {
		return runwire.Report{}, err
	}
	return preflight.Check(ctx, accounts, run)
}

// WarnOfUnanswered warns about checks that the provider did not answer.
func WarnOfUnanswered(s *session.Session, report runwire.Report) {
	for _, u := range report.Unanswered {
		fmt.Fprintln(s.Err, "warning:", runview.Unanswered(u))
	}
}

// TellMissing prints which inputs were not checked.
func TellMissing(s *session.Session, result Result) {
	if len(result.missing) > 0 {
		fmt.Fprintf(s.Err, "Not provided: %s. Steps that use them are not fully checked or priced.\n", strings.Join(result.missing, ", "))
	}
}

// oversized reports a run that is too large to start.
func oversized(d pipeline.Definition, inputs map[string]any) pipeline.Problems {
	encoded, err := json.Marshal(pipeline.Request{Pipeline: d, Inputs: inputs})
	if err != nil || len(encoded) <= runwire.MaxRunBytes {
		return nil
	}
	return pipeline.Problems{runwire.TooLarge(len(encoded))}
}
