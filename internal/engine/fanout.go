package engine

import (
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

const (
	// maxInline is the maximum number of items processed in the run itself.
	maxInline = 50

	// maxOwnEvents is the length of the run's history above which items are no longer processed
	// in it. Temporal warns at 10,240 events, and an item has about 15.
	maxOwnEvents    = 8000
	eventsPerSubmit = 15

	defaultAtOnce = 10
)

// fanOut runs a step once for each item of its list.
func (r *run) fanOut(ctx workflow.Context, s *step) error {
	if err := r.setItems(s); err != nil {
		return err
	}
	options := workflows.ForEachOptions{MaxParallel: s.ForEach.MaxParallel, Tolerate: plan.Tolerated(s.ForEach.Tolerate, len(s.items))}
	if options.MaxParallel == 0 {
		options.MaxParallel = defaultAtOnce
	}
	if !r.fits(ctx, s) {
		return r.spread(ctx, s, options)
	}
	events := len(s.items) * s.mostEvents()
	r.promised += events
	defer func() { r.promised -= events }()
	return r.makeInline(ctx, s, options)
}

func (r *run) fits(ctx workflow.Context, s *step) bool {
	n := len(s.items)
	return n == 0 || n <= maxInline && workflow.GetInfo(ctx).GetCurrentHistoryLength()+r.promised+n*s.mostEvents() < maxOwnEvents
}

// mostEvents is the approximate number of events of an item if it uses all its submits.
func (s *step) mostEvents() int {
	submits := len(s.Models())
	if s.Retry != nil {
		submits *= s.Retry.Predictions
	}
	return submits * eventsPerSubmit
}

// makeInline processes the items in the run itself.
func (r *run) makeInline(ctx workflow.Context, s *step, options workflows.ForEachOptions) error {
	m, values := r.maker(s), r.values(s.References())
	var over error
	options.Stop = func() bool { return over != nil }
	_, err := workflows.ForEach(ctx, s.items, options, func(ctx workflow.Context, _ int, item *item) (struct{}, error) {
		err := m.make(ctx, item, plan.WithItem(values, item.index, item.value))
		if isOverBudget(err) {
			item.state, item.reason = pipeline.StateWaiting, ""
			over, err = err, nil
		}
		r.show(ctx)
		return struct{}{}, err
	})
	if err == nil {
		err = over
	}
	return err
}

func isOverBudget(err error) bool {
	return generation.ErrorTypeOf(err) == generation.ErrorTypeBudgetExceeded
}

// setItems evaluates the list, and names its items.
func (r *run) setItems(s *step) error {
	s.items, s.fan = nil, nil
	values := r.values(s.References())
	value, err := s.Items.Eval(values)
	if err != nil {
		return invalid(s.ID, "for_each.items", err)
	}
	list, ok := value.([]any)
	switch {
	case !ok:
		return invalid(s.ID, "for_each.items", fmt.Errorf("gives %T, and must give a list", value))
	case len(list) > plan.MaxItems:
		return invalid(s.ID, "for_each.items", fmt.Errorf("gives %d items, and a step has at most %d; give each run a part of the list", len(list), plan.MaxItems))
	}
	keys, err := s.ItemKeys(list, values)
	if err != nil {
		return invalid(s.ID, "for_each.key", err)
	}
	s.items = make([]*item, len(list))
	for i, value := range list {
		s.items[i] = &item{index: i, key: keys[i], value: value, state: pipeline.StateWaiting}
	}
	return nil
}

// tooMany is the error of a step with too many failed items.
func tooMany(s *step, tolerated int) error {
	counts := s.counts()
	var first string
	for _, item := range s.items {
		if item.state == pipeline.StateFailed || item.state == pipeline.StateCanceled {
			first = item.reason
			break
		}
	}
	return temporal.NewNonRetryableApplicationError(
		fmt.Sprintf("%d of %d items failed, and %d are tolerated. The first: %s", counts.Failed, counts.Failed+counts.Completed, tolerated, first),
		string(generation.ErrorTypeTooManyFailed), nil)
}
