package workflows_test

import (
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
	require.JSONEq(t, string(p.submits[0].Input), string(p.finds[0].Input))
	require.WithinDuration(t, p.finds[0].Submitted.Add(2*time.Minute), p.finds[0].Settled, time.Second)
}

func TestUnknownSubmitIsNamedByItsWebhook(t *testing.T) {
	t.Parallel()
	p := losesAnswers()
	env := newEnv(t, p)
	p.find = func(_ int, in generation.FindInput) (generation.Found, error) {
		if in.Candidate == "" {
			return generation.Found{}, temporal.NewApplicationError("not listed", generation.ErrPending)
		}
		return generation.Found{Verdict: generation.VerdictFound, PredictionID: in.Candidate}, nil
	}
	env.RegisterDelayedCallback(func() { deliver(env, p, completed("https://cdn.test/hook.png")) }, 10*time.Second)
	env.ExecuteWorkflow(generation.WorkflowName, request())
	got := result(t, env)
	require.Equal(t, "https://cdn.test/hook.png", got.URL(0))
	require.Equal(t, generation.ViaWebhook, got.Via)
	require.Equal(t, predictionID, p.finds[len(p.finds)-1].Candidate)
	require.Len(t, p.submits, 1)
}

func TestMisdirectedWebhookNamesNoUnknownSubmit(t *testing.T) {
	t.Parallel()
	p := losesAnswers()
	env := newEnv(t, p)
	foreign := "ffffffffffffffffffffffffffffffff"
	p.find = func(_ int, in generation.FindInput) (generation.Found, error) {
		switch {
		case in.Candidate == foreign:
			return generation.Found{Verdict: generation.VerdictForeign}, nil
		case len(in.Claimed) == 0:
			return generation.Found{}, temporal.NewApplicationError("not listed", generation.ErrPending)
		default:
			return generation.Found{Verdict: generation.VerdictFound, PredictionID: predictionID}, nil
		}
	}
	env.RegisterDelayedCallback(func() {
		misdirected := completed("https://cdn.test/wrong.png")
		misdirected.PredictionID = foreign
		deliver(env, p, misdirected)
	}, 10*time.Second)
	env.ExecuteWorkflow(generation.WorkflowName, request())
	got := result(t, env)
	require.Equal(t, predictionID, got.PredictionID)
	require.Equal(t, "https://cdn.test/1.png", got.URL(0))
	require.Equal(t, []string{foreign}, p.finds[len(p.finds)-1].Claimed)
}

// TestTwoWebhooksNameAnUnknownSubmit: one of them is misdirected. Each is judged, in the
// order in which they came.
func TestTwoWebhooksNameAnUnknownSubmit(t *testing.T) {
	t.Parallel()
	p := losesAnswers()
	env := newEnv(t, p)
	foreign := "ffffffffffffffffffffffffffffffff"
	p.find = func(_ int, in generation.FindInput) (generation.Found, error) {
		switch in.Candidate {
		case foreign:
			return generation.Found{Verdict: generation.VerdictForeign}, nil
		case predictionID:
			return generation.Found{Verdict: generation.VerdictFound, PredictionID: predictionID}, nil
		default:
			return generation.Found{}, temporal.NewApplicationError("not listed", generation.ErrPending)
		}
	}
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
	require.Equal(t, []string{foreign}, p.finds[len(p.finds)-1].Claimed)
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
				return generation.Found{Verdict: generation.VerdictAmbiguous}, nil
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
