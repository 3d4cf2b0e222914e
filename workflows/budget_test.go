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
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

// till is a provider with prices by model, that keeps to the bounds it is given.
type till struct {
	prices  map[string]float64
	fails   map[string]bool // predictions of these models
	paid    float64         // for what did not fail
	submits []generation.SubmitInput
	refused []float64
	bounds  []float64
}

func (s *till) submit(in generation.SubmitInput) (generation.Submitted, error) {
	price := s.prices[in.Model]
	if in.MaxPrice == nil {
		return generation.Submitted{}, temporal.NewNonRetryableApplicationError("there is no bound", generation.ErrInvalidInput, nil)
	}
	s.bounds = append(s.bounds, *in.MaxPrice)
	if price > *in.MaxPrice+1e-6 {
		s.refused = append(s.refused, price)
		return generation.Submitted{}, temporal.NewApplicationErrorWithOptions("costs more", generation.ErrBudgetExceeded,
			temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{price}})
	}
	s.submits = append(s.submits, in)
	if !s.fails[in.Model] {
		s.paid += price
	}
	return generation.Submitted{PredictionID: in.Nonce, Price: &price}, nil
}

func (s *till) outcome(id string) generation.Outcome {
	for _, in := range s.submits {
		if in.Nonce == id && s.fails[in.Model] {
			return generation.Outcome{PredictionID: id, Status: "failed", Code: 5000}
		}
	}
	outcome := completed("https://cdn.test/1.png")
	outcome.PredictionID = id
	return outcome
}

func newTill(t *testing.T, prices map[string]float64) (*till, *testsuite.TestWorkflowEnvironment) {
	t.Helper()
	s := &till{prices: prices, fails: make(map[string]bool)}
	p := accepts()
	p.submit = func(_ int, in generation.SubmitInput) (generation.Submitted, error) { return s.submit(in) }
	p.await = func(_ int, in generation.AwaitInput) (generation.Outcome, error) {
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
func typeOf(err error) string {
	var failure *temporal.ApplicationError
	switch {
	case err == nil:
		return ""
	case temporal.IsCanceledError(err):
		return "canceled"
	default:
		failure, _ = err.(*temporal.ApplicationError)
		return failure.Type()
	}
}

// TestBudgetIsNeverPassed by many at once, of which none knows its price before it is
// asked for.
func TestBudgetIsNeverPassed(t *testing.T) {
	t.Parallel()
	for name, expected := range map[string]bool{"prices are not known": false, "prices are expected": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, env := newTill(t, map[string]float64{"a/cheap": 0.1, "a/middle": 0.25, "a/dear": 0.4})
			models := []string{"a/cheap", "a/middle", "a/dear"}
			budget := &workflows.Budget{Limit: 2}
			types := make([]string, 30)
			play(env, func(ctx workflow.Context) error {
				ctx = workflows.WithBudget(ctx, budget)
				if expected {
					for model, price := range s.prices {
						budget.Expect(model, price)
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
			require.LessOrEqual(t, s.paid, 2+1e-9)
			require.InDelta(t, s.paid, budget.Spent(), 1e-9)
			for i, errorType := range types {
				if errorType != "" {
					require.Equal(t, generation.ErrBudgetExceeded, errorType)
					require.Greater(t, s.prices[models[i%3]], 2-s.paid, "what fits is not refused")
				}
			}
		})
	}
}

// TestBudgetBounds: a price that is not known may be all that is left, one that is known is
// the bound of the next.
func TestBudgetBounds(t *testing.T) {
	t.Parallel()
	s, env := newTill(t, map[string]float64{"a/b": 0.3})
	play(env, func(ctx workflow.Context) error {
		ctx = workflows.WithBudget(ctx, &workflows.Budget{Limit: 2})
		for i := range 3 {
			if i == 1 {
				s.prices["a/b"] = 0.5 // it has become dearer
			}
			if _, err := workflows.Generate(ctx, of("a/b", fmt.Sprint(i))); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, env.GetWorkflowError())
	require.InDeltaSlice(t, []float64{2, 1.7, 1.2}, s.bounds, 1e-9)
	require.Empty(t, s.refused)
}

func TestWithoutABudgetThereIsNoBound(t *testing.T) {
	t.Parallel()
	p := accepts()
	p.await = func(int, generation.AwaitInput) (generation.Outcome, error) {
		return completed("https://cdn.test/1.png"), nil
	}
	env := newEnv(t, p)
	env.ExecuteWorkflow(generation.WorkflowName, request())
	result(t, env)
	require.Nil(t, p.submits[0].MaxPrice)
}

func TestBudgetThatFails(t *testing.T) {
	t.Parallel()
	s, env := newTill(t, map[string]float64{"a/b": 0.7})
	budget := &workflows.Budget{Limit: 1}
	play(env, func(ctx workflow.Context) error {
		ctx = workflows.WithBudget(ctx, budget)
		if _, err := workflows.Generate(ctx, of("a/b", "first")); err != nil {
			return err
		}
		_, err := workflows.Generate(ctx, of("a/b", "second"))
		return err
	})
	err, status := failure(t, env)
	require.Equal(t, generation.ErrBudgetExceeded, err.Type())
	require.Contains(t, err.Message(), `generation "second" (a/b): its price of $0.70 would pass the budget of $1.00, of which $0.70 is spent; nothing was submitted`)
	require.Equal(t, generation.StateFailed, status.State)
	require.Equal(t, generation.StateAbsent, status.Attempts[0].State)
	require.Len(t, s.submits, 1)
	require.InDelta(t, 0.7, budget.Spent(), 1e-9)
	require.InDelta(t, 0.7, budget.Needs(), 1e-9)
}

// TestBudgetLetsPassWhatFits, also after something that did not.
func TestBudgetLetsPassWhatFits(t *testing.T) {
	t.Parallel()
	s, env := newTill(t, map[string]float64{"a/dear": 5, "a/cheap": 0.5})
	var got generation.Result
	play(env, func(ctx workflow.Context) (err error) {
		got, err = workflows.Fallback(workflows.WithBudget(ctx, &workflows.Budget{Limit: 1}), of("a/dear", "still"),
			workflows.Alternative{Request: of("a/cheap", ""), On: []string{generation.ErrBudgetExceeded}})
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
	s, env := newTill(t, map[string]float64{"a/b": 1})
	budget := &workflows.Budget{Limit: 2, Wait: true}
	held, needs, states := 0, 0.0, make(map[string]generation.State)
	env.RegisterDelayedCallback(func() {
		held, needs = budget.Held()
		for _, status := range queried(t, env) {
			states[status.Key] = status.State
		}
	}, time.Minute)
	for at, limit := range map[time.Duration]float64{10 * time.Hour: 2.5, 20 * time.Hour: 3} {
		env.RegisterDelayedCallback(func() { env.SignalWorkflow("raise", limit) }, at)
	}
	play(env, func(ctx workflow.Context) error {
		workflow.Go(ctx, func(ctx workflow.Context) {
			for {
				var limit float64
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
	require.InDelta(t, 1, needs, 1e-9)
	require.Equal(t, map[string]generation.State{"a": generation.StateCompleted, "b": generation.StateCompleted, "c": generation.StateHeld}, states)
	require.Len(t, s.submits, 3)
	require.InDelta(t, 3, budget.Spent(), 1e-9)
	require.Zero(t, budget.Needs())
	held, _ = budget.Held()
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
	s, env := newTill(t, map[string]float64{"a/b": 1})
	env.RegisterDelayedCallback(env.CancelWorkflow, time.Hour)
	play(env, func(ctx workflow.Context) error {
		_, err := workflows.Generate(workflows.WithBudget(ctx, &workflows.Budget{Limit: 0.5, Wait: true}), of("a/b", "still"))
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
	s, env := newTill(t, map[string]float64{"a/bad": 1})
	s.fails["a/bad"] = true
	budget := &workflows.Budget{Limit: 1}
	play(env, func(ctx workflow.Context) error {
		asked := of("a/bad", "still")
		asked.MaxPredictions = 3
		_, err := workflows.Generate(workflows.WithBudget(ctx, budget), asked)
		return err
	})
	err, _ := failure(t, env)
	require.Equal(t, generation.ErrPredictionFailed, err.Type())
	require.Len(t, s.submits, 3)
	require.Zero(t, budget.Spent())
}

// TestRefundsLetGoOn what was held.
func TestRefundsLetGoOn(t *testing.T) {
	t.Parallel()
	s, env := newTill(t, map[string]float64{"a/b": 1, "a/bad": 1})
	s.fails["a/bad"] = true
	budget := &workflows.Budget{Limit: 1, Wait: true}
	types := make(map[string]string)
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
	require.Equal(t, map[string]string{"a/bad": generation.ErrPredictionFailed, "a/b": ""}, types)
	require.Len(t, s.submits, 2)
	require.InDelta(t, 1, budget.Spent(), 1e-9)
}

// TestWhatGoesOnIsPaidFor: a prediction that is only given up is billed.
func TestWhatGoesOnIsPaidFor(t *testing.T) {
	t.Parallel()
	price := 0.4
	for name, c := range map[string]struct {
		change func(p *provider)
		want   float64 // of 1
	}{
		"the deadline passed": {func(*provider) {}, 0.4},
		"nobody knows whether it was accepted": {func(p *provider) {
			p.submit, p.find = losesAnswers().submit, func(int, generation.FindInput) (generation.Found, error) {
				return generation.Found{Verdict: generation.VerdictAmbiguous}, nil
			}
		}, 1},
		"it was surely not accepted": {func(p *provider) {
			p.submit, p.find = losesAnswers().submit, func(call int, _ generation.FindInput) (generation.Found, error) {
				verdict := []generation.Verdict{generation.VerdictAbsent, generation.VerdictAmbiguous}[min(call, 2)-1]
				return generation.Found{Verdict: verdict}, nil
			}
		}, 1}, // the second one may be
		"it was refused": {func(p *provider) {
			p.submit = func(int, generation.SubmitInput) (generation.Submitted, error) {
				return generation.Submitted{}, temporal.NewNonRetryableApplicationError("no", generation.ErrInvalidInput, nil)
			}
		}, 0},
		"the price was not told": {func(p *provider) {
			p.submit = func(int, generation.SubmitInput) (generation.Submitted, error) {
				return generation.Submitted{PredictionID: predictionID}, nil
			}
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := accepts()
			p.submit = func(int, generation.SubmitInput) (generation.Submitted, error) {
				return generation.Submitted{PredictionID: predictionID, Price: &price}, nil
			}
			c.change(p)
			env := newEnv(t, p)
			budget := &workflows.Budget{Limit: 1}
			play(env, func(ctx workflow.Context) error {
				_, err := workflows.Generate(workflows.WithBudget(ctx, budget), request())
				return err
			})
			require.Error(t, env.GetWorkflowError())
			require.InDelta(t, c.want, budget.Spent(), 1e-9)
		})
	}
}

func TestGrants(t *testing.T) {
	t.Parallel()
	b := &workflows.Budget{Limit: 10}
	granted, ok := b.Grant(6, 1)
	require.True(t, ok)
	require.InDelta(t, 6, granted, 1e-9)
	granted, ok = b.Grant(6, 1)
	require.True(t, ok, "as much as there is")
	require.InDelta(t, 4, granted, 1e-9)
	_, ok = b.Grant(1, 0)
	require.False(t, ok, "there is nothing left")
	b.Settle(4, 1)
	_, ok = b.Grant(5, 3.5)
	require.False(t, ok, "3 are less than the least")
	granted, ok = b.Grant(5, 3)
	require.True(t, ok)
	require.InDelta(t, 3, granted, 1e-9)
	require.InDelta(t, 1, b.Spent(), 1e-9)
}

func TestExpectedPrices(t *testing.T) {
	t.Parallel()
	b := &workflows.Budget{Limit: 10}
	require.Zero(t, b.Expected("a/b"))
	b.Expect("a/b", 0.3)
	b.Expect("a/b", 0.2)
	require.InDelta(t, 0.3, b.Expected("a/b"), 1e-9, "the highest")
}

// TestHold waits for a larger limit, or for something to come back.
func TestHold(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(b *workflows.Budget, env *testsuite.TestWorkflowEnvironment){
		"raised":   func(b *workflows.Budget, _ *testsuite.TestWorkflowEnvironment) { b.Raise(5) },
		"settled":  func(b *workflows.Budget, _ *testsuite.TestWorkflowEnvironment) { b.Settle(1, 0.5) },
		"canceled": func(_ *workflows.Budget, env *testsuite.TestWorkflowEnvironment) { env.CancelWorkflow() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newEnv(t, accepts())
			budget := &workflows.Budget{Limit: 1, Wait: true}
			var during, needs float64
			env.RegisterDelayedCallback(func() {
				held, price := budget.Held()
				during, needs = price, budget.Needs()*float64(held)
			}, time.Minute)
			env.RegisterDelayedCallback(func() { end(budget, env); env.SignalWorkflow("wake", nil) }, time.Hour)
			play(env, func(ctx workflow.Context) error { return budget.Hold(ctx, 3) })
			require.Equal(t, name == "canceled", env.GetWorkflowError() != nil)
			require.InDelta(t, 3, during, 1e-9)
			require.InDelta(t, 3, needs, 1e-9)
			held, _ := budget.Held()
			require.Zero(t, held)
		})
	}
}

// TestKeptResultsCostNothing: an earlier run has paid for them.
func TestKeptResultsCostNothing(t *testing.T) {
	t.Parallel()
	s, env := newTill(t, map[string]float64{"a/b": 1})
	budget := &workflows.Budget{Limit: 1}
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
	require.InDelta(t, 1, budget.Spent(), 1e-9)
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
	fingerprint, err := generation.Fingerprint(request)
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
	p.submit = func(_ int, in generation.SubmitInput) (generation.Submitted, error) {
		if *in.MaxPrice < 1 {
			return generation.Submitted{}, temporal.NewNonRetryableApplicationError("costs more", generation.ErrBudgetExceeded, nil, 1.0)
		}
		sent = env.Now()
		return generation.Submitted{}, temporal.NewNonRetryableApplicationError("lost", generation.ErrSubmitUnknown, nil)
	}
	p.find = func(_ int, in generation.FindInput) (generation.Found, error) {
		return generation.Found{Verdict: generation.VerdictFound, PredictionID: earlierID}, nil
	}
	play(env, func(ctx workflow.Context) error {
		b := &workflows.Budget{Limit: 0.5, Wait: true}
		workflow.Go(ctx, func(ctx workflow.Context) {
			_ = workflow.Sleep(ctx, 20*24*time.Hour)
			b.Raise(5)
		})
		_, err := workflows.Generate(workflows.WithBudget(ctx, b), of("a/b", "still"))
		return err
	})
	require.NoError(t, env.GetWorkflowError())
	require.WithinDuration(t, sent, p.finds[0].Submitted, time.Minute)
}
