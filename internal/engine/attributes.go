package engine

import (
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

var (
	attributePipeline = temporal.NewSearchAttributeKeyKeyword(wire.AttributePipeline)
	attributeModels   = temporal.NewSearchAttributeKeyKeywordList(wire.AttributeModels)
	attributeState    = temporal.NewSearchAttributeKeyKeyword(wire.AttributeState)
	attributeCost     = temporal.NewSearchAttributeKeyFloat64(wire.AttributeCost)
)

// tell sets the run's search attributes when its state has changed: each time is a billable
// action. It is called where the state changes, and nowhere else.
func (r *run) tell(ctx workflow.Context) {
	state := r.runState(ctx)
	if !r.in.SearchAttributes || r.told == state || r.state == "" && !r.checked {
		return
	}
	updates := []temporal.SearchAttributeUpdate{attributeState.ValueSet(string(state))}
	if r.told == "" {
		updates = append(updates, attributePipeline.ValueSet(r.in.Pipeline.Name))
		if models := r.models(); len(models) > 0 {
			updates = append(updates, attributeModels.ValueSet(models))
		}
	}
	cost := 0.0
	if total := r.status(ctx).Cost; total != nil {
		cost = total.Float64()
	}
	updates = append(updates, attributeCost.ValueSet(cost))
	r.told = state
	_ = workflow.UpsertTypedSearchAttributes(ctx, updates...)
}

// maxModelsBytes is below Temporal's limit for one attribute: it ends a run that exceeds it.
const maxModelsBytes = 2000

// models returns the pipeline's distinct models, as many as fit into an attribute.
func (r *run) models() []string {
	var models []string
	for _, s := range r.steps {
		models = append(models, s.Models()...)
	}
	slices.Sort(models)
	models = slices.Compact(models)
	for userBytes(models) > maxModelsBytes {
		models = models[:len(models)-1]
	}
	return models
}
