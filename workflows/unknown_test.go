package workflows_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// losesAnswers is a provider whose submits get no answer.
func losesAnswers() *provider {
	p := accepts()
	p.submit = func(int, generation.SubmitInput) (generation.Submitted, error) {
		return generation.Submitted{}, temporal.NewNonRetryableApplicationError("connection reset", generation.ErrSubmitUnknown, nil)
	}
	p.find = func(int, generation.FindInput) (generation.Found, error) {
		return generation.Found{}, temporal.NewApplicationError("not listed", generation.ErrPending)
	}
	p.await = func(_ int, in generation.AwaitInput) (generation.Outcome, error) {
		outcome := completed("https://cdn.test/1.png")
		outcome.PredictionID = in.PredictionID
		return outcome, nil
	}
	return p
}

func TestUnknownSubmitIsFoundInTheList(t *testing.T) {
	t.Parallel()
	p := losesAnswers()
	p.find = func(call int, in generation.FindInput) (generation.Found, error) {
		if call < 3 {
			return generation.Found{}, temporal.NewApplicationError("not listed", generation.ErrPending)
		}
		return generation.Found{Verdict: generation.VerdictFound, PredictionID: predictionID}, nil
	}
	env := newEnv(t, p)
	env.ExecuteWorkflow(generation.WorkflowName, request())
	got := result(t, env)
	require.Equal(t, predictionID, got.PredictionID)
	require.Len(t, p.submits, 1)
	asked := p.finds[0]
	require.Equal(t, p.submits[0].Nonce, asked.Nonce)
	require.True(t, asked.Seeded, "the request leaves the seed open")
	require.Equal(t, 2*time.Minute, asked.Settle)
	require.False(t, asked.Ended.Before(asked.Began))
	require.InDelta(t, 6*time.Hour, asked.Within, float64(time.Minute))
}

// pendingUntilDelivered finds a prediction once a webhook has named it.
func pendingUntilDelivered(id string) func(int, generation.FindInput) (generation.Found, error) {
	return func(_ int, in generation.FindInput) (generation.Found, error) {
		if !slices.Contains(in.Delivered, id) {
			return generation.Found{}, temporal.NewApplicationError("not listed", generation.ErrPending)
		}
		return generation.Found{Verdict: generation.VerdictFound, PredictionID: id}, nil
	}
}

func TestUnknownSubmitIsNamedByItsWebhook(t *testing.T) {
	t.Parallel()
	p := losesAnswers()
	env := newEnv(t, p)
	p.find = pendingUntilDelivered(predictionID)
	env.RegisterDelayedCallback(func() { deliver(env, p, completed("https://cdn.test/hook.png")) }, 10*time.Second)
	env.ExecuteWorkflow(generation.WorkflowName, request())
	got := result(t, env)
	require.Equal(t, "https://cdn.test/hook.png", got.URL(0))
	require.Equal(t, generation.ViaWebhook, got.Via)
	require.Len(t, p.submits, 1)
}

// TestUnknownSubmitIsIdentifiedByItsWebhook: the signed body repeats the seed that the
// submit drew, so nobody needs to be asked.
func TestUnknownSubmitIsIdentifiedByItsWebhook(t *testing.T) {
	t.Parallel()
	p := losesAnswers()
	env := newEnv(t, p)
	env.RegisterDelayedCallback(func() {
		env.SignalWorkflow(generation.SignalName("still"), generation.Signal{
			Nonce: p.submits[0].Nonce, Identified: true, Outcome: completed("https://cdn.test/hook.png"),
		})
	}, 10*time.Second)
	env.ExecuteWorkflow(generation.WorkflowName, request())
	require.Equal(t, "https://cdn.test/hook.png", result(t, env).URL(0))
	require.Empty(t, p.awaits)
}

// TestSeveralWebhooksNameAnUnknownSubmit: the search is told of each, and what it finds is
// the prediction whose webhook counts.
func TestSeveralWebhooksNameAnUnknownSubmit(t *testing.T) {
	t.Parallel()
	p := losesAnswers()
	env := newEnv(t, p)
	foreign := "ffffffffffffffffffffffffffffffff"
	p.find = pendingUntilDelivered(predictionID)
	env.RegisterDelayedCallback(func() {
		misdirected := completed("https://cdn.test/wrong.png")
		misdirected.PredictionID = foreign
		deliver(env, p, misdirected)
		deliver(env, p, completed("https://cdn.test/right.png"))
	}, 10*time.Second)
	env.ExecuteWorkflow(generation.WorkflowName, request())
	got := result(t, env)
	require.Equal(t, predictionID, got.PredictionID)
	require.Equal(t, "https://cdn.test/right.png", got.URL(0))
	require.ElementsMatch(t, []string{foreign, predictionID}, p.finds[len(p.finds)-1].Delivered)
	require.Len(t, p.submits, 1)
}

func TestAbsentSubmitIsSubmittedAgain(t *testing.T) {
	t.Parallel()
	p := losesAnswers()
	lost := p.submit
	p.submit = func(call int, in generation.SubmitInput) (generation.Submitted, error) {
		if call == 1 {
			return lost(call, in)
		}
		return generation.Submitted{PredictionID: predictionID, Webhook: true}, nil
	}
	p.find = func(int, generation.FindInput) (generation.Found, error) {
		return generation.Found{Verdict: generation.VerdictAbsent}, nil
	}
	env := newEnv(t, p)
	env.ExecuteWorkflow(generation.WorkflowName, request())
	got := result(t, env)
	require.Len(t, p.submits, 2)
	require.Equal(t, generation.StateAbsent, got.Attempts[0].State)
	require.Contains(t, got.Attempts[0].Reason, "connection reset")
	require.NotEqual(t, p.submits[0].Nonce, p.submits[1].Nonce)
}

func TestUndecidedSubmitFollowsThePolicy(t *testing.T) {
	t.Parallel()
	for policy, want := range map[generation.UnknownPolicy]int{generation.FailUnknown: 1, generation.ResubmitUnknown: 2} {
		t.Run(string(policy), func(t *testing.T) {
			t.Parallel()
			p := losesAnswers()
			p.find = func(int, generation.FindInput) (generation.Found, error) {
				return generation.Found{Verdict: generation.VerdictUndecided}, nil
			}
			env := newEnv(t, p)
			asked := request()
			asked.OnUnknown = policy
			env.ExecuteWorkflow(generation.WorkflowName, asked)
			err, status := failure(t, env)
			require.Equal(t, generation.ErrSubmitUnknown, err.Type())
			require.Contains(t, err.Error(), "may be billed")
			require.Equal(t, generation.StateUnknown, status.Attempts[0].State)
			require.Len(t, p.submits, want)
		})
	}
}

func TestCutSubmitIsUnknownAndNotRepeated(t *testing.T) {
	t.Parallel()
	for _, kind := range []enumspb.TimeoutType{enumspb.TIMEOUT_TYPE_START_TO_CLOSE, enumspb.TIMEOUT_TYPE_HEARTBEAT} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			p := losesAnswers()
			p.submit = func(int, generation.SubmitInput) (generation.Submitted, error) {
				return generation.Submitted{}, temporal.NewTimeoutError(kind, nil)
			}
			p.find = func(int, generation.FindInput) (generation.Found, error) {
				return generation.Found{Verdict: generation.VerdictFound, PredictionID: predictionID}, nil
			}
			env := newEnv(t, p)
			env.ExecuteWorkflow(generation.WorkflowName, request())
			require.Equal(t, predictionID, result(t, env).PredictionID)
			require.Len(t, p.finds, 1)
		})
	}
}

func TestUnreadableListUntilTheDeadline(t *testing.T) {
	t.Parallel()
	p := losesAnswers()
	p.find = func(int, generation.FindInput) (generation.Found, error) {
		return generation.Found{}, temporal.NewApplicationError("503", generation.ErrUnavailable)
	}
	env := newEnv(t, p)
	asked := request()
	asked.Timeout = 20 * time.Minute
	env.ExecuteWorkflow(generation.WorkflowName, asked)
	err, _ := failure(t, env)
	require.Equal(t, generation.ErrSubmitUnknown, err.Type())
	require.Len(t, p.submits, 1)
}

func TestCancelWhileUnknown(t *testing.T) {
	t.Parallel()
	p := losesAnswers()
	env := newEnv(t, p)
	env.RegisterDelayedCallback(env.CancelWorkflow, 30*time.Second)
	env.ExecuteWorkflow(generation.WorkflowName, request())
	var canceled *temporal.CanceledError
	require.ErrorAs(t, env.GetWorkflowError(), &canceled)
	var status generation.Status
	require.NoError(t, canceled.Details(&status))
	require.Contains(t, status.Attempts[0].Reason, "unknown")
}
