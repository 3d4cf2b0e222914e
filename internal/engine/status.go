package engine

import (
	"errors"
	"fmt"
	"slices"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"

	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

// answer sets the handlers with which a run is looked at and steered.
func (r *run) answer(ctx workflow.Context) error {
	workflows.ShowDetails(ctx, func(statuses []*generation.Status) string {
		return r.details(ctx, statuses)
	})
	r.listen(ctx)
	return errors.Join(
		workflow.SetQueryHandlerWithOptions(ctx, pipeline.StatusQuery,
			func() (pipeline.Status, error) { return r.bounded(ctx), nil },
			workflow.QueryHandlerOptions{Description: "the run: its steps, their states, cost and outputs"}),
		workflow.SetQueryHandlerWithOptions(ctx, pipeline.ResultsQuery,
			func(from pipeline.Cursor) (pipeline.Page, error) { return r.page(ctx, from), nil },
			workflow.QueryHandlerOptions{Description: "what the run has made, in pages: {} for the first, then what next says"}),
		workflow.SetUpdateHandlerWithOptions(ctx, pipeline.BudgetUpdate,
			func(ctx workflow.Context, usd generation.USD) (pipeline.Status, error) {
				r.budget.Raise(usd)
				r.show(ctx)
				return r.bounded(ctx), nil
			},
			workflow.UpdateHandlerOptions{
				Validator:   func(_ workflow.Context, usd generation.USD) error { return r.validateBudget(usd) },
				Description: "sets the run's budget, in US dollars: a number. A run that is held continues when it covers what is next",
			}),
		workflows.AnswerDecisions(ctx),
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

// show brings what is seen of the run up to date.
func (r *run) show(ctx workflow.Context) { workflows.UpdateDetails(ctx) }

// maxStatusBytes and maxStatusReason bound what a status has beside the run's outputs.
const (
	maxStatusBytes  = 500_000
	maxStatusReason = 1000

	maxBriefDecisions = 10
	maxBriefName      = 100
)

// bounded is the status as it leaves the workflow: without what makes it too large, which
// other queries have.
func (r *run) bounded(ctx workflow.Context) pipeline.Status {
	status := r.status(ctx, live(ctx))
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

// live are the generations in the run itself, as they stand.
func live(ctx workflow.Context) (live []*generation.Status) {
	for _, status := range workflows.Statuses(ctx) {
		if !status.Earlier {
			live = append(live, &status)
		}
	}
	return live
}

func (r *run) status(ctx workflow.Context, live []*generation.Status) pipeline.Status {
	tallies := r.tallies(live)
	status := pipeline.Status{
		Pipeline: r.in.Pipeline.Name, State: r.runState(), Reason: plaintext.Clip(r.reason, maxStatusReason), Estimate: r.estimate, Unanswered: r.unanswered, Outputs: r.outputs, Omitted: r.omitted,
		Started: r.started, Ended: r.ended,
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
		status.Budget, status.Needs = &limit, r.budget.Needs()
	}
	for _, s := range r.steps {
		step := r.stepStatus(s, tallies[s])
		if approval, found := asked[s.ID]; found {
			step.Decisions = slices.Concat(approval.Earlier, approval.Decisions)
		} else if s.approval != nil {
			step.Decisions = slices.Concat(s.approval.Earlier, s.approval.Decisions)
		}
		if step.Cost != nil {
			total := *step.Cost
			if status.Cost != nil {
				total = total.Add(*status.Cost)
			}
			status.Cost = &total
		}
		status.Steps = append(status.Steps, step)
	}
	return status
}

// tally is what a step's generations in the run itself come to.
type tally struct {
	usd      generation.USD
	priced   bool
	attempts int
	held     int
	model    string
}

func (r *run) tallies(live []*generation.Status) map[*step]tally {
	tallies := make(map[*step]tally)
	for _, status := range live {
		s := r.owners[status.Key]
		if s == nil {
			continue
		}
		t := tallies[s]
		price, known := status.Price()
		t.usd, t.priced = t.usd.Add(price), t.priced || known
		t.attempts += submits(*status)
		if status.State == generation.StateHeld {
			t.held++
		}
		t.model = status.Model
		tallies[s] = t
	}
	return tallies
}

// submits are those of the run itself.
func submits(status generation.Status) int {
	if status.Kept {
		return 0
	}
	return len(status.Attempts)
}

// maxShown is how many outputs of a step a status holds.
const maxShown = 4

func (r *run) stepStatus(s *step, t tally) pipeline.StepStatus {
	status := pipeline.StepStatus{
		ID: s.ID, Kind: s.Kind(), State: r.stepState(s, t), Reason: plaintext.Clip(s.reason, maxStatusReason), ErrorType: s.errorType, Model: s.Model,
		Attempts: t.attempts + s.attempts, Needs: s.Needs, Started: s.started, Ended: s.ended,
	}
	if t.model != "" && s.Kind() == pipeline.KindGenerate {
		status.Model = t.model
	}
	cost := t.usd.Add(s.spent)
	if s.fan != nil {
		for _, c := range s.fan.live {
			cost = cost.Add(c.progress.Spent)
			status.Attempts += c.progress.Attempts
		}
	}
	if t.priced || s.priced || cost > 0 {
		status.Cost = &cost
	}
	if s.Kind() == pipeline.KindForEach {
		counts := s.counts()
		status.Items = &counts
	}
	if s.fan != nil {
		status.Children = s.fan.children
	}
	status.Kept = s.state == pipeline.StepCompleted && len(s.made) == 0 && s.Kind() != pipeline.KindApprove && len(s.items) > 0
	for _, item := range s.items {
		for _, output := range item.last().Outputs {
			if len(status.Outputs) < maxShown && len(output) < 2000 {
				status.Outputs = append(status.Outputs, output)
				if s.Kind() == pipeline.KindForEach {
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

func (s *step) counts() pipeline.Counts {
	if s.fan != nil {
		return s.fan.counts()
	}
	counts := pipeline.Counts{Total: len(s.items)}
	for _, item := range s.items {
		switch item.state {
		case pipeline.StepCompleted:
			counts.Completed++
			if item.kept && !s.made[item.key] {
				counts.Kept++
			}
		case pipeline.StepRunning:
			counts.Running++
		case pipeline.StepWaiting:
			counts.Waiting++
		default:
			counts.Failed++
		}
	}
	return counts
}

// stepState says more of a running step than that it runs.
func (r *run) stepState(s *step, t tally) pipeline.StepState {
	switch {
	case s.state != pipeline.StepRunning:
		return s.state
	case s.Kind() == pipeline.KindApprove:
		return pipeline.StepApproval
	case t.held > 0 || s.fan != nil && s.fan.holding > 0:
		return pipeline.StepHeld
	default:
		return s.state
	}
}

func (r *run) runState() pipeline.RunState {
	switch {
	case r.state != "":
		return r.state
	case !r.checked:
		return pipeline.RunChecking
	}
	state := pipeline.RunRunning
	if r.budget != nil {
		if held, _ := r.budget.Held(); held > 0 {
			state = pipeline.RunHeld
		}
	}
	for _, s := range r.steps {
		if s.state == pipeline.StepRunning && s.Kind() == pipeline.KindApprove {
			return pipeline.RunApproval
		}
	}
	return state
}
