// Package plan makes a pipeline's definition ready to run: it compiles the expressions,
// finds the order of the steps, and says everything that is wrong at once.
//
// Expressions see values as package jsonvalue has them, and can do nothing that would differ
// between a run and its replay.
package plan

import (
	"slices"

	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// Plan is a definition that is ready to run, with compiled expressions and a known order.
type Plan struct {
	Definition pipeline.Definition

	// Steps are in the definition's order.
	Steps []*PlannedStep

	// Outputs are the outputs of a run, by name.
	Outputs pipeline.Named[*Template]

	places map[string]int // of steps, by id
	before [][]bool       // by places: the second must end before the first starts
}

// PlannedStep is a step with its expressions.
type PlannedStep struct {
	pipeline.Step
	ID string

	// Needs are all steps that this one waits for, in the definition's order.
	Needs []string

	// Watches are those of Needs whose state its If refers to: they need not complete.
	Watches []string

	// Condition is If; nil for none.
	Condition *Expression

	// Items and Key are ForEach's; nil for none.
	Items *Template
	Key   *Expression

	// Inputs are the inputs of the model and of each fallback.
	Inputs []*Template

	// Message, Show and Choose are Approve's.
	Message, Show, Choose *Template

	// Regenerates are the steps that an approval may regenerate.
	Regenerates []string
}

// Step returns the step with this id; nil if there is none.
func (p *Plan) Step(id string) *PlannedStep {
	i := slices.IndexFunc(p.Steps, func(s *PlannedStep) bool { return s.ID == id })
	if i < 0 {
		return nil
	}
	return p.Steps[i]
}

// Compile prepares a definition for runs. It fails with all its [Problems] together.
func Compile(definition pipeline.Definition) (*Plan, error) {
	plan, problems := Analyze(definition)
	if len(problems) > 0 {
		return nil, problems
	}
	return plan, nil
}

// Analyze is Compile for callers that run further checks. It returns a plan with everything
// that could be compiled; don't run it if there are problems.
func Analyze(definition pipeline.Definition) (*Plan, pipeline.Problems) {
	var problems problems
	checkHead(definition, &problems)
	scope := newScope(definition)
	plan := &Plan{Definition: definition}
	for _, entry := range definition.Steps {
		path := []string{"steps", entry.Name}
		checkStep(definition, entry.Name, entry.Value, path, &problems)
		plan.Steps = append(plan.Steps, scope.compileStep(entry.Name, entry.Value, path, &problems))
	}
	for _, output := range definition.Outputs {
		template := scope.compileTemplate(output.Value, []string{"outputs", output.Name}, &problems)
		plan.Outputs = append(plan.Outputs, pipeline.Entry[*Template]{Name: output.Name, Value: template})
	}
	plan.checkOrder(&problems)
	if len(problems) == 0 { // the order is unknown if an expression is invalid
		plan.setRegenerates(&problems)
	}
	return plan, pipeline.Problems(problems)
}

func (s *scope) compileStep(id string, step pipeline.Step, path []string, problems *problems) *PlannedStep {
	planned := &PlannedStep{Step: step, ID: id}
	if step.If != "" {
		planned.Condition = s.compileCondition(step.If, join(path, "if"), problems)
		checkBool(planned.Condition, join(path, "if"), problems)
	}
	inner := s
	if step.ForEach != nil {
		planned.Items = s.compileTemplate(step.ForEach.Items, join(path, "for_each", "items"), problems)
		s.checkList(planned.Items, join(path, "for_each", "items"), problems)
		inner = s.withItem()
		if step.ForEach.Key != "" {
			planned.Key = inner.compileCondition(step.ForEach.Key, join(path, "for_each", "key"), problems)
		}
	}
	if step.Approve != nil {
		at := join(path, "approve")
		planned.Message = s.compileTemplate(step.Approve.Message, join(at, "message"), problems)
		planned.Show = s.compileTemplate(step.Approve.Show, join(at, "show"), problems)
		planned.Choose = s.compileTemplate(step.Approve.Choose, join(at, "choose"), problems)
		s.checkList(planned.Choose, join(at, "choose"), problems)
	} else {
		planned.Inputs = inner.compileInputs(step, path, problems)
	}
	planned.setNeeds(s.steps)
	return planned
}

func (s *scope) compileInputs(step pipeline.Step, path []string, problems *problems) []*Template {
	input := func(value map[string]any, path []string) *Template {
		if value == nil {
			value = map[string]any{}
		}
		return s.compileTemplate(value, path, problems)
	}
	inputs := []*Template{input(step.Input, join(path, "input"))}
	for i, fallback := range step.Fallback {
		if fallback.Input == nil {
			inputs = append(inputs, inputs[0])
			continue
		}
		inputs = append(inputs, input(fallback.Input, join(path, "fallback", itoa(i), "input")))
	}
	return inputs
}

// InputReferences returns the references in its inputs.
func (s *PlannedStep) InputReferences() []Reference {
	var refs []Reference
	for _, input := range s.Inputs {
		refs = append(refs, input.References()...)
	}
	return refs
}

// References returns all references in the step's expressions.
func (s *PlannedStep) References() []Reference {
	var refs []Reference
	for _, expression := range []*Expression{s.Condition, s.Key} {
		if expression != nil {
			refs = append(refs, expression.refs...)
		}
	}
	return append(refs, s.ValueReferences()...)
}

// ValueReferences returns the references whose values become part of the step's input or of its
// question to people.
func (s *PlannedStep) ValueReferences() []Reference {
	var refs []Reference
	for _, template := range []*Template{s.Items, s.Message, s.Show, s.Choose} {
		refs = append(refs, template.References()...)
	}
	return append(refs, s.InputReferences()...)
}

// setNeeds sets the steps that each step waits for, in the definition's order.
func (s *PlannedStep) setNeeds(order []string) {
	wanted := slices.Clone(s.Step.Needs)
	for _, ref := range s.References() {
		if ref.Root == RootSteps {
			wanted = append(wanted, ref.Name)
		}
	}
	if s.Condition != nil {
		for _, ref := range s.Condition.refs {
			if ref.Root == RootSteps && (ref.Field == FieldState || ref.Field == FieldError) {
				s.Watches = append(s.Watches, ref.Name)
			}
		}
	}
	s.Needs = nil
	for _, id := range order {
		if slices.Contains(wanted, id) {
			s.Needs = append(s.Needs, id)
		}
	}
}

// Before reports whether a step must end before another starts.
func (p *Plan) Before(earlier, later string) bool {
	return p.before != nil && p.before[p.places[later]][p.places[earlier]]
}

// After returns the steps that depend on one, directly or not, in the definition's order.
func (p *Plan) After(id string) []string {
	var after []string
	for _, step := range p.Steps {
		if p.Before(id, step.ID) {
			after = append(after, step.ID)
		}
	}
	return after
}

// checkOrder finds the dependencies between steps, and cycles.
func (p *Plan) checkOrder(problems *problems) {
	p.places = make(map[string]int, len(p.Steps))
	for i, step := range p.Steps {
		p.places[step.ID] = i
	}
	p.before = make([][]bool, len(p.Steps))
	state := make(map[string]int) // 1 while visiting, 2 when done
	var visit func(id string, way []string)
	visit = func(id string, way []string) {
		way = append(way, id)
		switch state[id] {
		case 2:
			return
		case 1:
			ring := way[slices.Index(way, id):]
			problems.add([]string{"steps", id}, "waits for itself: %s", arrows(ring))
			return
		}
		state[id] = 1
		before := make([]bool, len(p.Steps))
		for _, need := range p.Steps[p.places[id]].Needs {
			visit(need, slices.Clone(way))
			before[p.places[need]] = true
			for i, is := range p.before[p.places[need]] {
				before[i] = before[i] || is
			}
		}
		p.before[p.places[id]] = before
		state[id] = 2
	}
	for _, step := range p.Steps {
		visit(step.ID, nil)
	}
}

// setRegenerates finds which steps each approval may regenerate. Steps that use one must either
// come before the approval, and are regenerated too, or wait for it.
func (p *Plan) setRegenerates(problems *problems) {
	for _, step := range p.Steps {
		if step.Approve == nil {
			continue
		}
		path := []string{"steps", step.ID, "approve"}
		step.Regenerates = p.regenerates(step, path, problems)
		if len(*problems) > 0 {
			return
		}
		for _, user := range p.Steps {
			if user == step || p.Before(user.ID, step.ID) || p.Before(step.ID, user.ID) {
				continue
			}
			for _, id := range step.Regenerates {
				if p.Before(id, user.ID) {
					problems.add([]string{"steps", user.ID}, "uses %s, which the approval %s may regenerate; add needs: [%s], or regenerate: [] to the approval",
						id, step.ID, step.ID)
					break
				}
			}
		}
	}
}

func (p *Plan) regenerates(step *PlannedStep, path []string, problems *problems) []string {
	var ids []string
	if step.Approve.Regenerate == nil {
		for _, ref := range append(step.Show.References(), step.Choose.References()...) {
			if ref.Root == RootSteps && p.Step(ref.Name).Approve == nil && !slices.Contains(ids, ref.Name) {
				ids = append(ids, ref.Name)
			}
		}
		return ids
	}
	for i, id := range *step.Approve.Regenerate {
		at := join(path, "regenerate", itoa(i))
		switch {
		case p.Step(id).Approve != nil:
			problems.add(at, "%s is not a generation", id)
		case !p.Before(id, step.ID):
			problems.add(at, "%s does not come before the approval; show it, or add needs: [%s]", id, id)
		}
		ids = append(ids, id)
	}
	return ids
}
