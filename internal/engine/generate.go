package engine

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/shape"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

// generate runs a step of one generation.
func (r *run) generate(ctx workflow.Context, s *step) error {
	made := &item{state: pipeline.StepRunning}
	s.items = []*item{made}
	err := r.maker(s).make(ctx, made, s.ID, r.values(s.References()), s.input, s.made.current(""))
	s.made.add("", s.round, made.generations)
	return err
}

// maker makes the generations of one step, in the run or in a child.
type maker struct {
	step    *plan.PlannedStep
	account string
	round   int
	shapes  map[string]*shape.Shape // of models' inputs
	shares  bool                    // the budget is a share: more may be had of the run
}

func (r *run) maker(s *step) maker {
	return maker{step: s.PlannedStep, account: r.in.Pipeline.Account, round: s.round, shapes: r.shapes}
}

// key names a generation of the step in its workflow; each round has its own.
func (m maker) key(name string) string {
	if m.round > 0 {
		return fmt.Sprintf("%s@%d", name, m.round+1)
	}
	return name
}

// keys are those that make may use for a name.
func (m maker) keys(name string) []string {
	keys := []string{m.key(name)}
	for i := range m.step.Fallback {
		keys = append(keys, fmt.Sprintf("%s/%d", m.key(name), i+2))
	}
	return keys
}

// make generates the item, and fills in what became of it.
func (m maker) make(ctx workflow.Context, made *item, name string, values, changes map[string]any, earlier []generation.Status) error {
	made.state, made.reason = pipeline.StepRunning, ""
	requests, err := m.requests(name, values, changes, earlier)
	if err != nil {
		made.state, made.reason, _ = endOf(err)
		return err
	}
	_, err = workflows.Fallback(workflows.WithEarlier(ctx, earlier...), requests[0], m.alternatives(requests[1:])...)
	made.generations = m.statuses(ctx, name)
	made.state, made.reason, _ = endOf(err)
	return err
}

func (m maker) alternatives(requests []generation.Request) []workflows.Alternative {
	var alternatives []workflows.Alternative
	for i, request := range requests {
		on := errorTypes(m.step.Fallback[i].On)
		if m.shares {
			on = slices.DeleteFunc(on, func(kind string) bool { return kind == generation.ErrBudgetExceeded })
		}
		if len(on) > 0 || len(m.step.Fallback[i].On) == 0 {
			alternatives = append(alternatives, workflows.Alternative{Request: request, On: on})
		}
	}
	return alternatives
}

// statuses are the generations that were started for a name, the deciding one last.
func (m maker) statuses(ctx workflow.Context, name string) []generation.Status {
	var statuses []generation.Status
	for _, key := range m.keys(name) {
		if status, begun := workflows.StatusOf(ctx, key); begun {
			statuses = append(statuses, status)
		}
	}
	return statuses
}

// result is what became of an item, or how it stands while it runs.
func (m maker) result(ctx workflow.Context, item *item, name string) pipeline.ItemResult {
	result := pipeline.ItemResult{Index: item.index, Key: item.key, State: item.state, Reason: item.reason, Generations: item.generations}
	if item.state == pipeline.StepRunning {
		result.Generations = m.statuses(ctx, name)
	}
	return result
}

func (m maker) requests(name string, values, changes map[string]any, earlier []generation.Status) ([]generation.Request, error) {
	step := m.step
	var requests []generation.Request
	for i, model := range step.Models() {
		input, err := step.Inputs[i].Eval(values)
		if err != nil {
			return nil, invalid(name, "input", err)
		}
		request := generation.Request{
			Key: m.keys(name)[i], Model: model, Input: plan.Changed(input.(map[string]any), changes),
			Account: step.Account, Timeout: time.Duration(step.Timeout), OnUnknown: generation.UnknownPolicy(step.OnUnknown),
		}
		if request.Account == "" {
			request.Account = m.account
		}
		if step.Retry != nil {
			request.MaxPredictions, request.Timing.Resubmit = step.Retry.Predictions, time.Duration(step.Retry.Wait)
		}
		if err := request.Validate(); err != nil {
			return nil, temporal.NewNonRetryableApplicationError(fmt.Sprintf("step %s: %v", name, err), generation.ErrInvalidInput, nil)
		}
		if request.Input, err = m.take(name, i, request, changes, earlier); err != nil {
			return nil, err
		}
		requests = append(requests, request)
	}
	return requests, nil
}

// merged adds changes to those made before.
func merged(before, changes map[string]any) map[string]any {
	if len(changes) == 0 {
		return before
	}
	all := maps.Clone(before)
	if all == nil {
		all = make(map[string]any)
	}
	maps.Copy(all, changes)
	return all
}

func errorTypes(kinds []string) []string {
	types := make([]string, len(kinds))
	for i, kind := range kinds {
		types[i] = "wavespeed." + kind
	}
	return types
}
