package engine

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/jsonvalue"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/kernel"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runview"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/shape"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

// Chunk is the argument of [Items]: some of a step's items, and all that is needed to process
// them.
type Chunk struct {
	Pipeline pipeline.Definition `json:"pipeline"`
	Step     string              `json:"step"`

	// Values are the values that the step's expressions refer to.
	Values map[string]any `json:"values"`

	// Input replaces fields of the step's input; null removes a field.
	Input map[string]any `json:"input,omitempty"`

	// Shapes describe, by model, the input fields that expressions set.
	Shapes map[string]*shape.Shape `json:"shapes,omitempty"`

	Items []ChunkItem `json:"items"`
	Round int         `json:"round,omitempty"`

	// MaxParallel is the maximum number of items in progress.
	MaxParallel int `json:"max_parallel"`

	// Strikes is the number of failures after which no more items are started.
	Strikes int `json:"strikes"`

	// Budget is the maximum total cost, in USD, and Price the likely cost of each item. Last
	// says that the run has no more budget, so items that it doesn't cover may use a fallback.
	Budget *generation.USD `json:"budget,omitempty"`
	Price  generation.USD  `json:"price,omitempty"`
	Last   bool            `json:"last,omitempty"`

	// Known are predictions of other items with the same request as one whose submit is
	// unknown.
	Known []generation.Status `json:"known,omitempty"`
}

// ChunkItem is one item of a [Chunk]. Input holds the changes to its own input.
type ChunkItem struct {
	Index   int                 `json:"index"`
	Key     string              `json:"key"`
	Value   any                 `json:"value"`
	Input   map[string]any      `json:"input,omitempty"`
	Earlier []generation.Status `json:"earlier,omitempty"`
}

// ChunkResult is the outcome of a [Chunk]. It excludes items that were not started. An item
// that waits has generations that were paid for before the budget was spent.
type ChunkResult struct {
	Items []pipeline.ItemResult `json:"items"`
	Spent generation.USD        `json:"spent,omitempty"`

	// Uncovered is a price that the budget did not cover; 0 if it did.
	Uncovered generation.USD `json:"needs,omitempty"`
}

// Progress is a child's periodic report to its run.
type Progress struct {
	runwire.Child
	Completed int            `json:"completed"`
	Failed    int            `json:"failed"`
	Attempts  int            `json:"attempts,omitempty"`
	Spent     generation.USD `json:"spent,omitempty"`

	// Unpaid are the accounts whose top-up the child waits for.
	Unpaid []string `json:"unpaid,omitempty"`

	// Number counts a child's reports.
	Number int `json:"number,omitempty"`
}

func (p Progress) ended() int { return p.Completed + p.Failed }

// follows reports whether the report is newer than another; anybody can send one.
func (p Progress) follows(other Progress) bool {
	return p.Completed >= 0 && p.Failed >= 0 &&
		(p.ended() > other.ended() || p.Number > other.Number && p.ended() == other.ended())
}

const (
	// progressEvery is how many items end between two reports, each of which costs one action.
	progressEvery = 50

	// fullBytes is the size of a result above which no further item is started: it must have
	// room for those in progress.
	fullBytes = 600_000
)

// Items processes some of a step's items, as a child of a run. It fails only if it is canceled,
// and then with its result as the error's detail.
func Items(ctx workflow.Context, in Chunk) (ChunkResult, error) {
	c := &chunkRun{in: in, step: new(step)}
	// Callers query a finished child, whatever its outcome.
	err := workflow.SetQueryHandlerWithOptions(ctx, wire.RunResultsQuery,
		func(runwire.Cursor) (runwire.Page, error) { return c.page(ctx), nil },
		workflow.QueryHandlerOptions{Description: "what has been made of the items so far"})
	if err == nil {
		err = c.prepare()
	}
	if err != nil {
		return ChunkResult{}, temporal.NewNonRetryableApplicationError(err.Error(), string(generation.ErrorTypeInvalidInput), nil)
	}
	return c.run(ctx)
}

// chunkRun is a child in progress.
type chunkRun struct {
	in        Chunk
	step      *step
	maker     maker
	values    map[string]any
	budget    *kernel.Budget
	stopped   bool
	reports   int // so far
	uncovered generation.USD
}

func (c *chunkRun) prepare() error {
	compiled, err := plan.Compile(c.in.Pipeline)
	if err != nil {
		return err
	}
	values, err := jsonvalue.Of(c.in.Values)
	if err != nil {
		return err
	}
	c.values = values.(map[string]any)
	c.step = newStep(compiled.Step(c.in.Step))
	c.step.round, c.step.input, c.step.itemInput = c.in.Round, c.in.Input, make(map[string]map[string]any)
	c.maker = maker{step: c.step, account: c.in.Pipeline.Account, shapes: c.in.Shapes, shares: c.in.Budget != nil && !c.in.Last}
	for _, given := range c.in.Items {
		value, err := jsonvalue.Of(given.Value)
		if err != nil {
			return err
		}
		c.step.itemInput[given.Key] = given.Input
		c.step.made.recall(given.Key, given.Earlier, 0)
		c.step.items = append(c.step.items, &item{index: given.Index, key: given.Key, value: value, state: pipeline.StateWaiting})
	}
	if c.in.Budget != nil {
		c.budget = &kernel.Budget{Limit: *c.in.Budget}
		if c.in.Price > 0 {
			c.budget.Expect(c.step.Model, c.in.Price)
		}
	}
	return nil
}

func (c *chunkRun) run(ctx workflow.Context) (ChunkResult, error) {
	kernel.BoardOf(ctx).ShowDetails(ctx, func(statuses []*generation.Status) string { return c.details(statuses) })
	stop := workflow.GetSignalChannel(ctx, runwire.StopSignal)
	workflow.GoNamed(ctx, "stop", func(ctx workflow.Context) {
		stop.Receive(ctx, nil)
		c.stopped = true
	})
	c.obey(ctx)
	kernel.BoardOf(ctx).OnUnpaid(func(ctx workflow.Context) { c.report(ctx, c.step.counts()) })
	if c.budget != nil {
		ctx = kernel.WithBudget(ctx, c.budget)
	}
	kernel.BoardOf(ctx).Know(append(c.in.Known, c.step.made.all()...)...)
	options := workflows.ForEachOptions{
		MaxParallel: c.in.MaxParallel, Tolerate: c.in.Strikes - 1,
		Stop: func() bool { return c.stopped || c.uncovered > 0 || c.step.made.sum.bytes > fullBytes },
	}
	line := kernel.BoardOf(ctx).Line(ctx, cmp.Or(c.step.Account, c.in.Pipeline.Account), c.step.Model)
	_, err := workflows.ForEach(kernel.WithGate(ctx, line), c.step.items, options, c.make)
	var canceled *temporal.CanceledError
	if errors.As(err, &canceled) {
		return ChunkResult{}, temporal.NewCanceledError(c.result(ctx))
	}
	return c.result(ctx), nil
}

func (c *chunkRun) make(ctx workflow.Context, _ int, item *item) (struct{}, error) {
	err := c.maker.make(ctx, item, plan.WithItem(c.values, item.index, item.value))
	if isOverBudget(err) {
		item.state, item.reason = pipeline.StateWaiting, ""
		c.uncovered = max(c.uncovered, c.budget.Uncovered())
		return struct{}{}, nil
	}
	if counts := c.step.counts(); worthTelling(counts) {
		c.report(ctx, counts)
	}
	kernel.BoardOf(ctx).UpdateDetails(ctx)
	return struct{}{}, err
}

// worthTelling spaces reports, and sends more of them towards the end, when few items may take
// long. So the run lags by fewer items than remain.
func worthTelling(counts pipeline.Counts) bool {
	ended := counts.Completed + counts.Failed
	left := counts.Total - ended
	return left > 0 && (ended%progressEvery == 0 || left < progressEvery && left&(left-1) == 0)
}

// report reports progress to the run. Losing this report is harmless.
func (c *chunkRun) report(ctx workflow.Context, counts pipeline.Counts) {
	info := workflow.GetInfo(ctx)
	if info.ParentWorkflowExecution == nil || ctx.Err() != nil {
		return
	}
	c.reports++
	sum := c.step.made.sum
	report := Progress{
		Child:     runwire.Child{WorkflowID: info.WorkflowExecution.ID, RunID: info.WorkflowExecution.RunID},
		Completed: counts.Completed, Failed: counts.Failed, Attempts: sum.attempts, Spent: sum.usd,
		Unpaid: kernel.BoardOf(ctx).Unpaid(), Number: c.reports,
	}
	workflow.SignalExternalWorkflow(ctx, info.ParentWorkflowExecution.ID, info.ParentWorkflowExecution.RunID, runwire.ProgressSignal, report)
}

func (c *chunkRun) result(ctx workflow.Context) ChunkResult {
	result := ChunkResult{Uncovered: c.uncovered}
	if c.budget != nil {
		result.Spent = c.budget.Spent()
	}
	for _, item := range c.step.items {
		made := c.step.result(ctx, item)
		if item.state == pipeline.StateWaiting && !accepted(made.Generations) {
			continue
		}
		result.Items = append(result.Items, made)
	}
	fit(result.Items, maxPayload)
	return result
}

// accepted reports whether something was, or may have been, paid for.
func accepted(generations []generation.Status) bool {
	return slices.ContainsFunc(generations, func(status generation.Status) bool {
		return slices.ContainsFunc(status.Attempts, func(a *generation.Attempt) bool { return a.State != generation.StateAbsent })
	})
}

// page returns all results for a query: a child has few items.
func (c *chunkRun) page(ctx workflow.Context) runwire.Page {
	return runwire.Page{Steps: []runwire.StepResults{{ID: c.in.Step, Items: c.result(ctx).Items}}}
}

func (c *chunkRun) details(statuses []*generation.Status) string {
	return fmt.Sprintf("**%s** of %s: %s\n\n", c.in.Step, c.in.Pipeline.Name, runview.Items(c.step.counts())) + itemTable(statuses)
}
