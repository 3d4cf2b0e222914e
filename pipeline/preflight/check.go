package preflight

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/nearest"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

// Provider is what is asked of one account at WaveSpeedAI.
type Provider interface {
	Price(ctx context.Context, model string, input any) (wavespeed.Price, error)
	Balance(ctx context.Context) (float64, error)
}

// Account is an account with its catalogue.
type Account struct {
	Provider  Provider
	Catalogue *Catalogue
}

// Check checks a plan with the inputs that are known; those that are not are taken to be
// right. The report has all problems. An error is one of asking the provider.
func Check(ctx context.Context, accounts map[string]Account, plan *pipeline.Plan, inputs map[string]any) (pipeline.Report, error) {
	c := &checker{accounts: accounts, plan: plan, inputs: inputs}
	for _, step := range plan.Steps {
		if step.Approve != nil {
			continue
		}
		if err := c.step(ctx, step); err != nil {
			return pipeline.Report{}, err
		}
	}
	if len(c.problems) > 0 {
		return pipeline.Report{Problems: c.problems}, nil
	}
	estimate, err := c.estimate(ctx)
	return pipeline.Report{Problems: c.problems, Estimate: estimate}, err
}

type checker struct {
	accounts map[string]Account
	plan     *pipeline.Plan
	inputs   map[string]any
	problems pipeline.Problems
	priced   []priced
}

// priced is a step with the inputs to ask prices for.
type priced struct {
	step    *pipeline.PlannedStep
	account Account
	model   *Model
	inputs  []any
	unknown bool // how many items there are
}

func (c *checker) add(path []string, format string, args ...any) {
	c.problems = append(c.problems, pipeline.Problem{Path: path, Message: fmt.Sprintf(format, args...)})
}

func (c *checker) accountOf(step *pipeline.PlannedStep) string {
	for _, name := range []string{step.Account, c.plan.Definition.Account} {
		if name != "" {
			return name
		}
	}
	return generation.DefaultAccount
}

func (c *checker) step(ctx context.Context, step *pipeline.PlannedStep) error {
	path := []string{"steps", step.ID}
	account, known := c.accounts[c.accountOf(step)]
	if !known {
		at := append(slices.Clone(path), "account")
		if step.Account == "" {
			at = []string{"account"}
		}
		c.add(at, "there is no account %q; configure its API key or name another", c.accountOf(step))
		return nil
	}
	scopes, unknown, ok := c.scopes(step, path)
	if !ok {
		return nil
	}
	for i, id := range step.Models() {
		at := path
		if i > 0 {
			at = append(slices.Clone(path), "fallback", strconv.Itoa(i-1))
		}
		model, err := account.Catalogue.Model(ctx, id)
		if err != nil {
			return err
		}
		if model == nil {
			c.add(append(slices.Clone(at), "model"), "WaveSpeedAI has no model %q%s", id, nearest.Hint(id, account.Catalogue.IDs()))
			continue
		}
		if i > 0 && step.Fallback[i-1].Input == nil {
			at = path
		}
		inputs := c.inputsOf(step, i, model, scopes, append(slices.Clone(at), "input"))
		if i == 0 {
			c.priced = append(c.priced, priced{step: step, account: account, model: model, inputs: inputs, unknown: unknown})
		}
	}
	return nil
}

// scope is what an item's expressions see, as far as it is known.
type scope struct {
	values map[string]any
	item   bool // the item is known
	name   string
}

// scopes are those of all items, or the only one of a step without for_each. Unknown says
// that the items are not known beforehand: one then stands for all.
func (c *checker) scopes(step *pipeline.PlannedStep, path []string) (scopes []scope, unknown, ok bool) {
	values := map[string]any{pipeline.RootInputs: c.inputs, pipeline.RootSteps: map[string]any{}}
	if step.Items == nil {
		return []scope{{values: values}}, false, true
	}
	at := append(slices.Clone(path), "for_each", "items")
	value, err := step.Items.Preview(values, c.known(scope{}))
	if err != nil {
		c.add(at, "%v", err)
		return nil, false, false
	}
	if _, unknown := value.(pipeline.Unknown); unknown {
		return []scope{{values: values}}, true, true
	}
	items, isList := value.([]any)
	if !isList {
		c.add(at, "must give a list")
		return nil, false, false
	}
	for i, item := range items {
		known := !hasUnknown(item)
		inner := map[string]any{
			pipeline.RootInputs: c.inputs, pipeline.RootSteps: map[string]any{}, pipeline.RootItem: item, pipeline.RootIndex: i,
		}
		scopes = append(scopes, scope{values: inner, item: known, name: fmt.Sprintf("item %d: ", i)})
	}
	return scopes, false, true
}

// known tells which references have a value in the scope.
func (c *checker) known(s scope) func(pipeline.Reference) bool {
	return func(ref pipeline.Reference) bool {
		switch ref.Root {
		case pipeline.RootInputs:
			_, given := c.inputs[ref.Name]
			return given
		case pipeline.RootItem, pipeline.RootIndex:
			return s.item
		default:
			return false
		}
	}
}

// maxItemProblems is how many items of a step are reported.
const maxItemProblems = 10

// inputsOf evaluates and checks the input of each item, and returns them.
func (c *checker) inputsOf(step *pipeline.PlannedStep, n int, model *Model, scopes []scope, path []string) []any {
	inputs := make([]any, 0, len(scopes))
	bad := 0
	for _, s := range scopes {
		before := len(c.problems)
		input, err := step.Inputs[n].Preview(s.values, c.known(s))
		if err != nil {
			c.add(path, "%s%v", s.name, err)
		} else {
			c.checkInput(model, input.(map[string]any), s.name, path)
			inputs = append(inputs, input)
		}
		if len(c.problems) == before {
			continue
		}
		if bad++; bad == maxItemProblems {
			c.add(path, "and perhaps more items like these")
			break
		}
	}
	return inputs
}

// switches are fields of the API itself that have no place in a durable generation.
var switches = map[string]string{
	"enable_sync_mode":     "a generation waits without holding a connection; leave it out",
	"enable_base64_output": "the provider delivers no base64 to a webhook; leave it out and take the output's URL",
}

func (c *checker) checkInput(model *Model, input map[string]any, item string, path []string) {
	for _, name := range slices.Sorted(keys(input)) {
		if why, no := switches[name]; no && input[name] == true {
			c.add(append(slices.Clone(path), name), "%s%s", item, why)
		}
	}
	if model.Schema == nil {
		return
	}
	u := &unknowns{}
	value := u.replace(input, nil)
	known := model.Schema.Properties()
	for _, name := range slices.Sorted(keys(input)) {
		if len(known) > 0 && !slices.Contains(known, name) && switches[name] == "" {
			// The provider drops it in silence, and bills what it makes without.
			c.add(append(slices.Clone(path), name), "%s%s has no such field%s", item, model.ID, nearest.Hint(name, known))
		}
	}
	for _, finding := range model.Schema.Check(value) {
		if len(finding.Path) == 1 && !slices.Contains(known, finding.Path[0]) || !u.believes(&finding) {
			continue
		}
		c.add(append(slices.Clone(path), finding.Path...), "%s%s (%s)", item, finding.Message, model.ID)
	}
}

// refusal tells whether the provider refused what it was asked, rather than failed.
func refusal(err error) bool {
	var failure *wavespeed.Error
	return errors.As(err, &failure) && (failure.StatusCode == http.StatusBadRequest || failure.StatusCode == http.StatusNotFound ||
		failure.StatusCode == http.StatusUnprocessableEntity)
}
