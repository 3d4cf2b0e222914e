package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/jsonvalue"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runview"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// errAgain ends an approval that requested a regeneration: people will be asked again.
var errAgain = errors.New("to be done again")

// step is one step of a run in progress.
type step struct {
	*plan.PlannedStep
	standing

	made    journal
	round   int    // the regeneration that it was made for last
	undo    *undo  // of an approval that has steps regenerated
	note    string // why people are asked again
	lost    []runwire.Child
	decided *generation.ApprovalStatus // by an earlier run
}

// standing is the state of a step, which is restored if its regeneration fails.
type standing struct {
	state     pipeline.State
	reason    string
	errorType string
	blocked   bool // skipped because a step that it needs has not completed
	started   time.Time
	ended     time.Time

	input     map[string]any            // fields that replace those of the definition
	itemInput map[string]map[string]any // the same for single items, by key

	items    []*item // a step without for_each has one while it runs, and after
	fan      *fan    // of a for_each that is handed to children
	approval *generation.ApprovalStatus
}

// item is one item of a step.
type item struct {
	index       int
	key         string
	value       any
	state       pipeline.State // waiting, running, completed or failed
	reason      string
	uncovered   generation.USD      // a price that a child's share did not cover
	generations []generation.Status // when it has ended
}

func newStep(planned *plan.PlannedStep) *step {
	return &step{PlannedStep: planned, standing: standing{state: pipeline.StateWaiting}}
}

func (r *run) step(id string) *step { return r.byID[id] }

func (r *run) needsEnded(s *step) bool {
	for _, need := range s.Needs {
		if !runview.Ended(r.step(need).state) {
			return false
		}
	}
	return true
}

// lacking is the error of a step that refers to missing outputs: it would be paid for, but
// useless.
func (r *run) lacking(s *step) error {
	for _, ref := range s.References() {
		if !s.wantsOutputs(ref) {
			continue
		}
		for _, item := range r.step(ref.Name).items {
			if last := item.last(); last.Omitted && item.state == pipeline.StateCompleted {
				return invalid(s.ID, "steps."+ref.Name+"."+ref.Field, fmt.Errorf("is too large for a run; prediction %s has it", last.PredictionID()))
			}
		}
	}
	return nil
}

func (s *step) wantsOutputs(ref plan.Reference) bool {
	switch {
	case ref.Root != plan.RootSteps:
		return false
	case ref.Field == plan.FieldItems: // a condition may only count them
		return slices.Contains(s.ValueReferences(), ref)
	default:
		return ref.Field == plan.FieldOutput || ref.Field == plan.FieldOutputs
	}
}

// decide reports whether a step whose dependencies have ended should run; if not, it is
// skipped.
func (r *run) decide(ctx workflow.Context, s *step) (bool, error) {
	for _, need := range s.Needs {
		if other := r.step(need); other.state != pipeline.StateCompleted && !slices.Contains(s.Watches, need) {
			if r.restore(s) {
				return r.decide(ctx, s)
			}
			r.skip(ctx, s, fmt.Sprintf("needs %s, which %s", need, became(other.state)))
			s.blocked = other.state != pipeline.StateSkipped || other.blocked
			return false, nil
		}
	}
	if err := r.lacking(s); err != nil {
		return false, err
	}
	if s.Condition == nil {
		return true, nil
	}
	value, err := s.Condition.Eval(r.values(s.References()))
	if err != nil {
		return false, invalid(s.ID, "if", err)
	}
	run, ok := value.(bool)
	if !ok {
		return false, invalid(s.ID, "if", fmt.Errorf("gives %T, and must give true or false", value))
	}
	if !run {
		r.skip(ctx, s, "its if is false")
	}
	return run, nil
}

func became(state pipeline.State) string {
	if state == pipeline.StateFailed {
		return "failed"
	}
	return "was " + string(state)
}

func (r *run) skip(ctx workflow.Context, s *step, reason string) {
	s.state, s.reason, s.blocked = pipeline.StateSkipped, reason, false
	s.started, s.ended = time.Time{}, workflow.Now(ctx)
	// Results of an earlier round are kept, but no longer belong to the step.
	s.items, s.fan, s.approval = nil, nil, nil
	r.changes++
}

// invalid is the error of a step whose expressions return invalid values.
func invalid(id, field string, err error) error {
	return temporal.NewNonRetryableApplicationError(
		fmt.Sprintf("step %s: %s: %v; nothing was submitted for it", id, field, err), string(generation.ErrorTypeInvalidInput), nil)
}

// values returns only the values that references use, because they may be passed to a child.
func (r *run) values(refs []plan.Reference) map[string]any {
	inputs, steps := make(map[string]any), make(map[string]any)
	for _, ref := range refs {
		switch ref.Root {
		case plan.RootInputs:
			inputs[ref.Name] = r.inputs[ref.Name]
		case plan.RootSteps:
			if steps[ref.Name] == nil {
				steps[ref.Name] = make(map[string]any)
			}
			r.step(ref.Name).addValue(steps[ref.Name].(map[string]any), ref.Field)
		}
	}
	return map[string]any{plan.RootInputs: inputs, plan.RootSteps: steps}
}

// addValue sets a field of the step for expressions; all fields for "".
func (s *step) addValue(values map[string]any, field string) {
	is := func(name string) bool { return field == name || field == "" }
	if is(plan.FieldState) {
		values[plan.FieldState] = string(s.state)
	}
	if is(plan.FieldError) {
		values[plan.FieldError] = strings.TrimPrefix(s.errorType, "wavespeed.")
	}
	switch s.Kind() {
	case plan.KindApprove:
		s.addApproval(values, is)
	case plan.KindForEach:
		s.addItems(values, is)
	default:
		s.addGeneration(values, is)
	}
}

func (s *step) addGeneration(values map[string]any, is func(string) bool) {
	var last generation.Status
	if len(s.items) > 0 {
		last = s.items[0].last()
	}
	outputs := decodeAll(last.Outputs)
	if is(plan.FieldOutputs) {
		values[plan.FieldOutputs] = outputs
	}
	if is(plan.FieldOutput) {
		values[plan.FieldOutput] = first(outputs)
	}
	if is(plan.FieldModel) {
		values[plan.FieldModel] = last.Model
	}
	if is(plan.FieldNSFW) {
		values[plan.FieldNSFW] = flags(last)
	}
}

// flags reports for each output whether the provider flagged it; empty if the provider didn't
// report it.
func flags(status generation.Status) []any {
	flags := make([]any, len(status.NSFW))
	for i, flagged := range status.NSFW {
		flags[i] = flagged
	}
	return flags
}

func (s *step) addItems(values map[string]any, is func(string) bool) {
	if is(plan.FieldOutputs) || is(plan.FieldOutput) {
		outputs := make([]any, len(s.items))
		for i, item := range s.items {
			outputs[i] = first(decodeAll(item.last().Outputs))
		}
		if is(plan.FieldOutputs) {
			values[plan.FieldOutputs] = outputs
		}
		if is(plan.FieldOutput) {
			values[plan.FieldOutput] = first(outputs)
		}
	}
	if is(plan.FieldNSFW) {
		flagged := make([]any, len(s.items))
		for i, item := range s.items {
			flagged[i] = slices.Contains(item.last().NSFW, true)
		}
		values[plan.FieldNSFW] = flagged
	}
	if !is(plan.FieldItems) {
		return
	}
	items := make([]any, len(s.items))
	for i, item := range s.items {
		last := item.last()
		outputs := decodeAll(last.Outputs)
		items[i] = map[string]any{
			"index": item.index, "key": item.key, "item": item.value, "state": string(item.state),
			"error": strings.TrimPrefix(string(last.ErrorType), "wavespeed."), "outputs": outputs, "output": first(outputs),
			"nsfw": flags(last),
		}
	}
	values[plan.FieldItems] = items
}

func (s *step) addApproval(values map[string]any, is func(string) bool) {
	var choice, output any
	comment := ""
	if a := s.approval; a != nil {
		if a.Choice != nil {
			choice = *a.Choice
			output, _ = jsonvalue.Decode(a.Choices[*a.Choice])
		}
		if n := len(a.Decisions); n > 0 {
			comment = a.Decisions[n-1].Comment
		}
	}
	if is(plan.FieldChoice) {
		values[plan.FieldChoice] = choice
	}
	if is(plan.FieldComment) {
		values[plan.FieldComment] = comment
	}
	if is(plan.FieldOutput) {
		values[plan.FieldOutput] = output
	}
	if is(plan.FieldOutputs) {
		values[plan.FieldOutputs] = []any{}
		if output != nil {
			values[plan.FieldOutputs] = []any{output}
		}
	}
}

// last is the generation that determines the item's outcome.
func (i *item) last() generation.Status {
	if len(i.generations) == 0 {
		return generation.Status{}
	}
	return i.generations[len(i.generations)-1]
}

func decodeAll(outputs []generation.Output) []any {
	values := make([]any, len(outputs))
	for i, output := range outputs {
		values[i] = jsonvalue.OrNil(output)
	}
	return values
}

func first(values []any) any {
	if len(values) == 0 {
		return nil
	}
	return values[0]
}
