package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/record"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

const earlierID = "feedfeedfeedfeedfeedfeedfeedfeed"

// resume generates a request as a run does that continues with what another has left.
func resume(env *testsuite.TestWorkflowEnvironment, asked generation.Request, left ...generation.Status) {
	env.RegisterWorkflowWithOptions(func(ctx workflow.Context) (generation.Result, error) {
		return workflows.Generate(workflows.WithEarlier(ctx, left...), asked)
	}, workflow.RegisterOptions{Name: "test"})
	env.ExecuteWorkflow("test")
}

// completes is a provider on which every prediction has completed.
func completes() *provider {
	p := accepts()
	p.await = func(_ int, in wire.AwaitInput) (wire.Outcome, error) {
		outcome := completed("https://cdn.test/new.png")
		outcome.PredictionID = in.PredictionID
		return outcome, nil
	}
	return p
}

func TestEarlierResultIsKept(t *testing.T) {
	t.Parallel()
	price := dollars(0.5)
	done := earlierResult(t, request(), "https://cdn.test/earlier.png")
	done.Attempts[0].Price = &price
	omitted := earlierResult(t, request(), "")
	omitted.Outputs, omitted.Omitted = nil, true
	done.NSFW, done.InferenceMS = []bool{true}, 1234
	for name, left := range map[string]generation.Status{"outputs": done, "outputs that are too large": omitted} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := completes()
			env := newEnv(t, p)
			resume(env, request(), left)
			got := result(t, env)
			require.Equal(t, wire.ViaEarlier, got.Via)
			require.Equal(t, "earlier", got.PredictionID)
			require.Equal(t, left.Outputs, got.Outputs)
			require.Equal(t, left.Omitted, got.Omitted)
			require.Equal(t, left.NSFW, got.NSFW)
			require.Equal(t, left.InferenceMS, got.InferenceMS)
			require.Empty(t, p.submits)
			require.Empty(t, p.awaits)
			require.Empty(t, p.finds)
			status := queried(t, env)[0]
			require.True(t, status.Kept)
			require.Equal(t, left.NSFW, status.NSFW, "a third run has it too")
			require.Equal(t, left.InferenceMS, status.InferenceMS)
			require.Equal(t, generation.StateCompleted, status.State)
			_, known := record.Price(status)
			require.False(t, known, "this run has paid nothing")
		})
	}
}

// TestEarlierPredictionIsAwaited: it was paid for, and may still give a result.
func TestEarlierPredictionIsAwaited(t *testing.T) {
	t.Parallel()
	attempt := func(state generation.State) generation.Attempt {
		return generation.Attempt{State: state, PredictionID: earlierID, Nonce: "00"}
	}
	late := earlierStatus(t, request(), generation.StateFailed, attempt(generation.StateFailed))
	late.ErrorType = generation.ErrorTypeDeadlineExceeded
	for name, left := range map[string]generation.Status{
		"waiting":             earlierStatus(t, request(), generation.StateWaiting, attempt(generation.StateWaiting)),
		"polling":             earlierStatus(t, request(), generation.StatePolling, attempt(generation.StatePolling)),
		"canceled":            earlierStatus(t, request(), generation.StateCanceled, attempt(generation.StateCanceled)),
		"the deadline passed": late,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := completes()
			env := newEnv(t, p)
			resume(env, request(), left)
			got := result(t, env)
			require.Equal(t, earlierID, got.PredictionID)
			require.Equal(t, "https://cdn.test/new.png", got.URL(0))
			require.Equal(t, wire.ViaPoll, got.Via)
			require.Equal(t, earlierID, p.awaits[0].PredictionID)
			require.Empty(t, p.submits)
			require.False(t, queried(t, env)[0].Kept)
		})
	}
}

// TestEarlierPredictionThatFails is like any other: it is submitted again if the request
// allows for more.
func TestEarlierPredictionThatFails(t *testing.T) {
	t.Parallel()
	for predictions, submits := range map[int]int{1: 0, 2: 1} {
		p := completes()
		succeed := p.await
		p.await = func(call int, in wire.AwaitInput) (wire.Outcome, error) {
			if in.PredictionID == earlierID {
				return wire.Outcome{PredictionID: earlierID, Status: "failed", Failure: generation.ErrorTypePredictionFailed}, nil
			}
			return succeed(call, in)
		}
		env := newEnv(t, p)
		asked := request()
		asked.MaxPredictions = predictions
		resume(env, asked, earlierStatus(t, request(), generation.StateWaiting, generation.Attempt{State: generation.StateWaiting, PredictionID: earlierID}))
		require.Equal(t, submits == 0, env.GetWorkflowError() != nil)
		require.Len(t, p.submits, submits)
	}
}

// TestEarlierUnknownSubmitIsLookedFor before anything is submitted: it may be billed.
func TestEarlierUnknownSubmitIsLookedFor(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, state := range map[string]generation.State{
		"cut while it was submitted": generation.StateSubmitting, "unknown": generation.StateUnknown, "canceled": generation.StateCanceled,
	} {
		for conclusion, c := range map[wire.Conclusion]struct {
			submits int
			want    generation.ErrorType // the error's type; "" for a result
		}{
			wire.ConclusionFound:     {0, ""},
			wire.ConclusionAbsent:    {1, ""},
			wire.ConclusionUndecided: {0, generation.ErrorTypeSubmitUnknown},
		} {
			t.Run(name+", "+string(conclusion), func(t *testing.T) {
				t.Parallel()
				p := completes()
				p.find = func(int, wire.FindInput) (wire.Found, error) {
					if len(p.submits) > 0 {
						return wire.Found{}, temporal.NewNonRetryableApplicationError("too late", "test", nil)
					}
					found := wire.Found{Conclusion: conclusion}
					if conclusion == wire.ConclusionFound {
						found.PredictionID = earlierID
					}
					return found, nil
				}
				env := newEnv(t, p)
				resume(env, request(), earlierStatus(t, request(), state, generation.Attempt{State: state, Nonce: "abad1dea", Started: began}))
				require.Len(t, p.finds, 1)
				require.Equal(t, "abad1dea", p.finds[0].Nonce)
				require.True(t, began.Equal(p.finds[0].Began), "nothing older is its")
				require.True(t, p.finds[0].Earlier, "webhooks may have come between the runs")
				require.Len(t, p.submits, c.submits)
				if c.want != "" {
					err, _ := failure(t, env)
					require.Equal(t, c.want, generation.ErrorTypeOf(err))
					return
				}
				got := result(t, env)
				if c.submits > 0 {
					require.NotEqual(t, "abad1dea", p.submits[0].Nonce)
					require.Len(t, got.Attempts, 2)
					return
				}
				require.Equal(t, earlierID, got.PredictionID)
			})
		}
	}
}

// TestWebhookOfAnEarlierSubmit: its address has the earlier nonce, and is this workflow's.
func TestWebhookOfAnEarlierSubmit(t *testing.T) {
	t.Parallel()
	p := losesAnswers()
	p.find = pendingUntilDelivered(predictionID)
	env := newEnv(t, p)
	env.RegisterDelayedCallback(func() {
		env.SignalWorkflow(wire.SignalName("still"), wire.Signal{Nonce: "abad1dea", Outcome: completed("https://cdn.test/hook.png")})
	}, time.Minute)
	resume(env, request(), earlierStatus(t, request(), generation.StateUnknown, generation.Attempt{State: generation.StateUnknown, Nonce: "abad1dea"}))
	require.Equal(t, "https://cdn.test/hook.png", result(t, env).URL(0))
	require.Empty(t, p.submits)
}

// TestWebhookOfAnotherKeysSubmit: one that resumes what was submitted under another key has
// the webhook that comes under that one, though this run has that key too, and whenever it
// comes.
func TestWebhookOfAnotherKeysSubmit(t *testing.T) {
	t.Parallel()
	another := request()
	another.Key, another.Input = "old", map[string]any{"prompt": "something else"}
	for name, test := range map[string]struct {
		keyToo bool
		twice  bool // the earlier run had it from another
		after  time.Duration
	}{
		"later":                            {false, false, time.Minute},
		"later, after two reruns":          {false, true, time.Minute},
		"later, with that key in the run":  {true, false, time.Minute},
		"before it begins, with that key":  {true, false, 0},
		"while that key waits for its own": {true, false, 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := losesAnswers()
			p.find = pendingUntilDelivered(predictionID)
			env := newEnv(t, p)
			env.RegisterDelayedCallback(func() {
				env.SignalWorkflow(wire.SignalName("old"), wire.Signal{Nonce: "abad1dea", Outcome: completed("https://cdn.test/hook.png")})
			}, test.after)
			env.RegisterWorkflowWithOptions(func(ctx workflow.Context) (generation.Result, error) {
				left := earlierStatus(t, request(), generation.StateUnknown, generation.Attempt{State: generation.StateUnknown, Nonce: "abad1dea"})
				left.Key = "old"
				if test.twice {
					left.Key, left.Attempts[0].Key = "in between", "old"
				}
				ctx = workflows.WithEarlier(ctx, left)
				if test.keyToo {
					workflow.Go(ctx, func(ctx workflow.Context) { _, _ = workflows.Generate(ctx, another) })
					_ = workflow.Sleep(ctx, time.Second)
				}
				return workflows.Generate(ctx, request())
			}, workflow.RegisterOptions{Name: "test"})
			env.ExecuteWorkflow("test")
			require.Equal(t, "https://cdn.test/hook.png", result(t, env).URL(0))
			require.Equal(t, "old", result(t, env).Attempts[0].Key, "a third run listens there, too")
		})
	}
}

func TestWhatIsNotWorthKeepingIsSubmitted(t *testing.T) {
	t.Parallel()
	other := func(change func(*generation.Request)) generation.Status {
		asked := request()
		change(&asked)
		return earlierResult(t, asked, "https://cdn.test/earlier.png")
	}
	unnamed := earlierResult(t, request(), "https://cdn.test/earlier.png")
	unnamed.Fingerprint = ""
	nothing := earlierResult(t, request(), "")
	nothing.Outputs = nil
	failed := earlierStatus(t, request(), generation.StateFailed, generation.Attempt{State: generation.StateFailed, PredictionID: earlierID, Nonce: "00"})
	failed.ErrorType = generation.ErrorTypePredictionFailed
	for name, left := range map[string]generation.Status{
		"failed":              failed,
		"refused":             earlierStatus(t, request(), generation.StateFailed, generation.Attempt{State: generation.StateAbsent, Nonce: "00"}),
		"held":                earlierStatus(t, request(), generation.StateHeld, generation.Attempt{State: generation.StateHeld, Nonce: "00"}),
		"completed but empty": nothing,
		"not started":         {Key: "still", Fingerprint: failed.Fingerprint},
		"without fingerprint": unnamed,
		"another model":       other(func(r *generation.Request) { r.Model = "a/b" }),
		"another account":     other(func(r *generation.Request) { r.Account = "team" }),
		"another input":       other(func(r *generation.Request) { r.Input = map[string]any{"prompt": "a harbour"} }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := completes()
			env := newEnv(t, p)
			resume(env, request(), left)
			require.Equal(t, predictionID, result(t, env).PredictionID)
			require.Len(t, p.submits, 1)
			require.Empty(t, p.finds)
		})
	}
}

// TestEarlierResultIsGivenOnce: two that ask for the same are to differ.
func TestEarlierResultIsGivenOnce(t *testing.T) {
	t.Parallel()
	p := completes()
	env := newEnv(t, p)
	urls := make(map[string]string)
	play(env, func(ctx workflow.Context) error {
		ctx = workflows.WithEarlier(ctx, earlierResult(t, request(), "https://cdn.test/earlier.png"))
		for _, key := range []string{"first", "second"} {
			asked := request()
			asked.Key = key
			got, err := workflows.Generate(ctx, asked)
			if err != nil {
				return err
			}
			urls[key] = got.URL(0)
		}
		return nil
	})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, map[string]string{"first": "https://cdn.test/earlier.png", "second": "https://cdn.test/new.png"}, urls)
	require.Len(t, p.submits, 1)
}

// TestEarlierResultOfTheSameKeyIsPreferred, in whatever order they are started; and a result
// before a prediction that may still give one.
func TestEarlierResultOfTheSameKeyIsPreferred(t *testing.T) {
	t.Parallel()
	p := completes()
	env := newEnv(t, p)
	named := func(key string) generation.Request {
		asked := request()
		asked.Key = key
		return asked
	}
	urls := make(map[string]string)
	play(env, func(ctx workflow.Context) error {
		ctx = workflows.WithEarlier(ctx,
			earlierStatus(t, named("a"), generation.StateWaiting, generation.Attempt{State: generation.StateWaiting, PredictionID: earlierID}),
			earlierResult(t, named("b"), "https://cdn.test/b.png"), earlierResult(t, named("c"), "https://cdn.test/c.png"), earlierResult(t, named("x"), "https://cdn.test/x.png"))
		for _, key := range []string{"c", "b", "a", "d"} {
			got, err := workflows.Generate(ctx, named(key))
			if err != nil {
				return err
			}
			urls[key] = got.URL(0)
		}
		return nil
	})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, map[string]string{
		"c": "https://cdn.test/c.png", "b": "https://cdn.test/b.png", "a": "https://cdn.test/x.png", "d": "https://cdn.test/new.png",
	}, urls)
	require.Empty(t, p.submits)
	require.Equal(t, earlierID, p.awaits[0].PredictionID)
}

// TestStatusesAreForTheNextRun: what a workflow finds of its own generations, a later one
// can continue with.
func TestStatusesAreForTheNextRun(t *testing.T) {
	t.Parallel()
	var statuses []generation.Status
	env := newEnv(t, completes())
	play(env, func(ctx workflow.Context) error {
		_, err := workflows.Generate(ctx, request())
		statuses = workflows.Statuses(ctx)
		return err
	})
	require.NoError(t, env.GetWorkflowError())
	p := completes()
	env = newEnv(t, p)
	resume(env, request(), statuses...)
	require.Equal(t, wire.ViaEarlier, result(t, env).Via)
	require.Empty(t, p.submits)
}

// TestEarlierPredictionThatCannotBe is not asked for: its id would be part of an address.
func TestEarlierPredictionThatCannotBe(t *testing.T) {
	t.Parallel()
	left := earlierResult(t, request(), "")
	left.State, left.Outputs = generation.StateWaiting, nil
	left.Attempts[0].State, left.Attempts[0].PredictionID = generation.StateWaiting, "../models"
	p := completes()
	env := newEnv(t, p)
	resume(env, request(), left)
	var failure *temporal.ApplicationError
	require.ErrorAs(t, env.GetWorkflowError(), &failure)
	require.Equal(t, generation.ErrorTypeInvalidInput, generation.ErrorTypeOf(failure))
	require.Contains(t, failure.Message(), `"../models" is not a prediction id`)
	require.Empty(t, p.awaits)
	require.Empty(t, p.submits)
}

// TestWhatIsNotTakenUpIsHandedOn: a run that ends, or continues as new, before its generations
// have started loses nothing of what it was given.
func TestWhatIsNotTakenUpIsHandedOn(t *testing.T) {
	t.Parallel()
	p := completes()
	env := newEnv(t, p)
	given := earlierStatus(t, request(), generation.StateUnknown, generation.Attempt{State: generation.StateUnknown, Nonce: "abad1dea"})
	play(env, func(ctx workflow.Context) error {
		workflows.WithEarlier(ctx, given)
		left := workflows.Statuses(ctx)
		require.Len(t, left, 1)
		require.True(t, left[0].Earlier)
		require.Equal(t, "abad1dea", left[0].Attempts[0].Nonce)
		return nil
	})
	require.NoError(t, env.GetWorkflowError())
	answer, err := env.QueryWorkflow(generation.StatusQuery)
	require.NoError(t, err)
	var statuses []generation.Status
	require.NoError(t, answer.Get(&statuses))
	require.Len(t, statuses, 1)
}
