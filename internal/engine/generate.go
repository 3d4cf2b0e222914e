package engine

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/kernel"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/shape"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

// generate runs a step of one generation.
func (r *run) generate(ctx workflow.Context, s *step) error {
	s.items = []*item{{state: pipeline.StateRunning}}
	return r.maker(s).make(ctx, s.items[0], r.values(s.References()))
}

// maker runs the generations of one step, in the run or in a child.
type maker struct {
	step    *step
	account string
	shapes  map[string]*shape.Shape // of models' inputs
	shares  bool                    // the budget is a share: the run may grant more
}

func (r *run) maker(s *step) maker {
	return maker{step: s, account: r.in.Pipeline.Account, shapes: r.shapes}
}

// name is what messages call an item.
func (s *step) name(item *item) string {
	if s.Kind() == plan.KindForEach {
		return s.ID + "[" + item.key + "]"
	}
	return s.ID
}

// keys name the generations of an item in the workflow: one for each model that it may need.
// Each round has its own.
func (s *step) keys(item *item) []string {
	key := s.name(item)
	if s.round > 0 {
		key = fmt.Sprintf("%s@%d", key, s.round+1)
	}
	keys := []string{key}
	for i := range s.Fallback {
		keys = append(keys, fmt.Sprintf("%s/%d", key, i+2))
	}
	return keys
}

// make generates the item, and fills in its result.
func (m maker) make(ctx workflow.Context, made *item, values map[string]any) error {
	made.state, made.reason = pipeline.StateRunning, ""
	earlier := m.step.made.current(made.key)
	requests, err := m.requests(made, values, earlier)
	if err == nil {
		_, err = workflows.Fallback(workflows.WithEarlier(ctx, earlier...), requests[0], m.alternatives(requests[1:])...)
		made.generations = m.step.statuses(ctx, made)
		m.step.made.add(made.key, m.step.round, made.generations)
	}
	made.state, made.reason, _ = endOf(err)
	return err
}

func (m maker) alternatives(requests []generation.Request) []workflows.Alternative {
	var alternatives []workflows.Alternative
	for i, request := range requests {
		on := errorTypes(m.step.Fallback[i].On)
		if m.shares {
			on = slices.DeleteFunc(on, func(kind generation.ErrorType) bool { return kind == generation.ErrorTypeBudgetExceeded })
		}
		if len(on) > 0 || len(m.step.Fallback[i].On) == 0 {
			alternatives = append(alternatives, workflows.Alternative{Request: request, On: on})
		}
	}
	return alternatives
}

// statuses are the generations that were started for an item, the deciding one last.
func (s *step) statuses(ctx workflow.Context, item *item) []generation.Status {
	var statuses []generation.Status
	for _, key := range s.keys(item) {
		if status, begun := kernel.BoardOf(ctx).StatusOf(key); begun {
			statuses = append(statuses, status)
		}
	}
	return statuses
}

// result is an item's outcome, or its state while it runs.
func (s *step) result(ctx workflow.Context, item *item) pipeline.ItemResult {
	result := pipeline.ItemResult{Index: item.index, Key: item.key, State: item.state, Reason: item.reason, Generations: item.generations}
	if item.state == pipeline.StateRunning {
		result.Generations = s.statuses(ctx, item)
	}
	return result
}

func (m maker) requests(made *item, values map[string]any, earlier []generation.Status) ([]generation.Request, error) {
	step, name, changes := m.step, m.step.name(made), merged(m.step.input, m.step.itemInput[made.key])
	var requests []generation.Request
	for i, model := range step.Models() {
		input, err := step.Inputs[i].Eval(values)
		if err != nil {
			return nil, invalid(name, "input", err)
		}
		request := generation.Request{
			Key: step.keys(made)[i], Model: model, Input: plan.Changed(input.(map[string]any), changes),
			Account: step.Account, Timeout: time.Duration(step.Timeout), OnUnknown: generation.UnknownPolicy(step.OnUnknown),
			OnInsufficientCredits: onInsufficientCredits(step.PlannedStep, i),
		}
		if request.Account == "" {
			request.Account = m.account
		}
		if step.Retry != nil {
			request.MaxPredictions, request.Timing.Resubmit = step.Retry.Predictions, time.Duration(step.Retry.Wait)
		}
		if err := request.Validate(); err != nil {
			return nil, temporal.NewNonRetryableApplicationError(fmt.Sprintf("step %s: %v", name, err), string(generation.ErrorTypeInvalidInput), nil)
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

func errorTypes(kinds []string) []generation.ErrorType {
	types := make([]generation.ErrorType, len(kinds))
	for i, kind := range kinds {
		types[i] = generation.ErrorType("wavespeed." + kind)
	}
	return types
}
