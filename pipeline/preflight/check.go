package preflight

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/nearest"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

// Provider is what is asked of one account at WaveSpeedAI.
type Provider interface {
	Price(ctx context.Context, model string, input any) (wavespeed.Price, error)
	Balance(ctx context.Context) (generation.USD, error)
}

// Account is an account with its catalogue.
type Account struct {
	Provider  Provider
	Catalogue *Catalogue
}

// Check checks a plan with the inputs that are known; those that are not are taken to be
// right. Changes replace fields of steps' inputs, by step; nil for none. The report has all
// problems. An error is one of asking the provider.
func Check(ctx context.Context, accounts map[string]Account, plan *pipeline.Plan, inputs map[string]any, changes map[string]map[string]any) (pipeline.Report, error) {
	c := &checker{accounts: accounts, plan: plan, inputs: inputs, changes: changes, fields: make(map[string][]string)}
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
	return pipeline.Report{Problems: c.problems, Estimate: estimate, Fields: c.fields}, err
}

type checker struct {
	accounts map[string]Account
	plan     *pipeline.Plan
	inputs   map[string]any
	changes  map[string]map[string]any
	fields   map[string][]string // that models' inputs have, by step
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
			c.add(append(slices.Clone(at), "model"), "WaveSpeedAI has no model %q%s", id, modelHint(id, account.Catalogue.IDs()))
			continue
		}
		if i > 0 && step.Fallback[i-1].Input == nil {
			at = path
		}
		inputs := c.inputsOf(step, i, model, scopes, append(slices.Clone(at), "input"))
		if i == 0 {
			c.fields[step.ID] = model.fields()
			c.priced = append(c.priced, priced{step: step, account: account, model: model, inputs: inputs, unknown: unknown})
		}
	}
	return nil
}

// modelHint asks for the model that was meant: one of that name, whoever makes it, or the
// nearest.
func modelHint(id string, ids []string) string {
	for _, known := range ids {
		if strings.HasSuffix(known, "/"+id) {
			return "; did you mean " + known + "?"
		}
	}
	return nearest.Hint(id, ids)
}

// refusal tells whether the provider refused what it was asked, rather than failed.
func refusal(err error) bool {
	var failure *wavespeed.Error
	if !errors.As(err, &failure) {
		return false
	}
	status := failure.Status()
	return status == http.StatusBadRequest || status == http.StatusNotFound || status == http.StatusUnprocessableEntity
}
