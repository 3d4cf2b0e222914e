package workflows_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/kernel"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/usd"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

var dollars = generation.Dollars

// till is a provider with prices by model, that keeps to the bounds it is given.
type till struct {
	*provider
	prices  map[string]generation.USD
	fails   map[string]bool // predictions of these models
	paid    generation.USD  // for what did not fail
	submits []wire.SubmitInput
	refused []generation.USD
	bounds  []generation.USD
}

func (s *till) submit(in wire.SubmitInput) (wire.Submitted, error) {
	price := s.prices[in.Model]
	if in.MaxPrice == nil {
		return wire.Submitted{}, temporal.NewNonRetryableApplicationError("there is no bound", string(generation.ErrorTypeInvalidInput), nil)
	}
	s.bounds = append(s.bounds, *in.MaxPrice)
	if price > *in.MaxPrice {
		s.refused = append(s.refused, price)
		return wire.Submitted{}, temporal.NewApplicationErrorWithOptions("costs more", string(generation.ErrorTypeBudgetExceeded),
			temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{price}})
	}
	s.submits = append(s.submits, in)
	if !s.fails[in.Model] {
		s.paid += price
	}
	return wire.Submitted{PredictionID: in.Nonce, Price: &price}, nil
}

func (s *till) outcome(id string) wire.Outcome {
	for _, in := range s.submits {
		if in.Nonce == id && s.fails[in.Model] {
			return wire.Outcome{PredictionID: id, Status: "failed", Failure: generation.ErrorTypePredictionFailed}
		}
	}
	outcome := completed("https://cdn.test/1.png")
	outcome.PredictionID = id
	return outcome
}

func newTill(t *testing.T, prices map[string]generation.USD) (*till, *testsuite.TestWorkflowEnvironment) {
	t.Helper()
	s := &till{prices: prices, fails: make(map[string]bool)}
	p := accepts()
	s.provider = p
	p.submit = func(_ int, in wire.SubmitInput) (wire.Submitted, error) { return s.submit(in) }
	p.await = func(_ int, in wire.AwaitInput) (wire.Outcome, error) {
		return s.outcome(in.PredictionID), nil
	}
	return s, newEnv(t, p)
}

// play runs a workflow to its end.
func play(env *testsuite.TestWorkflowEnvironment, f func(workflow.Context) error) {
	env.RegisterWorkflowWithOptions(f, workflow.RegisterOptions{Name: "test"})
	env.ExecuteWorkflow("test")
}

// of is a request to a model, with its own key.
func of(model, key string) generation.Request {
	return generation.Request{Key: key, Model: model, Input: map[string]any{"prompt": key}}
}

// typeOf is the type of the error in which a generation ended; "" for none.
func typeOf(err error) generation.ErrorType {
	var failure *temporal.ApplicationError
	switch {
	case err == nil:
		return ""
	case temporal.IsCanceledError(err):
		return "canceled"
	default:
		failure, _ = err.(*temporal.ApplicationError)
		return generation.ErrorType(failure.Type())
	}
}

// TestBudgetIsNeverPassed by many at once, of which none knows its price before it is
// asked for.
func TestBudgetIsNeverPassed(t *testing.T) {
	t.Parallel()
	for name, expected := range map[string]bool{"prices are not known": false, "prices are expected": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, env := newTill(t, map[string]generation.USD{"a/cheap": dollars(0.1), "a/middle": dollars(0.25), "a/dear": dollars(0.4)})
			models := []string{"a/cheap", "a/middle", "a/dear"}
			budget := &workflows.Budget{Limit: dollars(2)}
			types := make([]generation.ErrorType, 30)
			play(env, func(ctx workflow.Context) error {
				ctx = workflows.WithBudget(ctx, budget)
				if expected {
					for model, price := range s.prices {
						kernel.BudgetOf(ctx).Expect(model, price)
					}
				}
				group := workflow.NewWaitGroup(ctx)
				for i := range types {
					group.Go(ctx, func(ctx workflow.Context) {
						_, err := workflows.Generate(ctx, of(models[i%3], fmt.Sprint(i)))
						types[i] = typeOf(err)
					})
				}
				group.Wait(ctx)
				return nil
			})
			require.NoError(t, env.GetWorkflowError())
			require.LessOrEqual(t, s.paid, dollars(2))
			require.Equal(t, s.paid, budget.Spent())
			for i, errorType := range types {
				if errorType != "" {
					require.Equal(t, generation.ErrorTypeBudgetExceeded, errorType)
					require.Greater(t, s.prices[models[i%3]], dollars(2)-s.paid, "what fits is not refused")
				}
			}
		})
	}
}

// TestBudgetBounds: a price that is not known may be all that is left, one that is known is
// the bound of the next.
func TestBudgetBounds(t *testing.T) {
	t.Parallel()
	s, env := newTill(t, map[string]generation.USD{"a/b": dollars(0.3)})
	play(env, func(ctx workflow.Context) error {
		ctx = workflows.WithBudget(ctx, &workflows.Budget{Limit: dollars(2)})
		for i := range 3 {
			if i == 1 {
				s.prices["a/b"] = dollars(0.5) // it has become dearer
			}
			if _, err := workflows.Generate(ctx, of("a/b", fmt.Sprint(i))); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []generation.USD{dollars(2), dollars(1.7), dollars(1.2)}, s.bounds)
	require.Empty(t, s.refused)
}

func TestWithoutABudgetThereIsNoBound(t *testing.T) {
	t.Parallel()
	p := accepts()
	p.await = func(int, wire.AwaitInput) (wire.Outcome, error) {
		return completed("https://cdn.test/1.png"), nil
	}
	env := newEnv(t, p)
	env.ExecuteWorkflow(generation.WorkflowName, request())
	result(t, env)
	require.Nil(t, p.submits[0].MaxPrice)
}

func TestBudgetThatFails(t *testing.T) {
	t.Parallel()
	s, env := newTill(t, map[string]generation.USD{"a/b": dollars(0.7)})
	budget := &workflows.Budget{Limit: dollars(1)}
	play(env, func(ctx workflow.Context) error {
		ctx = workflows.WithBudget(ctx, budget)
		if _, err := workflows.Generate(ctx, of("a/b", "first")); err != nil {
			return err
		}
		_, err := workflows.Generate(ctx, of("a/b", "second"))
		return err
	})
	err, status := failure(t, env)
	require.Equal(t, generation.ErrorTypeBudgetExceeded, generation.ErrorTypeOf(err))
	require.Contains(t, err.Message(), `generation "second" (a/b): its price of $0.70 would pass the budget of $1.00, of which $0.70 is spent; nothing was submitted`)
	require.Equal(t, generation.StateFailed, status.State)
	require.Equal(t, generation.StateAbsent, status.Attempts[0].State)
	require.Len(t, s.submits, 1)
	require.Equal(t, dollars(0.7), budget.Spent())
	_, needs := budget.Held()
	require.Equal(t, dollars(0.7), needs)
}

// TestBudgetLetsPassWhatFits, also after something that did not.
func TestBudgetLetsPassWhatFits(t *testing.T) {
	t.Parallel()
	s, env := newTill(t, map[string]generation.USD{"a/dear": dollars(5), "a/cheap": dollars(0.5)})
	var got generation.Result
	play(env, func(ctx workflow.Context) (err error) {
		got, err = workflows.Fallback(workflows.WithBudget(ctx, &workflows.Budget{Limit: dollars(1)}), of("a/dear", "still"),
			workflows.Alternative{Request: of("a/cheap", ""), On: []generation.ErrorType{generation.ErrorTypeBudgetExceeded}})
		return err
	})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, "a/cheap", got.Model)
	require.Len(t, s.submits, 1)
}

// TestBudgetThatWaits holds what does not fit until the limit is raised. That time does
// not count towards the deadline of a generation.
func TestBudgetThatWaits(t *testing.T) {
	t.Parallel()
	s, env := newTill(t, map[string]generation.USD{"a/b": dollars(1)})
	budget := &workflows.Budget{Limit: dollars(2), Wait: true}
	held, needs, states := 0, dollars(0), make(map[string]generation.State)
	env.RegisterDelayedCallback(func() {
		held, needs = budget.Held()
		for _, status := range queried(t, env) {
			states[status.Key] = status.State
		}
	}, time.Minute)
	for at, limit := range map[time.Duration]generation.USD{10 * time.Hour: dollars(2.5), 20 * time.Hour: dollars(3)} {
		env.RegisterDelayedCallback(func() { env.SignalWorkflow("raise", limit) }, at)
	}
	play(env, func(ctx workflow.Context) error {
		workflow.Go(ctx, func(ctx workflow.Context) {
			for {
				var limit generation.USD
				workflow.GetSignalChannel(ctx, "raise").Receive(ctx, &limit)
				budget.Raise(limit)
			}
		})
		_, err := workflows.ForEach(ctx, []string{"a", "b", "c"}, workflows.ForEachOptions{}, func(ctx workflow.Context, _ int, key string) (generation.Result, error) {
			return workflows.Generate(workflows.WithBudget(ctx, budget), of("a/b", key))
		})
		return err
	})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, 1, held)
	require.Equal(t, dollars(1), needs)
	require.Equal(t, map[string]generation.State{"a": generation.StateCompleted, "b": generation.StateCompleted, "c": generation.StateHeld}, states)
	require.Len(t, s.submits, 3)
	require.Equal(t, dollars(3), budget.Spent())
	held, needs = budget.Held()
	require.Zero(t, needs)
	require.Zero(t, held)
}

// queried are the generations as the query shows them.
func queried(t *testing.T, env *testsuite.TestWorkflowEnvironment) []generation.Status {
	t.Helper()
	answer, err := env.QueryWorkflow(generation.StatusQuery)
	require.NoError(t, err)
	var statuses []generation.Status
	require.NoError(t, answer.Get(&statuses))
	return statuses
}

func TestCancelWhileHeld(t *testing.T) {
	t.Parallel()
	s, env := newTill(t, map[string]generation.USD{"a/b": dollars(1)})
	env.RegisterDelayedCallback(env.CancelWorkflow, time.Hour)
	play(env, func(ctx workflow.Context) error {
		_, err := workflows.Generate(workflows.WithBudget(ctx, &workflows.Budget{Limit: dollars(0.5), Wait: true}), of("a/b", "still"))
		return err
	})
	var canceled *temporal.CanceledError
	require.ErrorAs(t, env.GetWorkflowError(), &canceled)
	var status generation.Status
	require.NoError(t, canceled.Details(&status))
	require.Equal(t, generation.StateCanceled, status.State)
	require.Contains(t, status.Attempts[0].Reason, "before anything was submitted")
	require.Empty(t, s.submits)
	require.Equal(t, generation.StateCanceled, queried(t, env)[0].State)

	// Another run submits it, and looks for nothing.
	p := completes()
	again := newEnv(t, p)
	resume(again, of("a/b", "still"), queried(t, env)[0])
	require.NoError(t, again.GetWorkflowError())
	require.Empty(t, p.finds)
	require.Len(t, p.submits, 1)
}

// TestFailedPredictionsCostNothing: the provider refunds them, so that there is enough for
// another try.
func TestFailedPredictionsCostNothing(t *testing.T) {
	t.Parallel()
	s, env := newTill(t, map[string]generation.USD{"a/bad": dollars(1)})
	s.fails["a/bad"] = true
	budget := &workflows.Budget{Limit: dollars(1)}
	play(env, func(ctx workflow.Context) error {
		asked := of("a/bad", "still")
		asked.MaxPredictions = 3
		_, err := workflows.Generate(workflows.WithBudget(ctx, budget), asked)
		return err
	})
	err, _ := failure(t, env)
	require.Equal(t, generation.ErrorTypePredictionFailed, generation.ErrorTypeOf(err))
	require.Len(t, s.submits, 3)
	require.Zero(t, budget.Spent())
}

// TestRefundsLetGoOn what was held.
func TestRefundsLetGoOn(t *testing.T) {
	t.Parallel()
	s, env := newTill(t, map[string]generation.USD{"a/b": dollars(1), "a/bad": dollars(1)})
	s.fails["a/bad"] = true
	budget := &workflows.Budget{Limit: dollars(1), Wait: true}
	types := make(map[string]generation.ErrorType)
	play(env, func(ctx workflow.Context) error {
		ctx = workflows.WithBudget(ctx, budget)
		group := workflow.NewWaitGroup(ctx)
		for _, model := range []string{"a/bad", "a/b"} {
			group.Go(ctx, func(ctx workflow.Context) {
				_, err := workflows.Generate(ctx, of(model, model))
				types[model] = typeOf(err)
			})
		}
		group.Wait(ctx)
		return nil
	})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, map[string]generation.ErrorType{"a/bad": generation.ErrorTypePredictionFailed, "a/b": ""}, types)
	require.Len(t, s.submits, 2)
	require.Equal(t, dollars(1), budget.Spent())
}

// TestWhatGoesOnIsPaidFor: a prediction that is only given up is billed.
func TestWhatGoesOnIsPaidFor(t *testing.T) {
	t.Parallel()
	price := dollars(0.4)
	for name, c := range map[string]struct {
		change func(p *provider)
		want   generation.USD // of 1
	}{
		"the deadline passed": {func(*provider) {}, dollars(0.4)},
		"nobody knows whether it was accepted": {func(p *provider) {
			p.submit, p.find = losesAnswers().submit, func(int, wire.FindInput) (wire.Found, error) {
				return wire.Found{Conclusion: wire.ConclusionUndecided}, nil
			}
		}, dollars(1)},
		"it was surely not accepted": {func(p *provider) {
			p.submit, p.find = losesAnswers().submit, func(call int, _ wire.FindInput) (wire.Found, error) {
				conclusion := []wire.Conclusion{wire.ConclusionAbsent, wire.ConclusionUndecided}[min(call, 2)-1]
				return wire.Found{Conclusion: conclusion}, nil
			}
		}, dollars(1)}, // the second one may be
		"it was refused": {func(p *provider) {
			p.submit = func(int, wire.SubmitInput) (wire.Submitted, error) {
				return wire.Submitted{}, temporal.NewNonRetryableApplicationError("no", string(generation.ErrorTypeInvalidInput), nil)
			}
		}, 0},
		"the price was not told": {func(p *provider) {
			p.submit = func(int, wire.SubmitInput) (wire.Submitted, error) {
				return wire.Submitted{PredictionID: predictionID}, nil
			}
		}, dollars(1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := accepts()
			p.submit = func(int, wire.SubmitInput) (wire.Submitted, error) {
				return wire.Submitted{PredictionID: predictionID, Price: &price}, nil
			}
			c.change(p)
			env := newEnv(t, p)
			budget := &workflows.Budget{Limit: dollars(1)}
			play(env, func(ctx workflow.Context) error {
				_, err := workflows.Generate(workflows.WithBudget(ctx, budget), request())
				return err
			})
			require.Error(t, env.GetWorkflowError())
			require.Equal(t, c.want, budget.Spent())
		})
	}
}

// TestHold waits for a larger limit, or for something to come back.
func TestHold(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(b *kernel.Budget, env *testsuite.TestWorkflowEnvironment){
		"raised":   func(b *kernel.Budget, _ *testsuite.TestWorkflowEnvironment) { b.Raise(dollars(5)) },
		"settled":  func(b *kernel.Budget, _ *testsuite.TestWorkflowEnvironment) { b.Settle(dollars(1), dollars(0.5)) },
		"canceled": func(_ *kernel.Budget, env *testsuite.TestWorkflowEnvironment) { env.CancelWorkflow() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newEnv(t, accepts())
			budget := &kernel.Budget{Limit: dollars(1), Wait: true}
			var during, needs generation.USD
			env.RegisterDelayedCallback(func() {
				held, price := budget.Held()
				during, needs = price, usd.Times(budget.Uncovered(), held)
			}, time.Minute)
			env.RegisterDelayedCallback(func() { end(budget, env); env.SignalWorkflow("wake", nil) }, time.Hour)
			play(env, func(ctx workflow.Context) error { return budget.Hold(ctx, dollars(3)) })
			require.Equal(t, name == "canceled", env.GetWorkflowError() != nil)
			require.Equal(t, dollars(3), during)
			require.Equal(t, dollars(3), needs)
			held, _ := budget.Held()
			require.Zero(t, held)
		})
	}
}

// TestKeptResultsCostNothing: an earlier run has paid for them.
func TestKeptResultsCostNothing(t *testing.T) {
	t.Parallel()
	s, env := newTill(t, map[string]generation.USD{"a/b": dollars(1)})
	budget := &workflows.Budget{Limit: dollars(1)}
	play(env, func(ctx workflow.Context) error {
		ctx = workflows.WithEarlier(workflows.WithBudget(ctx, budget), earlierResult(t, of("a/b", "first"), "https://cdn.test/0.png"))
		if _, err := workflows.Generate(ctx, of("a/b", "first")); err != nil {
			return err
		}
		_, err := workflows.Generate(ctx, of("a/b", "second"))
		return err
	})
	require.NoError(t, env.GetWorkflowError())
	require.Len(t, s.submits, 1)
	require.Equal(t, dollars(1), budget.Spent())
}

// earlierResult is what an earlier run has made of a request.
func earlierResult(t *testing.T, request generation.Request, url string) generation.Status {
	t.Helper()
	encoded, err := json.Marshal(url)
	require.NoError(t, err)
	status := earlierStatus(t, request, generation.StateCompleted, generation.Attempt{State: generation.StateCompleted, PredictionID: "earlier"})
	status.Outputs = []generation.Output{encoded}
	return status
}

// earlierStatus is where an earlier run has left a request.
func earlierStatus(t *testing.T, request generation.Request, state generation.State, last generation.Attempt) generation.Status {
	t.Helper()
	fingerprint, err := wire.Fingerprint(request)
	require.NoError(t, err)
	last.Number = 1
	return generation.Status{
		Key: request.Key, Model: request.Model, Account: generation.DefaultAccount, State: state, Fingerprint: fingerprint, Attempts: []*generation.Attempt{&last},
	}
}

// TestHeldSubmitIsLookedForSinceItWasSent, and not since it began to wait.
func TestHeldSubmitIsLookedForSinceItWasSent(t *testing.T) {
	t.Parallel()
	p := completes()
	env := newEnv(t, p)
	var sent time.Time
	p.submit = func(_ int, in wire.SubmitInput) (wire.Submitted, error) {
		if *in.MaxPrice < dollars(1) {
			return wire.Submitted{}, temporal.NewNonRetryableApplicationError("costs more", string(generation.ErrorTypeBudgetExceeded), nil, 1.0)
		}
		sent = env.Now()
		return wire.Submitted{}, temporal.NewNonRetryableApplicationError("lost", string(generation.ErrorTypeSubmitUnknown), nil)
	}
	p.find = func(_ int, in wire.FindInput) (wire.Found, error) {
		return wire.Found{Conclusion: wire.ConclusionFound, PredictionID: earlierID}, nil
	}
	play(env, func(ctx workflow.Context) error {
		b := &workflows.Budget{Limit: dollars(0.5), Wait: true}
		workflow.Go(ctx, func(ctx workflow.Context) {
			_ = workflow.Sleep(ctx, 20*24*time.Hour)
			b.Raise(dollars(5))
		})
		_, err := workflows.Generate(workflows.WithBudget(ctx, b), of("a/b", "still"))
		return err
	})
	require.NoError(t, env.GetWorkflowError())
	require.WithinDuration(t, sent, p.finds[0].Began, time.Minute)
}
