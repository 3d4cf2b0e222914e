package workflows_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

// provider replaces the three activities and records their arguments. It answers concurrent
// ones one after the other.
type provider struct {
	mu     sync.Mutex
	submit func(call int, in wire.SubmitInput) (wire.Submitted, error)
	find   func(call int, in wire.FindInput) (wire.Found, error)
	await  func(call int, in wire.AwaitInput) (wire.Outcome, error)

	submits []wire.SubmitInput
	finds   []wire.FindInput
	awaits  []wire.AwaitInput
}

func (p *provider) Submit(_ context.Context, in wire.SubmitInput) (wire.Submitted, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.submits = append(p.submits, in)
	return p.submit(len(p.submits), in)
}

func (p *provider) Find(_ context.Context, in wire.FindInput) (wire.Found, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finds = append(p.finds, in)
	return p.find(len(p.finds), in)
}

func (p *provider) Await(_ context.Context, in wire.AwaitInput) (wire.Outcome, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.awaits = append(p.awaits, in)
	return p.await(len(p.awaits), in)
}

const predictionID = "0123456789abcdef0123456789abcdef"

// accepts is a provider that accepts each submit under the same id, with a
// webhook, and still runs it whenever asked.
func accepts() *provider {
	return &provider{
		submit: func(int, wire.SubmitInput) (wire.Submitted, error) {
			return wire.Submitted{PredictionID: predictionID, Webhook: true}, nil
		},
		find: func(int, wire.FindInput) (wire.Found, error) {
			return wire.Found{}, errors.New("not expected")
		},
		await: func(int, wire.AwaitInput) (wire.Outcome, error) {
			return wire.Outcome{}, temporal.NewApplicationError("still processing", string(wire.ErrorTypePending))
		},
	}
}

func newEnv(t *testing.T, p *provider) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetWorkerOptions(sdkworker.Options{DeadlockDetectionTimeout: time.Minute, Interceptors: []interceptor.WorkerInterceptor{&workflows.Interceptor{}}})
	env.RegisterWorkflowWithOptions(workflows.Generate, workflow.RegisterOptions{Name: generation.WorkflowName})
	env.RegisterActivityWithOptions(p.Submit, activity.RegisterOptions{Name: wire.SubmitName})
	env.RegisterActivityWithOptions(p.Find, activity.RegisterOptions{Name: wire.FindName})
	env.RegisterActivityWithOptions(p.Await, activity.RegisterOptions{Name: wire.AwaitName})
	env.SetTestTimeout(time.Minute)
	return env
}

func request() generation.Request {
	return generation.Request{Key: "still", Model: "wavespeed-ai/flux-dev", Input: map[string]any{"prompt": "a lighthouse"}}
}

func completed(url string) wire.Outcome {
	encoded, _ := json.Marshal(url)
	return wire.Outcome{PredictionID: predictionID, Status: "completed", Produced: generation.Produced{Outputs: []generation.Output{encoded}}}
}

func failed(errorType generation.ErrorType, text string) wire.Outcome {
	return wire.Outcome{PredictionID: predictionID, Status: "failed", Failure: errorType, Error: "failed: " + text}
}

// deliver sends a signal for the latest submit.
func deliver(env *testsuite.TestWorkflowEnvironment, p *provider, outcome wire.Outcome) {
	nonce := p.submits[len(p.submits)-1].Nonce
	env.SignalWorkflow(wire.SignalName("still"), wire.Signal{Nonce: nonce, Outcome: outcome})
}

func result(t *testing.T, env *testsuite.TestWorkflowEnvironment) generation.Result {
	t.Helper()
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError())
	var got generation.Result
	require.NoError(t, env.GetWorkflowResult(&got))
	return got
}

// failure is the application error in which the workflow ended, with its status.
func failure(t *testing.T, env *testsuite.TestWorkflowEnvironment) (*temporal.ApplicationError, generation.Status) {
	t.Helper()
	require.True(t, env.IsWorkflowCompleted())
	var got *temporal.ApplicationError
	require.ErrorAs(t, env.GetWorkflowError(), &got)
	require.True(t, got.NonRetryable(), "an error that ends a generation is final")
	var status generation.Status
	if got.HasDetails() {
		require.NoError(t, got.Details(&status))
	}
	return got, status
}

func TestWebhookEndsTheWait(t *testing.T) {
	t.Parallel()
	p := accepts()
	env := newEnv(t, p)
	env.RegisterDelayedCallback(func() { deliver(env, p, completed("https://cdn.test/1.png")) }, 30*time.Second)

	env.ExecuteWorkflow(generation.WorkflowName, request())

	got := result(t, env)
	require.Equal(t, "https://cdn.test/1.png", got.URL(0))
	require.Equal(t, predictionID, got.PredictionID)
	require.Equal(t, wire.ViaWebhook, got.Via)
	require.Len(t, p.submits, 1)
	require.Empty(t, p.awaits, "a webhook that comes in time makes polling needless")
}

func TestLostWebhookIsPolledAfterTheGraceTime(t *testing.T) {
	t.Parallel()
	p := accepts()
	p.await = func(call int, _ wire.AwaitInput) (wire.Outcome, error) {
		if call < 5 {
			return wire.Outcome{}, temporal.NewApplicationError("still processing", string(wire.ErrorTypePending))
		}
		return completed("https://cdn.test/1.png"), nil
	}
	env := newEnv(t, p)
	env.ExecuteWorkflow(generation.WorkflowName, request())

	got := result(t, env)
	require.Equal(t, wire.ViaPoll, got.Via)
	require.Len(t, p.awaits, 5)
	require.Len(t, p.submits, 1)
}

func TestWithoutWebhookPollingBeginsAtOnce(t *testing.T) {
	t.Parallel()
	p := accepts()
	p.submit = func(int, wire.SubmitInput) (wire.Submitted, error) {
		return wire.Submitted{PredictionID: predictionID}, nil
	}
	p.await = func(int, wire.AwaitInput) (wire.Outcome, error) {
		return completed("https://cdn.test/1.png"), nil
	}
	env := newEnv(t, p)
	timers := 0
	env.SetOnTimerScheduledListener(func(string, time.Duration) { timers++ })
	env.ExecuteWorkflow(generation.WorkflowName, request())

	require.Equal(t, wire.ViaPoll, result(t, env).Via)
	require.Zero(t, timers)
}

func TestSignalsThatAreNotOurs(t *testing.T) {
	t.Parallel()
	for name, send := range map[string]func(env *testsuite.TestWorkflowEnvironment, p *provider){
		"another run's nonce": func(env *testsuite.TestWorkflowEnvironment, _ *provider) {
			env.SignalWorkflow(wire.SignalName("still"), wire.Signal{Nonce: "00", Outcome: completed("https://evil.test/1.png")})
		},
		"no nonce": func(env *testsuite.TestWorkflowEnvironment, _ *provider) {
			env.SignalWorkflow(wire.SignalName("still"), wire.Signal{Outcome: completed("https://evil.test/1.png")})
		},
		"another prediction": func(env *testsuite.TestWorkflowEnvironment, p *provider) {
			foreign := completed("https://evil.test/1.png")
			foreign.PredictionID = "ffffffffffffffffffffffffffffffff"
			deliver(env, p, foreign)
		},
		"undecodable": func(env *testsuite.TestWorkflowEnvironment, _ *provider) {
			env.SignalWorkflow(wire.SignalName("still"), 42)
			env.SignalWorkflow(wire.SignalName("still"), "not a signal")
		},
		"another key": func(env *testsuite.TestWorkflowEnvironment, p *provider) {
			env.SignalWorkflow(wire.SignalName("other"), wire.Signal{Nonce: p.submits[0].Nonce, Outcome: completed("https://evil.test/1.png")})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := accepts()
			env := newEnv(t, p)
			env.RegisterDelayedCallback(func() { send(env, p) }, 10*time.Second)
			env.RegisterDelayedCallback(func() { send(env, p) }, 20*time.Second)
			env.RegisterDelayedCallback(func() { deliver(env, p, completed("https://cdn.test/1.png")) }, 30*time.Second)
			env.ExecuteWorkflow(generation.WorkflowName, request())

			require.Equal(t, "https://cdn.test/1.png", result(t, env).URL(0))
		})
	}
}

func TestForeignSignalsDoNotDelayThePoll(t *testing.T) {
	t.Parallel()
	p := accepts()
	p.await = func(int, wire.AwaitInput) (wire.Outcome, error) {
		return completed("https://cdn.test/1.png"), nil
	}
	env := newEnv(t, p)
	for i := range 10 {
		env.RegisterDelayedCallback(func() { env.SignalWorkflow(wire.SignalName("still"), 42) }, time.Duration(i)*10*time.Second)
	}
	began := env.Now()
	env.ExecuteWorkflow(generation.WorkflowName, request())
	require.Equal(t, wire.ViaPoll, result(t, env).Via)
	require.WithinDuration(t, began.Add(2*time.Minute), env.Now(), 5*time.Second)
}

func TestEarlySignalNeedsNoTimer(t *testing.T) {
	t.Parallel()
	p := accepts()
	env := newEnv(t, p)
	timers := 0
	env.SetOnTimerScheduledListener(func(string, time.Duration) { timers++ })
	p.submit = func(_ int, in wire.SubmitInput) (wire.Submitted, error) {
		env.SignalWorkflow(wire.SignalName("still"), wire.Signal{Nonce: in.Nonce, Outcome: completed("https://cdn.test/1.png")})
		return wire.Submitted{PredictionID: predictionID, Webhook: true}, nil
	}
	env.ExecuteWorkflow(generation.WorkflowName, request())

	require.Equal(t, wire.ViaWebhook, result(t, env).Via)
	require.Zero(t, timers)
	require.Empty(t, p.awaits)
}

func TestFirstOutcomeWins(t *testing.T) {
	t.Parallel()
	p := accepts()
	env := newEnv(t, p)
	env.RegisterDelayedCallback(func() {
		deliver(env, p, completed("https://cdn.test/1.png"))
		deliver(env, p, failed(generation.ErrorTypePredictionFailed, "too late"))
		deliver(env, p, completed("https://cdn.test/1.png"))
	}, time.Second)
	env.ExecuteWorkflow(generation.WorkflowName, request())
	require.Equal(t, "https://cdn.test/1.png", result(t, env).URL(0))
}

func TestHintsArePolled(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]wire.Signal{
		"stale delivery":    {Hint: true, Outcome: wire.Outcome{PredictionID: predictionID}},
		"outputs too large": {Outcome: wire.Outcome{PredictionID: predictionID, Status: "completed", Produced: generation.Produced{Omitted: true}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := accepts()
			p.await = func(int, wire.AwaitInput) (wire.Outcome, error) {
				return completed("https://cdn.test/1.png"), nil
			}
			env := newEnv(t, p)
			began := env.Now()
			env.RegisterDelayedCallback(func() {
				signal.Nonce = p.submits[0].Nonce
				env.SignalWorkflow(wire.SignalName("still"), signal)
			}, time.Second)
			env.ExecuteWorkflow(generation.WorkflowName, request())
			require.Equal(t, wire.ViaPoll, result(t, env).Via)
			require.Less(t, env.Now().Sub(began), 30*time.Second, "the grace time is cut short")
		})
	}
}

func TestFailedPredictions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		outcome wire.Outcome
		want    generation.ErrorType
	}{
		"moderation":            {failed(generation.ErrorTypeContentRejected, "Content flagged as potentially sensitive."), generation.ErrorTypeContentRejected},
		"missing parameter":     {failed(generation.ErrorTypeInvalidInput, "prompt is required"), generation.ErrorTypeInvalidInput},
		"invalid parameter":     {failed(generation.ErrorTypeInvalidInput, "size"), generation.ErrorTypeInvalidInput},
		"media":                 {failed(generation.ErrorTypeMediaUnreachable, "Failed to download image"), generation.ErrorTypeMediaUnreachable},
		"internal":              {failed(generation.ErrorTypePredictionFailed, "internal"), generation.ErrorTypePredictionFailed},
		"no code":               {failed(generation.ErrorTypePredictionFailed, ""), generation.ErrorTypePredictionFailed},
		"canceled":              {wire.Outcome{PredictionID: predictionID, Status: "canceled"}, generation.ErrorTypePredictionFailed},
		"timeout":               {wire.Outcome{PredictionID: predictionID, Status: "failed", Error: "timeout"}, generation.ErrorTypePredictionFailed},
		"deleted":               {wire.Outcome{PredictionID: predictionID, Status: "deleted"}, generation.ErrorTypePredictionFailed},
		"completed but nothing": {wire.Outcome{PredictionID: predictionID, Status: "completed"}, generation.ErrorTypePredictionFailed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := accepts()
			env := newEnv(t, p)
			env.RegisterDelayedCallback(func() { deliver(env, p, c.outcome) }, time.Second)
			env.ExecuteWorkflow(generation.WorkflowName, request())

			err, status := failure(t, env)
			require.Equal(t, c.want, generation.ErrorTypeOf(err))
			require.Contains(t, err.Error(), predictionID)
			require.Contains(t, err.Error(), `"still"`)
			require.Contains(t, err.Error(), c.outcome.Error)
			require.NotContains(t, err.Error(), "lighthouse", "no prompt in errors")
			require.Equal(t, generation.StateFailed, status.State)
			require.Equal(t, predictionID, status.PredictionID())
			require.Len(t, p.submits, 1, "a failed prediction is not submitted again unless asked for")
		})
	}
}

func TestFailedPredictionIsSubmittedAgainByPolicy(t *testing.T) {
	t.Parallel()
	p := accepts()
	p.submit = func(call int, _ wire.SubmitInput) (wire.Submitted, error) {
		return wire.Submitted{PredictionID: []string{"p1", "p2", "p3"}[call-1], Webhook: true}, nil
	}
	env := newEnv(t, p)
	end := func(id string, outcome wire.Outcome) func() {
		return func() { outcome.PredictionID = id; deliver(env, p, outcome) }
	}
	env.RegisterDelayedCallback(end("p1", failed(generation.ErrorTypePredictionFailed, "internal")), 5*time.Second)
	env.RegisterDelayedCallback(end("p2", failed(generation.ErrorTypePredictionFailed, "unavailable")), 30*time.Second)
	env.RegisterDelayedCallback(end("p3", completed("https://cdn.test/3.png")), 60*time.Second)
	asked := request()
	asked.MaxPredictions = 3
	env.ExecuteWorkflow(generation.WorkflowName, asked)

	got := result(t, env)
	require.Equal(t, "p3", got.PredictionID)
	require.Len(t, got.Attempts, 3)
	require.Equal(t, generation.StateFailed, got.Attempts[0].State)
	require.Contains(t, got.Attempts[0].Reason, "internal")
	require.Equal(t, generation.StateCompleted, got.Attempts[2].State)
	require.NotEqual(t, p.submits[0].Nonce, p.submits[1].Nonce, "each submit has its own nonce")
}

func TestSubmittingAgainHasLimits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		outcome wire.Outcome
		max     int
		want    int
	}{
		"as many as allowed":         {failed(generation.ErrorTypePredictionFailed, "internal"), 2, 2},
		"not what moderation said":   {failed(generation.ErrorTypeContentRejected, "flagged"), 5, 1},
		"not a wrong parameter":      {failed(generation.ErrorTypeInvalidInput, "size"), 5, 1},
		"not what somebody deleted":  {wire.Outcome{PredictionID: predictionID, Status: "deleted"}, 5, 1},
		"what the provider gave up":  {wire.Outcome{PredictionID: predictionID, Status: "failed", Error: "timeout"}, 3, 3},
		"once unless asked for more": {failed(generation.ErrorTypePredictionFailed, "internal"), 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := accepts()
			p.await = func(int, wire.AwaitInput) (wire.Outcome, error) { return c.outcome, nil }
			env := newEnv(t, p)
			asked := request()
			asked.MaxPredictions = c.max
			env.ExecuteWorkflow(generation.WorkflowName, asked)
			_, status := failure(t, env)
			require.Len(t, p.submits, c.want)
			require.Len(t, status.Attempts, c.want)
		})
	}
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	p := accepts()
	env := newEnv(t, p)
	asked := request()
	asked.Timeout = 10 * time.Minute
	env.ExecuteWorkflow(generation.WorkflowName, asked)

	err, status := failure(t, env)
	require.Equal(t, generation.ErrorTypeDeadlineExceeded, generation.ErrorTypeOf(err))
	require.Contains(t, err.Error(), "10m0s")
	require.Contains(t, err.Error(), "adopts")
	require.Equal(t, predictionID, status.PredictionID())
	require.Len(t, p.submits, 1)
}

func TestSubmitErrors(t *testing.T) {
	t.Parallel()
	for _, errorType := range []generation.ErrorType{
		generation.ErrorTypeInvalidInput, generation.ErrorTypeUnauthorized, generation.ErrorTypeInsufficientCredits, generation.ErrorTypeModelNotFound,
	} {
		t.Run(string(errorType), func(t *testing.T) {
			t.Parallel()
			p := accepts()
			p.submit = func(int, wire.SubmitInput) (wire.Submitted, error) {
				return wire.Submitted{}, temporal.NewNonRetryableApplicationError("refused: because", string(errorType), nil)
			}
			env := newEnv(t, p)
			asked := request()
			asked.MaxPredictions = 3
			env.ExecuteWorkflow(generation.WorkflowName, asked)
			err, status := failure(t, env)
			require.Equal(t, errorType, generation.ErrorTypeOf(err))
			require.Contains(t, err.Error(), "because")
			require.Equal(t, generation.StateAbsent, status.Attempts[0].State)
			require.Len(t, p.submits, 1)
		})
	}
}

func TestRateLimitedUntilTheDeadline(t *testing.T) {
	t.Parallel()
	p := accepts()
	p.submit = func(int, wire.SubmitInput) (wire.Submitted, error) {
		return wire.Submitted{}, temporal.NewApplicationError("429", string(generation.ErrorTypeRateLimited))
	}
	env := newEnv(t, p)
	asked := request()
	asked.Timeout = 5 * time.Minute
	env.ExecuteWorkflow(generation.WorkflowName, asked)
	err, _ := failure(t, env)
	require.Equal(t, generation.ErrorTypeRateLimited, generation.ErrorTypeOf(err))
	require.Greater(t, len(p.submits), 3, "a refusal is tried again")
	for _, in := range p.submits {
		require.Equal(t, p.submits[0].Nonce, in.Nonce)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]time.Duration{"waiting for the webhook": 30 * time.Second, "polling": 2*time.Minute + 20*time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := accepts()
			env := newEnv(t, p)
			env.RegisterDelayedCallback(env.CancelWorkflow, at)
			env.ExecuteWorkflow(generation.WorkflowName, request())

			var canceled *temporal.CanceledError
			require.ErrorAs(t, env.GetWorkflowError(), &canceled)
			var status generation.Status
			require.NoError(t, canceled.Details(&status))
			require.Equal(t, generation.StateCanceled, status.State)
			require.Equal(t, predictionID, status.PredictionID(), "who cancels is told what was paid for")
			require.Contains(t, status.Attempts[0].Reason, "billed")
			require.Len(t, p.submits, 1)
		})
	}
}

func TestAdopt(t *testing.T) {
	t.Parallel()
	p := accepts()
	p.await = func(_ int, in wire.AwaitInput) (wire.Outcome, error) {
		outcome := completed("https://cdn.test/1.png")
		outcome.PredictionID = in.PredictionID
		return outcome, nil
	}
	env := newEnv(t, p)
	asked := request()
	asked.Adopt = "feedfeedfeedfeedfeedfeedfeedfeed"
	env.ExecuteWorkflow(generation.WorkflowName, asked)
	require.Equal(t, asked.Adopt, result(t, env).PredictionID)
	require.Empty(t, p.submits)
}

func TestInvalidRequestsSubmitNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*generation.Request)
		field  string
	}{
		"empty model":          {func(r *generation.Request) { r.Model = "" }, "model:"},
		"model with dots":      {func(r *generation.Request) { r.Model = "wavespeed-ai/../balance" }, "model:"},
		"model with query":     {func(r *generation.Request) { r.Model = "wavespeed-ai/flux-dev?webhook=x" }, "model:"},
		"model with escape":    {func(r *generation.Request) { r.Model = "wavespeed-ai/%2e%2e/x" }, "model:"},
		"model with slash":     {func(r *generation.Request) { r.Model = "/wavespeed-ai/flux-dev" }, "model:"},
		"reserved model":       {func(r *generation.Request) { r.Model = "predictions/delete" }, "model:"},
		"input an array":       {func(r *generation.Request) { r.Input = []int{1} }, "input:"},
		"input a text":         {func(r *generation.Request) { r.Input = "a lighthouse" }, "input:"},
		"key with a newline":   {func(r *generation.Request) { r.Key = "a\nb" }, "key:"},
		"key too long":         {func(r *generation.Request) { r.Key = string(make([]byte, 201)) }, "key:"},
		"negative timeout":     {func(r *generation.Request) { r.Timeout = -time.Second }, "timeout:"},
		"negative grace":       {func(r *generation.Request) { r.Timing.Grace = -time.Second }, "timing.grace:"},
		"too many predictions": {func(r *generation.Request) { r.MaxPredictions = 1000 }, "max_predictions:"},
		"credits policy":       {func(r *generation.Request) { r.OnInsufficientCredits = "hope" }, "on_insufficient_credits:"},
		"unknown policy":       {func(r *generation.Request) { r.OnUnknown = "hope" }, "on_unknown:"},
		"adopt a path":         {func(r *generation.Request) { r.Adopt = "../balance" }, "adopt:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := accepts()
			env := newEnv(t, p)
			asked := request()
			c.change(&asked)
			env.ExecuteWorkflow(generation.WorkflowName, asked)
			err, _ := failure(t, env)
			require.Equal(t, generation.ErrorTypeInvalidInput, generation.ErrorTypeOf(err))
			require.Contains(t, err.Error(), c.field)
			require.NotContains(t, err.Error(), "lighthouse")
			require.Empty(t, p.submits)
		})
	}
}

func TestInputIsSubmittedAsWritten(t *testing.T) {
	t.Parallel()
	p := accepts()
	p.await = func(int, wire.AwaitInput) (wire.Outcome, error) {
		return completed("https://cdn.test/1.png"), nil
	}
	env := newEnv(t, p)
	asked := request()
	asked.Input = json.RawMessage(`{"seed":12345678901234567890,"prompt":"é"}`)
	env.ExecuteWorkflow(generation.WorkflowName, asked)
	result(t, env)
	require.JSONEq(t, `{"seed":12345678901234567890,"prompt":"é"}`, string(p.submits[0].Input))
	require.Contains(t, string(p.submits[0].Input), "12345678901234567890")
}

func TestWithoutThePluginTheErrorSaysSo(t *testing.T) {
	t.Parallel()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterWorkflow(workflows.Generate)
	env.ExecuteWorkflow(workflows.Generate, request())
	require.ErrorContains(t, env.GetWorkflowError(), "worker.NewPlugin")
}
