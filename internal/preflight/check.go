package preflight

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/nearest"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/shape"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// Account is an account with its catalogue.
type Account struct {
	Provider  provider.Provider
	Catalogue *Catalogue
}

// Run is the run to check.
type Run struct {
	Plan *plan.Plan

	// Inputs are the known inputs; unknown ones are not checked.
	Inputs map[string]any

	// Changes replace fields of steps' inputs, by step. Defaults to none.
	Changes map[string]map[string]any

	// Budget says that the run has a budget, even if its definition has none.
	Budget bool
}

// Check checks a run. The report lists all problems, and requests that the provider did not
// answer. It returns an error if the run cannot continue: the context has ended, every endpoint
// rejects an account's key, or there is a budget and a price is unavailable.
func Check(ctx context.Context, accounts map[string]Account, run Run) (runwire.Report, error) {
	c := &checker{
		accounts: accounts, run: run, plan: run.Plan, inputs: run.Inputs, changes: run.Changes,
		fields: make(map[string][]string), models: make(map[string]*Model), decided: make(map[string][]string),
		lists: make(map[string]looked), chances: make(map[string]chance), refused: make(map[string]error), dark: make(map[string]bool),
	}
	c.steps(ctx)
	var estimate *pipeline.Estimate
	var err error
	if len(c.problems) == 0 {
		estimate, err = c.estimate(ctx)
	}
	err = cmp.Or(ctx.Err(), c.keyRefused(), err)
	if err != nil {
		return runwire.Report{}, err
	}
	return runwire.Report{Problems: c.problems, Estimate: estimate, Fields: c.fields, Shapes: c.shapes(), Unanswered: c.unanswered}, nil
}

type checker struct {
	accounts   map[string]Account
	run        Run
	plan       *plan.Plan
	inputs     map[string]any
	changes    map[string]map[string]any
	fields     map[string][]string // of models' inputs, by step
	models     map[string]*Model   // by id
	decided    map[string][]string // input fields set by expressions, by id
	lists      map[string]looked   // of items, by step
	chances    map[string]chance   // by step
	problems   pipeline.Problems
	priced     []priced
	unanswered []pipeline.Unanswered
	dark       map[string]bool  // accounts whose models can't be read
	refused    map[string]error // accounts whose key no endpoint has accepted so far
}

// needsPrices reports whether the run requires prices: with a budget, nothing is submitted
// without a price.
func (c *checker) needsPrices() bool { return c.run.Budget || c.plan.Definition.Budget != nil }

func (c *checker) steps(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, modelsTimeout)
	defer cancel()
	for _, step := range c.plan.Steps {
		if step.Approve == nil {
			c.step(ctx, step)
		}
	}
}

// priced is a step with the inputs to price.
type priced struct {
	step     *plan.PlannedStep
	account  Account
	model    *Model
	inputs   []any
	length   plan.Length // of its items
	chance   chance
	fallback bool // the model is only tried if others have failed
}

func (c *checker) add(path []string, format string, args ...any) {
	c.problems = append(c.problems, pipeline.Problem{Path: path, Message: fmt.Sprintf(format, args...)})
}

func (c *checker) accountOf(step *plan.PlannedStep) string {
	for _, name := range []string{step.Account, c.plan.Definition.Account} {
		if name != "" {
			return name
		}
	}
	return generation.DefaultAccount
}

func (c *checker) step(ctx context.Context, step *plan.PlannedStep) {
	path := []string{"steps", step.ID}
	account, known := c.accounts[c.accountOf(step)]
	if !known {
		at := append(slices.Clone(path), "account")
		if step.Account == "" {
			at = []string{"account"}
		}
		c.add(at, "there is no account %q; configure its API key or name another", c.accountOf(step))
		return
	}
	scopes, found, ok := c.scopes(step, path)
	if !ok {
		return
	}
	for i, id := range step.Models() {
		at := path
		if i > 0 {
			at = append(slices.Clone(path), "fallback", strconv.Itoa(i-1))
		}
		model := c.model(ctx, step, id)
		if model == nil {
			c.problems = append(c.problems, noModel(append(slices.Clone(at), "model"), id, account.Catalogue.IDs()))
			continue
		}
		if i > 0 && step.Fallback[i-1].Input == nil {
			at = path
		}
		c.models[id], c.decided[id] = model, append(c.decided[id], step.Inputs[i].Fields()...)
		inputs := c.inputsOf(step, i, model, scopes, append(slices.Clone(at), "input"))
		if i == 0 {
			c.fields[step.ID] = model.fields()
		}
		if likely := c.likely(step, i, model, found); len(likely) > 0 {
			inputs = likely
		}
		c.priced = append(c.priced, priced{step: step, account: account, model: model, inputs: inputs, length: found.length, chance: c.runs(step), fallback: i > 0})
	}
}

// shapes returns, by model, the shapes of fields that only the run knows.
func (c *checker) shapes() map[string]*shape.Shape {
	shapes := make(map[string]*shape.Shape)
	for id, model := range c.models {
		if model.Checked() == nil {
			continue
		}
		if only := model.shape.Only(c.decided[id]); len(only.Fields) > 0 {
			shapes[id] = only
		}
	}
	return shapes
}

// model finds a step's model; nil if there is none. If the models can't be read, it assumes
// that the model exists.
func (c *checker) model(ctx context.Context, step *plan.PlannedStep, id string) *Model {
	name := c.accountOf(step)
	if !c.dark[name] {
		model, err := ask(ctx, func(ctx context.Context) (*Model, error) { return c.accounts[name].Catalogue.Model(ctx, id) })
		c.note(runwire.EndpointModels, name, "", err)
		if err == nil {
			return model
		}
		c.dark[name] = true
	}
	return &Model{Model: provider.Model{ID: id}}
}

// modelHint suggests the intended model: one with the same name from any vendor, or the
// nearest.
func modelHint(id string, ids []string) string {
	for _, known := range ids {
		if strings.HasSuffix(known, "/"+id) {
			return "; did you mean " + known + "?"
		}
	}
	return nearest.Hint(id, ids)
}
