package workflows_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/record"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

// losesAnswers is a provider whose submits get no answer.
func losesAnswers() *provider {
	p := accepts()
	p.submit = func(int, wire.SubmitInput) (wire.Submitted, error) {
		return wire.Submitted{}, temporal.NewNonRetryableApplicationError("connection reset", string(generation.ErrorTypeSubmitUnknown), nil)
	}
	p.find = func(int, wire.FindInput) (wire.Found, error) {
		return wire.Found{}, temporal.NewApplicationError("not listed", string(wire.ErrorTypePending))
	}
	p.await = func(_ int, in wire.AwaitInput) (wire.Outcome, error) {
		outcome := completed("https://cdn.test/1.png")
		outcome.PredictionID = in.PredictionID
		return outcome, nil
	}
	return p
}

func TestUnknownSubmitIsFoundInTheList(t *testing.T) {
	t.Parallel()
	p := losesAnswers()
	p.find = func(call int, in wire.FindInput) (wire.Found, error) {
		if call < 3 {
			return wire.Found{}, temporal.NewApplicationError("not listed", string(wire.ErrorTypePending))
		}
		return wire.Found{Conclusion: wire.ConclusionFound, PredictionID: predictionID}, nil
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
func pendingUntilDelivered(id string) func(int, wire.FindInput) (wire.Found, error) {
	return func(_ int, in wire.FindInput) (wire.Found, error) {
		if !slices.Contains(in.Delivered, id) {
			return wire.Found{}, temporal.NewApplicationError("not listed", string(wire.ErrorTypePending))
		}
		return wire.Found{Conclusion: wire.ConclusionFound, PredictionID: id}, nil
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
	require.Equal(t, wire.ViaWebhook, got.Via)
	require.Len(t, p.submits, 1)
}

// TestUnknownSubmitIsIdentifiedByItsWebhook: the signed body repeats the seed that the
// submit drew, so nobody needs to be asked.
func TestUnknownSubmitIsIdentifiedByItsWebhook(t *testing.T) {
	t.Parallel()
	p := losesAnswers()
	env := newEnv(t, p)
	env.RegisterDelayedCallback(func() {
		env.SignalWorkflow(wire.SignalName("still"), wire.Signal{
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
	p.submit = func(call int, in wire.SubmitInput) (wire.Submitted, error) {
		if call == 1 {
			return lost(call, in)
		}
		return wire.Submitted{PredictionID: predictionID, Webhook: true}, nil
	}
	p.find = func(int, wire.FindInput) (wire.Found, error) {
		return wire.Found{Conclusion: wire.ConclusionAbsent}, nil
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
			p.find = func(int, wire.FindInput) (wire.Found, error) {
				return wire.Found{Conclusion: wire.ConclusionUndecided}, nil
			}
			env := newEnv(t, p)
			asked := request()
			asked.OnUnknown = policy
			env.ExecuteWorkflow(generation.WorkflowName, asked)
			err, status := failure(t, env)
			require.Equal(t, generation.ErrorTypeSubmitUnknown, generation.ErrorTypeOf(err))
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
			p.submit = func(int, wire.SubmitInput) (wire.Submitted, error) {
				return wire.Submitted{}, temporal.NewTimeoutError(kind, nil)
			}
			p.find = func(int, wire.FindInput) (wire.Found, error) {
				return wire.Found{Conclusion: wire.ConclusionFound, PredictionID: predictionID}, nil
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
	p.find = func(int, wire.FindInput) (wire.Found, error) {
		return wire.Found{}, temporal.NewApplicationError("503", string(generation.ErrorTypeUnavailable))
	}
	env := newEnv(t, p)
	asked := request()
	asked.Timeout = 20 * time.Minute
	env.ExecuteWorkflow(generation.WorkflowName, asked)
	err, _ := failure(t, env)
	require.Equal(t, generation.ErrorTypeSubmitUnknown, generation.ErrorTypeOf(err))
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

// resolve sends a person's decision after a while.
func resolve(t *testing.T, env *testsuite.TestWorkflowEnvironment, after time.Duration, resolution generation.Resolution, refused string) {
	env.RegisterDelayedCallback(func() {
		env.UpdateWorkflow(generation.ResolveUpdate, "", &testsuite.TestUpdateCallback{
			OnReject:   func(err error) { require.ErrorContains(t, err, cmp.Or(refused, "nothing")) },
			OnAccept:   func() { require.Empty(t, refused) },
			OnComplete: func(_ any, err error) { require.NoError(t, err) },
		}, resolution)
	}, after)
}

// TestAPersonDecides what nothing else could, or does not wait for.
func TestAPersonDecides(t *testing.T) {
	t.Parallel()
	for name, find := range map[string]func(int, wire.FindInput) (wire.Found, error){
		"after the search": func(int, wire.FindInput) (wire.Found, error) {
			return wire.Found{Conclusion: wire.ConclusionUndecided, Candidates: []string{predictionID}, Why: "two are possible"}, nil
		},
		"during the search": func(int, wire.FindInput) (wire.Found, error) {
			return wire.Found{}, temporal.NewApplicationError("not listed", string(wire.ErrorTypePending))
		},
	} {
		for _, absent := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", absent: ", absent), func(t *testing.T) {
				t.Parallel()
				p := losesAnswers()
				lost := p.submit
				p.submit = func(call int, in wire.SubmitInput) (wire.Submitted, error) {
					if call == 1 {
						return lost(call, in)
					}
					return wire.Submitted{PredictionID: predictionID}, nil
				}
				p.find = find
				env := newEnv(t, p)
				asked := request()
				asked.OnUnknown = generation.AskUnknown
				resolve(t, env, 30*time.Minute, generation.Resolution{Key: "clip", Absent: true}, `"clip" is not unknown; unknown: still`)
				resolve(t, env, 30*time.Minute, generation.Resolution{Key: "still"}, "prediction_id")
				resolve(t, env, 30*time.Minute, generation.Resolution{Attempt: 2, Absent: true}, "attempt 1")
				decision := generation.Resolution{PredictionID: predictionID, By: "ann", Comment: "seen in the gallery"}
				if absent {
					decision = generation.Resolution{Absent: true, By: "ann"}
				}
				env.RegisterDelayedCallback(func() {
					answer, err := env.QueryWorkflow(generation.StatusQuery)
					require.NoError(t, err)
					var statuses []generation.Status
					require.NoError(t, answer.Get(&statuses))
					require.Equal(t, generation.StateUnknown, statuses[0].State)
				}, time.Hour)
				resolve(t, env, time.Hour, decision, "")
				env.ExecuteWorkflow(generation.WorkflowName, asked)
				got := result(t, env)
				require.Equal(t, predictionID, got.PredictionID)
				if !absent {
					require.Len(t, p.submits, 1)
					return
				}
				require.Len(t, p.submits, 2)
				require.Equal(t, generation.StateAbsent, got.Attempts[0].State)
				require.Contains(t, got.Attempts[0].Reason, "ann")
			})
		}
	}
}

// TestNobodyDecidesOnAnUnknownSubmit until the deadline.
func TestNobodyDecidesOnAnUnknownSubmit(t *testing.T) {
	t.Parallel()
	p := losesAnswers()
	p.find = func(int, wire.FindInput) (wire.Found, error) {
		return wire.Found{Conclusion: wire.ConclusionUndecided, Candidates: []string{predictionID}}, nil
	}
	env := newEnv(t, p)
	asked := request()
	asked.OnUnknown = generation.AskUnknown
	env.ExecuteWorkflow(generation.WorkflowName, asked)
	err, status := failure(t, env)
	require.Equal(t, generation.ErrorTypeSubmitUnknown, generation.ErrorTypeOf(err))
	require.Contains(t, err.Message(), predictionID)
	require.Equal(t, []string{predictionID}, status.Attempts[0].Candidates)
	require.Len(t, p.submits, 1)
}

// TestALateWebhookDecides while a person is asked.
func TestALateWebhookDecides(t *testing.T) {
	t.Parallel()
	p := losesAnswers()
	p.find = func(_ int, in wire.FindInput) (wire.Found, error) {
		if len(in.Delivered) == 0 {
			return wire.Found{Conclusion: wire.ConclusionUndecided}, nil
		}
		return wire.Found{Conclusion: wire.ConclusionFound, PredictionID: in.Delivered[0]}, nil
	}
	env := newEnv(t, p)
	asked := request()
	asked.OnUnknown = generation.AskUnknown
	env.RegisterDelayedCallback(func() { deliver(env, p, completed("https://cdn.test/hook.png")) }, 3*time.Hour)
	env.ExecuteWorkflow(generation.WorkflowName, asked)
	require.Equal(t, "https://cdn.test/hook.png", result(t, env).URL(0))
}

// TestWhyItWaits: an activity that fails again and again comes back to say so, and the
// status shows it until it is over.
func TestWhyItWaits(t *testing.T) {
	t.Parallel()
	for _, while := range []generation.State{generation.StateSubmitting, generation.StatePolling, generation.StateUnknown} {
		t.Run(string(while), func(t *testing.T) {
			t.Parallel()
			unreachable := temporal.NewApplicationErrorWithOptions("503 from the provider", string(generation.ErrorTypeUnavailable),
				temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{wire.Waiting{After: time.Minute}}})
			p := accepts()
			p.submit = func(call int, _ wire.SubmitInput) (wire.Submitted, error) {
				switch {
				case while == generation.StateSubmitting && call <= 3:
					return wire.Submitted{}, unreachable
				case while == generation.StateUnknown:
					return losesAnswers().submit(0, wire.SubmitInput{})
				}
				return wire.Submitted{PredictionID: predictionID}, nil
			}
			p.find = func(call int, _ wire.FindInput) (wire.Found, error) {
				if call <= 3 {
					return wire.Found{}, unreachable
				}
				return wire.Found{Conclusion: wire.ConclusionFound, PredictionID: predictionID}, nil
			}
			p.await = func(call int, _ wire.AwaitInput) (wire.Outcome, error) {
				if while == generation.StatePolling && call <= 3 {
					return wire.Outcome{}, unreachable
				}
				return completed("https://cdn.test/1.png"), nil
			}
			env := newEnv(t, p)
			env.RegisterDelayedCallback(func() {
				answer, err := env.QueryWorkflow(generation.StatusQuery)
				require.NoError(t, err)
				var statuses []generation.Status
				require.NoError(t, answer.Get(&statuses))
				require.Equal(t, while, statuses[0].State)
				require.Contains(t, record.Reason(statuses[0]), "503 from the provider")
			}, 90*time.Second)
			env.ExecuteWorkflow(generation.WorkflowName, request())
			require.Empty(t, result(t, env).Attempts[0].Reason)
		})
	}
}

// TestEachSubmitHasItsOwnNonce, even one that was rejected and is repeated. The nonce is drawn
// when the submit is scheduled, so that a reset is before both or after both.
func TestEachSubmitHasItsOwnNonce(t *testing.T) {
	t.Parallel()
	p := accepts()
	p.submit = func(call int, _ wire.SubmitInput) (wire.Submitted, error) {
		if call == 1 {
			return wire.Submitted{}, temporal.NewApplicationErrorWithOptions("429", string(generation.ErrorTypeRateLimited),
				temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{wire.Waiting{After: time.Minute}}})
		}
		return wire.Submitted{PredictionID: predictionID, Webhook: true}, nil
	}
	env := newEnv(t, p)
	env.RegisterDelayedCallback(func() { deliver(env, p, completed("https://cdn.test/1.png")) }, 90*time.Second)
	env.ExecuteWorkflow(generation.WorkflowName, request())
	result(t, env)
	require.NotEqual(t, p.submits[0].Nonce, p.submits[1].Nonce)
	require.NotEmpty(t, p.submits[0].RunID)
}

// TestTwinsTakeDifferentPredictions, also where two searches found the same one.
func TestTwinsTakeDifferentPredictions(t *testing.T) {
	t.Parallel()
	p := losesAnswers()
	taken := map[string]int{}
	p.find = func(_ int, in wire.FindInput) (wire.Found, error) {
		taken[in.Nonce]++
		id := predictionID
		for _, twin := range in.Twins {
			if twin.PredictionID == predictionID {
				id = earlierID
			}
		}
		return wire.Found{Conclusion: wire.ConclusionFound, PredictionID: id, Inferred: true}, nil
	}
	env := newEnv(t, p)
	play(env, func(ctx workflow.Context) error {
		done := workflow.NewWaitGroup(ctx)
		var failed error
		for _, key := range []string{"a", "b"} {
			done.Add(1)
			workflow.Go(ctx, func(ctx workflow.Context) {
				defer done.Done()
				asked := request()
				asked.Key = key
				if _, err := workflows.Generate(ctx, asked); err != nil {
					failed = err
				}
			})
		}
		done.Wait(ctx)
		ids := map[string]bool{}
		for _, status := range workflows.Statuses(ctx) {
			ids[status.PredictionID()] = true
		}
		require.Len(t, ids, 2)
		return failed
	})
	require.NoError(t, env.GetWorkflowError())
}

// TestAPredictionThatAnotherHas ends a search in doubt, and not in a loop.
func TestAPredictionThatAnotherHas(t *testing.T) {
	t.Parallel()
	p := losesAnswers()
	p.find = func(int, wire.FindInput) (wire.Found, error) {
		return wire.Found{Conclusion: wire.ConclusionFound, PredictionID: predictionID, Inferred: true}, nil
	}
	env := newEnv(t, p)
	play(env, func(ctx workflow.Context) error {
		adopts := request()
		adopts.Key, adopts.Adopt = "adopts", predictionID
		if _, err := workflows.Generate(ctx, adopts); err != nil {
			return err
		}
		_, err := workflows.Generate(ctx, request())
		return err
	})
	var err *temporal.ApplicationError
	require.ErrorAs(t, env.GetWorkflowError(), &err)
	require.Equal(t, generation.ErrorTypeSubmitUnknown, generation.ErrorTypeOf(err))
	require.Contains(t, err.Message(), predictionID)
	require.Less(t, len(p.finds), 6)
}

// TestSubmitCompletedByHand without saying as which prediction: it is searched for, its budget is
// held, and silence means nothing before the settle time.
func TestSubmitCompletedByHand(t *testing.T) {
	t.Parallel()
	p := losesAnswers()
	p.submit = func(int, wire.SubmitInput) (wire.Submitted, error) { return wire.Submitted{}, nil }
	p.find = func(int, wire.FindInput) (wire.Found, error) {
		return wire.Found{Conclusion: wire.ConclusionFound, PredictionID: predictionID}, nil
	}
	env := newEnv(t, p)
	env.ExecuteWorkflow(generation.WorkflowName, request())
	require.Equal(t, predictionID, result(t, env).PredictionID)
	require.Len(t, p.submits, 1)
	require.False(t, p.finds[0].Ended.Before(p.finds[0].Began))
}
