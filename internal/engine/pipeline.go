package engine

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/kernel"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/shape"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// unnamed is the name of a pipeline without one.
const unnamed = "unnamed"

// Pipeline runs a pipeline to its end. bytes is the size of the request as it was given.
//
// It fails with a *temporal.ApplicationError whose first detail is the run's [pipeline.Status].
// Its type is that of the first failed step's error, [generation.ErrorTypeInvalidInput] if the check
// finds problems, or [generation.ErrorTypeInsufficientCredits] if the balance does not cover the
// estimate. If canceled, it fails with a *temporal.CanceledError with the same detail.
func Pipeline(ctx workflow.Context, in pipeline.Request, bytes int) (pipeline.Result, error) {
	in.Pipeline.Name = cmp.Or(in.Pipeline.Name, unnamed)
	r := &run{in: in, bytes: bytes, byID: make(map[string]*step), started: workflow.Now(ctx)}
	err := r.answer(ctx)
	for _, phase := range []func(workflow.Context) error{r.compile, r.check, r.recall, r.schedule} {
		if err == nil {
			err = phase(ctx)
		}
	}
	return r.end(ctx, err)
}

// run is one execution of a pipeline.
type run struct {
	in         pipeline.Request
	bytes      int // of the request
	plan       *plan.Plan
	inputs     map[string]any
	steps      []*step
	byID       map[string]*step
	rounds     int // how often people had something regenerated
	budget     *kernel.Budget
	estimate   *pipeline.Estimate
	unanswered []pipeline.Unanswered
	fields     map[string][]string     // of each step's model, if known
	shapes     map[string]*shape.Shape // of models' inputs, if known
	state      pipeline.State          // once it has ended
	told       pipeline.State          // by search attributes
	reason     string                  // why it failed
	checked    bool
	recalled   bool
	outputs    map[string]any
	omitted    bool
	started    time.Time
	paused     time.Time // zero unless it is
	ended      time.Time
	changes    int
	promised   int // events of lists that are being processed in the run itself
}

// compile prepares the steps, or returns the problems of the pipeline or its inputs.
func (r *run) compile(workflow.Context) error {
	compiled, err := plan.Compile(r.in.Pipeline)
	if err != nil {
		return refused(r.in, err)
	}
	if r.inputs, err = plan.Bind(r.in.Pipeline, r.in.Inputs); err != nil {
		return refused(r.in, err)
	}
	r.plan = compiled
	for _, planned := range compiled.Steps {
		s := newStep(planned)
		r.steps, r.byID[s.ID] = append(r.steps, s), s
	}
	r.setBudget()
	if err := r.checkRun(); err != nil {
		return refused(r.in, err)
	}
	return nil
}

func (r *run) setBudget() {
	limit := r.in.Budget
	wait := true
	if defined := r.in.Pipeline.Budget; defined != nil {
		wait = defined.OnExceeded != plan.OnExceededFail
		if limit == nil {
			limit = &defined.USD
		}
	}
	if limit != nil {
		r.budget = &kernel.Budget{Limit: *limit, Wait: wait, OnHold: r.tell}
	}
}

// maxPayload is below Temporal's limit of 2 MiB for one payload.
const maxPayload = runwire.MaxRunBytes

// checkRun checks the rest of a run's argument.
func (r *run) checkRun() error {
	var problems pipeline.Problems
	if r.bytes > maxPayload {
		problems = append(problems, runwire.TooLarge(r.bytes))
	}
	if r.in.Budget != nil && !(*r.in.Budget > 0) {
		problems = append(problems, pipeline.Problem{Path: []string{"budget"}, Message: "must be more than 0 US dollars"})
	}
	if r.in.Resume != nil {
		problems = append(problems, r.checkResume(*r.in.Resume)...)
	}
	if len(problems) > 0 {
		return problems
	}
	return nil
}

func (r *run) checkResume(resume pipeline.Resume) (problems pipeline.Problems) {
	if from := resume.From; from != "" && r.plan.Step(from) == nil {
		problems = append(problems, pipeline.Problem{Path: []string{"resume", "from"}, Message: fmt.Sprintf("there is no step %q", from)})
	}
	for _, id := range workflow.DeterministicKeys(resume.Input) {
		if step := r.plan.Step(id); step == nil || step.Approve != nil {
			problems = append(problems, pipeline.Problem{Path: []string{"resume", "input", id}, Message: "there is no such generation step"})
		}
	}
	return problems
}

// refused is the error of a run that cannot start.
func refused(in pipeline.Request, err error) error {
	var problems pipeline.Problems
	if !errors.As(err, &problems) {
		problems = pipeline.Problems{{Message: err.Error()}}
	}
	problems = runwire.Bounded(problems)
	return temporal.NewApplicationErrorWithOptions(
		fmt.Sprintf("%s: nothing was submitted:\n%s", strings.TrimSpace("pipeline "+in.Pipeline.Name), problems.Error()),
		string(generation.ErrorTypeInvalidInput), temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{problems}})
}

const (
	checkTimeout = 2 * time.Minute
	checkPeriod  = time.Hour
)

// check checks the run before anything is paid.
func (r *run) check(ctx workflow.Context) error {
	activityCtx := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    checkTimeout,
		ScheduleToCloseTimeout: checkPeriod,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: 2 * time.Second, MaximumInterval: 30 * time.Second},
		Summary:                "checks models, inputs, prices and the balance",
	})
	var report runwire.Report
	if err := workflow.ExecuteActivity(activityCtx, runwire.CheckName, r.in).Get(ctx, &report); err != nil {
		return err
	}
	r.estimate, r.fields, r.shapes, r.unanswered = report.Estimate, report.Fields, report.Shapes, report.Unanswered
	if len(report.Problems) > 0 {
		return refused(r.in, report.Problems)
	}
	if err := r.checkBalance(); err != nil {
		return err
	}
	r.expectPrices()
	r.checked = true
	return nil
}

func (r *run) checkBalance() error {
	e := r.estimate
	if e == nil || e.Balance == nil || r.in.Resume != nil {
		return nil
	}
	total := e.Total
	if r.budget != nil {
		total = min(total, r.budget.Limit)
	}
	if *e.Balance >= total {
		return nil
	}
	return temporal.NewNonRetryableApplicationError(fmt.Sprintf(
		"pipeline %s: the balance of %s does not cover the estimate of %s; nothing was submitted. Top up, or lower the budget",
		r.in.Pipeline.Name, *e.Balance, total), string(generation.ErrorTypeInsufficientCredits), nil)
}

func (r *run) expectPrices() {
	if r.budget == nil || r.estimate == nil {
		return
	}
	for _, step := range r.estimate.Steps {
		r.budget.Expect(step.Model, step.Each)
	}
}

// schedule starts each step when its dependencies have ended, until no step can start or end
// any more.
func (r *run) schedule(ctx workflow.Context) error {
	if r.budget != nil {
		ctx = kernel.WithBudget(ctx, r.budget)
	}
	kernel.BoardOf(ctx).Know(r.known()...)
	kernel.BoardOf(ctx).OnUnpaid(r.tell)
	for {
		r.beginReady(ctx)
		if !r.underWay() {
			break
		}
		seen := r.changes
		if err := workflow.Await(ctx, func() bool { return r.changes != seen }); err != nil {
			r.drain(ctx)
			break
		}
	}
	return r.failure(ctx)
}

// beginReady starts all steps that can start. Skipping a step may let others start or be
// skipped.
func (r *run) beginReady(ctx workflow.Context) {
	for changed := true; changed; {
		changed = false
		for _, s := range r.steps {
			if s.state != pipeline.StateWaiting || !r.needsEnded(s) {
				continue
			}
			changed = true
			if run, err := r.decide(ctx, s); err != nil {
				r.finish(ctx, s, err)
			} else if run {
				r.begin(ctx, s)
			}
		}
	}
	r.tell(ctx)
	r.show(ctx)
}

func (r *run) begin(ctx workflow.Context, s *step) {
	s.state, s.reason, s.errorType = pipeline.StateRunning, "", ""
	s.started, s.ended = workflow.Now(ctx), time.Time{}
	workflow.GoNamed(ctx, s.ID, func(ctx workflow.Context) {
		r.finish(ctx, s, r.perform(ctx, s))
	})
}

func (r *run) perform(ctx workflow.Context, s *step) error {
	switch s.Kind() {
	case plan.KindApprove:
		return r.approve(ctx, s)
	case plan.KindForEach:
		return r.fanOut(ctx, s)
	default:
		return r.generate(ctx, s)
	}
}

// finish records how a step ended.
func (r *run) finish(ctx workflow.Context, s *step, err error) {
	r.changes++
	if errors.Is(err, errAgain) {
		return
	}
	s.ended = workflow.Now(ctx)
	s.state, s.reason, s.errorType = endOf(err)
	s.reason = strings.TrimPrefix(s.reason, "step "+s.ID+": ") // it is shown as the step's
	r.show(ctx)
}

func endOf(err error) (state pipeline.State, reason, errorType string) {
	var failure *temporal.ApplicationError
	var canceled *temporal.CanceledError
	switch {
	case err == nil:
		return pipeline.StateCompleted, "", ""
	case errors.As(err, &canceled):
		return pipeline.StateCanceled, "the run was canceled", ""
	case errors.As(err, &failure) && generation.ErrorTypeOf(failure) == generation.ErrorTypeRejected:
		return pipeline.StateRejected, failure.Message(), failure.Type()
	case errors.As(err, &failure):
		return pipeline.StateFailed, failure.Message(), failure.Type()
	default:
		return pipeline.StateFailed, err.Error(), string(generation.ErrorTypeInvalidInput)
	}
}

func (r *run) underWay() bool {
	for _, s := range r.steps {
		if s.state == pipeline.StateRunning {
			return true
		}
	}
	return false
}

// drain waits for running steps after a cancellation, which they notice themselves.
func (r *run) drain(ctx workflow.Context) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	_ = workflow.Await(ctx, func() bool { return !r.underWay() })
	for _, s := range r.steps {
		if s.state == pipeline.StateWaiting {
			s.state, s.reason = pipeline.StateCanceled, "the run was canceled"
		}
	}
}

// failure returns the error with which the run ends, nil if it completes. A failure that an If
// refers to counts as handled.
func (r *run) failure(ctx workflow.Context) error {
	if ctx.Err() != nil {
		return temporal.NewCanceledError()
	}
	var first *step
	var notRun []string
	for _, s := range r.steps {
		switch {
		case s.state == pipeline.StateSkipped && s.blocked:
			notRun = append(notRun, s.ID)
		case (s.state == pipeline.StateFailed || s.state == pipeline.StateRejected) && !r.watched(s.ID) && first == nil:
			first = s
		}
	}
	if first == nil {
		return nil
	}
	message := fmt.Sprintf("pipeline %s: step %s %s: %s", r.in.Pipeline.Name, first.ID, first.state, first.reason)
	if len(notRun) > 0 {
		message += "; not run: " + strings.Join(notRun, ", ")
	}
	return temporal.NewNonRetryableApplicationError(message+". What was paid for is kept: rerun it to continue", first.errorType, nil)
}

func (r *run) watched(id string) bool {
	for _, s := range r.steps {
		for _, watched := range s.Watches {
			if watched == id && s.state != pipeline.StateSkipped {
				return true
			}
		}
	}
	return false
}
