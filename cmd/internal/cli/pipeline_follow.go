package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/spf13/pflag"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

const (
	// A query is a billable action, so a long run is asked less often.
	followFirst  = 500 * time.Millisecond
	followLater  = 5 * time.Second
	followGrowth = 1.1
)

// follow shows a run on the screen until it has ended or ctx does.
func (p *program) follow(ctx context.Context, s session, run client.WorkflowRun, screen *screen) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_ = run.Get(ctx, nil)
		cancel()
	}()
	unknown := unknownWatch{next: time.Now().Add(unknownFirst)}
	for wait := followFirst; ; wait = min(time.Duration(float64(wait)*followGrowth), followLater) {
		status, err := askStatus(ctx, s.client, run.GetID(), run.GetRunID())
		if err == nil {
			failing := failingOf(ctx, s.client, s.options.FailureConverter, run.GetID(), run.GetRunID())
			screen.show(status, failing, unknown.text(ctx, s, run), time.Now())
		} else if ctx.Err() == nil {
			screen.wait(s.config.TaskQueue)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// unknownEvery is how often a watched run and its children are asked for submits that are
// unknown. One is looked for in minutes, or waits for a person.
const (
	unknownFirst = 3 * time.Second
	unknownEvery = 15 * time.Second
)

// unknownWatch is what is unknown in a watched run, as of the last time it was asked.
type unknownWatch struct {
	next  time.Time
	shown string
}

func (u *unknownWatch) text(ctx context.Context, s session, run client.WorkflowRun) string {
	if now := time.Now(); now.After(u.next) {
		u.next, u.shown = now.Add(unknownEvery), s.undecided(ctx, run.GetID(), run.GetRunID())
	}
	return u.shown
}

// noWorker tells whether a query failed for want of a worker that answers.
func noWorker(err error) bool {
	var late *serviceerror.DeadlineExceeded
	var canceled *serviceerror.Canceled
	return errors.As(err, &late) || errors.As(err, &canceled) || errors.Is(err, context.DeadlineExceeded)
}

// askStatus asks a run how it stands, also one that has ended.
func askStatus(ctx context.Context, c client.Client, id, runID string) (status pipeline.Status, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	answer, err := c.QueryWorkflow(ctx, id, runID, pipeline.StatusQuery)
	if err != nil {
		return status, err
	}
	return status, answer.Get(&status)
}

// ending is what a run command does with the result.
type ending struct {
	json bool
	saving
}

func (o *ending) add(flags *pflag.FlagSet) {
	flags.BoolVar(&o.json, "json", false, "print the result, or what was started, as one JSON object")
	o.saving.add(flags)
}

// finish waits for the run's end, showing it, and prints what came of it.
func (p *program) finish(ctx context.Context, s session, run client.WorkflowRun, o ending) error {
	screen := newScreen(p.Err, run.GetID())
	p.follow(ctx, s, run, screen)
	if ctx.Err() != nil {
		return p.interrupted(run.GetID())
	}
	var result pipeline.Result
	err := run.Get(ctx, &result)
	if ctx.Err() != nil {
		return p.interrupted(run.GetID())
	}
	if status, err := askStatus(ctx, s.client, run.GetID(), run.GetRunID()); err == nil {
		screen.end(status, time.Now())
	}
	if err != nil {
		if o.output != "" {
			p.saveMade(ctx, s, run, o.saving)
		}
		return p.pipelineEnded(err, run, o)
	}
	return p.printOutputs(ctx, s, run, result, o)
}

// printOutputs prints what a run gave, and then saves it: what cannot be saved is there to
// be fetched.
func (p *program) printOutputs(ctx context.Context, s session, run client.WorkflowRun, result pipeline.Result, o ending) error {
	if o.json {
		if err := p.printJSON(result); err != nil {
			return err
		}
	} else {
		for _, name := range slices.Sorted(maps.Keys(result.Outputs)) {
			for _, line := range outputLines(name, result.Outputs[name]) {
				fmt.Fprintln(p.Out, line)
			}
		}
	}
	if result.Omitted && o.output == "" {
		fmt.Fprintf(p.Err, "The outputs are too large for a result. List them with: wavespeed-temporal pipeline results %s\n", run.GetID())
	}
	if o.output == "" {
		return nil
	}
	return p.saveRun(ctx, s, run, result, o.saving)
}

// maxLine is how long a line may be that holds a whole list.
const maxLine = 100

// outputLines are an output in one line, or in one for each member of a long list.
func outputLines(name string, value any) []string {
	text := plainText(value)
	list, isList := value.([]any)
	if !isList || len(name)+len("\t")+len(text) <= maxLine {
		return []string{name + "\t" + text}
	}
	lines := make([]string, len(list))
	for i, member := range list {
		lines[i] = fmt.Sprintf("%s[%d]\t%s", name, i, plainText(member))
	}
	return lines
}

// pipelineEnded chooses the exit code for a run that ended without a result.
func (p *program) pipelineEnded(err error, run client.WorkflowRun, o ending) error {
	var application *temporal.ApplicationError
	if !errors.As(err, &application) {
		return failure(exitCode(err), fmt.Errorf("%s\nGo on with: wavespeed-temporal pipeline rerun %s", endedBy(err), run.GetID()))
	}
	if o.json {
		var status pipeline.Status
		_ = application.Details(&status)
		if printErr := p.printJSON(pipelineFailed{application.Type(), application.Message(), status}); printErr != nil {
			return printErr
		}
	}
	return failure(exitCode(err), fmt.Errorf("%s\nGo on with: wavespeed-temporal pipeline rerun %s%s", application.Message(), run.GetID(),
		textIf(application.Type() == generation.ErrBudgetExceeded, " --budget USD")))
}

// endedBy says how a run ended that was ended from outside.
func endedBy(err error) string {
	var canceled *temporal.CanceledError
	var terminated *temporal.TerminatedError
	switch {
	case errors.As(err, &canceled):
		return "the run was canceled; what was paid for is kept, and predictions under way continue at WaveSpeed"
	case errors.As(err, &terminated):
		return "the run was terminated; what was paid for is kept, and predictions under way continue at WaveSpeed"
	default:
		return err.Error()
	}
}

// pipelineFailed is what run prints as JSON when there is no result.
type pipelineFailed struct {
	Error   string          `json:"error"`
	Message string          `json:"message"`
	Status  pipeline.Status `json:"status"`
}

// exitCode is that for an error in which a workflow ended.
func exitCode(err error) int {
	var canceled *temporal.CanceledError
	var terminated *temporal.TerminatedError
	var application *temporal.ApplicationError
	switch {
	case errors.As(err, &canceled), errors.As(err, &terminated):
		return exitCanceled
	case !errors.As(err, &application):
		return exitFailure
	case application.Type() == generation.ErrDeadlineExceeded, application.Type() == generation.ErrSubmitUnknown:
		return exitUndecided
	default:
		return exitFailed
	}
}

func plainText(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	encoded, err := encodeJSON(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return encoded
}

func isRunning(status enumspb.WorkflowExecutionStatus) bool {
	return status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
}
