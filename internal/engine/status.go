package engine

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/kernel"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/record"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runview"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/usd"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

// answer registers the handlers that show and control a run.
func (r *run) answer(ctx workflow.Context) error {
	kernel.BoardOf(ctx).ShowDetails(ctx, func([]*generation.Status) string { return r.details(ctx) })
	r.listen(ctx)
	return errors.Join(
		workflow.SetQueryHandlerWithOptions(ctx, wire.RunStatusQuery,
			func() (pipeline.Status, error) { return r.bounded(ctx), nil },
			workflow.QueryHandlerOptions{Description: "the run: its steps, their states, cost and outputs"}),
		workflow.SetQueryHandlerWithOptions(ctx, wire.RunResultsQuery,
			func(from runwire.Cursor) (runwire.Page, error) { return r.page(ctx, from), nil },
			workflow.QueryHandlerOptions{Description: "what the run has made, in pages: {} for the first, then what next says"}),
		workflow.SetUpdateHandlerWithOptions(ctx, wire.RunBudgetUpdate,
			func(ctx workflow.Context, usd generation.USD) (pipeline.Status, error) {
				r.budget.Raise(usd)
				r.show(ctx)
				return r.bounded(ctx), nil
			},
			workflow.UpdateHandlerOptions{
				Validator:   func(_ workflow.Context, usd generation.USD) error { return r.validateBudget(usd) },
				Description: "sets the run's budget, in US dollars: a number. A run that is held continues when it covers what is next",
			}),
		r.answerPauses(ctx),
		kernel.BoardOf(ctx).AnswerDecisions(ctx),
	)
}

func (r *run) validateBudget(usd generation.USD) error {
	switch {
	case r.budget == nil:
		return fmt.Errorf("the run has no budget, and so no bound")
	case usd <= 0:
		return fmt.Errorf("the budget must be more than 0 US dollars")
	default:
		return nil
	}
}

// show updates what is visible of the run.
func (r *run) show(ctx workflow.Context) { kernel.BoardOf(ctx).UpdateDetails(ctx) }

// maxStatusBytes and maxStatusReason limit a status, not counting the run's outputs.
const (
	maxStatusBytes  = 500_000
	maxStatusReason = 1000

	maxBriefDecisions = 10
	maxBriefName      = 100
)

// bounded returns the status as it leaves the workflow, without parts that make it too large;
// other queries have those.
func (r *run) bounded(ctx workflow.Context) pipeline.Status {
	status := r.status(ctx)
	if recordBytes(status.Steps) > maxStatusBytes {
		for i := range status.Steps {
			status.Steps[i].Outputs, status.Steps[i].OutputKeys, status.Steps[i].Needs = nil, nil, nil
			status.Steps[i].Decisions = brief(status.Steps[i].Decisions)
		}
	}
	if recordBytes(status.Approvals) > maxStatusBytes {
		for i, approval := range status.Approvals {
			status.Approvals[i] = generation.ApprovalStatus{Key: approval.Key, Needed: approval.Needed, Deadline: approval.Deadline, OnDeadline: approval.OnDeadline}
		}
	}
	return status
}

// brief are decisions without what may be long.
func brief(decisions []generation.Decision) []generation.Decision {
	short := slices.Clone(decisions[max(0, len(decisions)-maxBriefDecisions):])
	for i, d := range short {
		short[i] = generation.Decision{Verdict: d.Verdict, By: plaintext.Clip(d.By, maxBriefName), Choice: d.Choice, Regenerate: d.Regenerate, At: d.At}
	}
	return short
}

func (r *run) status(ctx workflow.Context) pipeline.Status {
	status := pipeline.Status{
		Pipeline: r.in.Pipeline.Name, State: r.runState(ctx), Reason: plaintext.Clip(r.reason, maxStatusReason), Estimate: r.estimate, Unanswered: r.unanswered, Outputs: r.outputs, Omitted: r.omitted,
		Started: r.started, Paused: r.paused, TopUp: r.unpaid(ctx), Ended: r.ended,
	}
	asked := make(map[string]generation.ApprovalStatus)
	for _, approval := range workflows.Approvals(ctx) {
		asked[approval.Key] = approval
		if approval.Verdict == "" && r.state == "" {
			status.Approvals = append(status.Approvals, approval)
		}
	}
	if r.budget != nil {
		limit := r.budget.Limit
		status.Budget, status.Uncovered = &limit, r.budget.Uncovered()
	}
	for _, s := range r.steps {
		step := r.stepStatus(ctx, s)
		if approval, found := asked[s.ID]; found {
			step.Decisions = slices.Concat(approval.Earlier, approval.Decisions)
		} else if s.approval != nil {
			step.Decisions = slices.Concat(s.approval.Earlier, s.approval.Decisions)
		}
		if step.Cost != nil {
			total := *step.Cost
			if status.Cost != nil {
				total = usd.Add(total, *status.Cost)
			}
			status.Cost = &total
		}
		status.Steps = append(status.Steps, step)
	}
	return status
}

// maxShown is how many outputs of a step a status contains.
const maxShown = 4

// live are the step's generations that are under way in the run itself.
func (s *step) live(ctx workflow.Context) (live []generation.Status) {
	for _, item := range s.items {
		if item.state == pipeline.StateRunning && s.fan == nil {
			live = append(live, s.statuses(ctx, item)...)
		}
	}
	return live
}

func (r *run) stepStatus(ctx workflow.Context, s *step) pipeline.StepStatus {
	live := s.live(ctx)
	sum := s.made.sum
	sum.add(live)
	status := pipeline.StepStatus{
		ID: s.ID, Kind: s.Kind(), State: r.shown(s, live), Reason: plaintext.Clip(s.reason, maxStatusReason), ErrorType: s.errorType, Model: s.Model,
		Attempts: sum.attempts, Needs: s.Needs, Started: s.started, Ended: s.ended,
	}
	switch unpaid := s.unpaid(live); {
	case s.state != pipeline.StateRunning || s.reason != "":
	case len(unpaid) > 0:
		status.Reason = runview.TopUp(unpaid)
	default:
		status.Reason = plaintext.Clip(strings.TrimPrefix(record.Waiting(live), s.ID+" "), maxStatusReason)
	}
	if s.Kind() == plan.KindGenerate {
		for _, item := range s.items {
			live = append(live, item.last())
		}
		for _, made := range live {
			status.Model = cmp.Or(made.Model, status.Model)
		}
	}
	cost := sum.usd
	if s.fan != nil {
		for _, c := range s.fan.live {
			cost = usd.Add(cost, c.progress.Spent)
			status.Attempts += c.progress.Attempts
		}
	}
	if sum.priced || cost > 0 {
		status.Cost = &cost
	}
	if s.Kind() == plan.KindForEach {
		counts := s.counts()
		status.Items = &counts
	}
	if s.fan != nil {
		status.Children = s.fan.children
	}
	status.Kept = s.state == pipeline.StateCompleted && !fresh(s.made.entries) && s.Kind() != plan.KindApprove && len(s.items) > 0
	for _, item := range s.items {
		for _, output := range item.last().Outputs {
			if len(status.Outputs) < maxShown && len(output) < 2000 {
				status.Outputs = append(status.Outputs, output)
				if s.Kind() == plan.KindForEach {
					status.OutputKeys = append(status.OutputKeys, item.key)
				}
			}
		}
		if len(status.Outputs) == maxShown {
			break
		}
	}
	return status
}

// counts account for every item. Those that a child has are in its reports.
func (s *step) counts() pipeline.Counts {
	counts := pipeline.Counts{Total: len(s.items)}
	for _, item := range s.items {
		switch item.state {
		case pipeline.StateCompleted:
			counts.Completed++
			if s.kept(item) {
				counts.Kept++
			}
		case pipeline.StateRunning:
			counts.Running++
		case pipeline.StateWaiting:
			counts.Waiting++
		default:
			counts.Failed++
		}
	}
	if s.fan == nil {
		return counts
	}
	counts.Running = 0
	for _, c := range s.fan.live {
		counts.Completed += c.progress.Completed
		counts.Failed += c.progress.Failed
		counts.Running += c.running()
	}
	counts.Waiting = counts.Total - counts.Completed - counts.Failed - counts.Running
	return counts
}

// kept tells whether the item's result was there before this run.
func (s *step) kept(item *item) bool { return item.last().Kept && !fresh(s.made.items[item.key]) }

// shown is the step's state, which says more of a running one than that it runs.
func (r *run) shown(s *step, live []generation.Status) pipeline.State {
	is := func(state generation.State) bool {
		return slices.ContainsFunc(live, func(status generation.Status) bool { return status.State == state })
	}
	switch {
	case s.state != pipeline.StateRunning:
		return s.state
	case s.Kind() == plan.KindApprove:
		return pipeline.StateApproval
	case is(generation.StatePaused) || s.Kind() == plan.KindForEach && !r.paused.IsZero():
		return pipeline.StatePaused
	case is(generation.StateHeld) || s.fan != nil && s.fan.holding > 0 || len(s.unpaid(live)) > 0:
		return pipeline.StateHeld
	default:
		return s.state
	}
}

func (r *run) runState(ctx workflow.Context) pipeline.State {
	switch {
	case r.state != "":
		return r.state
	case !r.paused.IsZero():
		return pipeline.StatePaused
	case !r.checked:
		return pipeline.StateChecking
	}
	state := pipeline.StateRunning
	if len(r.unpaid(ctx)) > 0 {
		state = pipeline.StateHeld
	}
	if r.budget != nil {
		if held, _ := r.budget.Held(); held > 0 {
			state = pipeline.StateHeld
		}
	}
	for _, s := range r.steps {
		if s.state == pipeline.StateRunning && s.Kind() == plan.KindApprove {
			return pipeline.StateApproval
		}
	}
	return state
}
