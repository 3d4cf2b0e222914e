package workflowstest_test

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/examples/clip"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows/workflowstest"
)

// still is a workflow of one generation.
func still(ctx workflow.Context, request generation.Request) (generation.Result, error) {
	return workflows.Generate(ctx, request)
}

func request(change func(*generation.Request)) generation.Request {
	r := generation.Request{Key: "still", Model: "wavespeed-ai/flux-dev", Input: map[string]any{"prompt": "a lighthouse", "seed": 7}}
	if change != nil {
		change(&r)
	}
	return r
}

func newProvider(t *testing.T) (*testsuite.TestWorkflowEnvironment, *workflowstest.Provider) {
	t.Helper()
	suite := new(testsuite.WorkflowTestSuite)
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterWorkflow(still)
	return env, workflowstest.NewProvider(t, env)
}

// TestClip is what the package's documentation shows.
func TestClip(t *testing.T) {
	env := new(testsuite.WorkflowTestSuite).NewTestWorkflowEnvironment()
	provider := workflowstest.NewProvider(t, env)
	env.ExecuteWorkflow(clip.Clip, clip.Brief{Scene: "a lighthouse", Motion: "waves"})

	require.NoError(t, env.GetWorkflowError())
	require.Len(t, provider.Requests(), 3)
	require.Equal(t, "https://outputs.test/still", provider.Requests()[1].Input["image"])
}

// ended is how a workflow ended: its result, or its error's type.
func ended(t *testing.T, env *testsuite.TestWorkflowEnvironment) (generation.Result, generation.ErrorType) {
	t.Helper()
	require.True(t, env.IsWorkflowCompleted())
	var result generation.Result
	err := env.GetWorkflowError()
	if err == nil {
		require.NoError(t, env.GetWorkflowResult(&result))
		return result, ""
	}
	var failure *temporal.ApplicationError
	var canceled *temporal.CanceledError
	if errors.As(err, &canceled) {
		return result, "canceled"
	}
	require.ErrorAs(t, err, &failure)
	return result, generation.ErrorType(failure.Type())
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	failed := workflowstest.Failed(generation.ErrorTypePredictionFailed, "out of memory")
	done := workflowstest.Outputs("https://cdn.test/1.png")
	twice := func(r *generation.Request) { r.MaxPredictions = 2 }
	for name, c := range map[string]struct {
		answers   []workflowstest.Answer
		change    func(*generation.Request)
		errorType generation.ErrorType
		submits   int
		via       string
		took      time.Duration
	}{
		"default":            {submits: 1, via: wire.ViaWebhook},
		"outputs":            {answers: []workflowstest.Answer{done}, submits: 1, via: wire.ViaWebhook},
		"soon":               {answers: []workflowstest.Answer{done.After(time.Minute)}, submits: 1, via: wire.ViaWebhook, took: time.Minute},
		"after the grace":    {answers: []workflowstest.Answer{done.After(time.Hour)}, submits: 1, took: time.Hour},
		"no outputs":         {answers: []workflowstest.Answer{workflowstest.Outputs()}, errorType: generation.ErrorTypePredictionFailed, submits: 1},
		"failed":             {answers: []workflowstest.Answer{failed}, errorType: generation.ErrorTypePredictionFailed, submits: 1},
		"failed, then done":  {answers: []workflowstest.Answer{failed, done}, change: twice, submits: 2, via: wire.ViaWebhook, took: 10 * time.Second},
		"never":              {answers: []workflowstest.Answer{workflowstest.Never()}, errorType: generation.ErrorTypeDeadlineExceeded, submits: 1, took: 6 * time.Hour},
		"busy for ever":      {answers: []workflowstest.Answer{workflowstest.Refused(generation.ErrorTypeRateLimited, "busy")}, errorType: generation.ErrorTypeRateLimited},
		"lost and found":     {answers: []workflowstest.Answer{done.Lost()}, submits: 1, via: wire.ViaPoll},
		"lost, found, later": {answers: []workflowstest.Answer{done.Lost().After(time.Hour)}, submits: 1, took: time.Hour},
		"absent, then done":  {answers: []workflowstest.Answer{workflowstest.Absent(), done}, submits: 2, via: wire.ViaWebhook},
		"unknown":            {answers: []workflowstest.Answer{workflowstest.Unknown()}, errorType: generation.ErrorTypeSubmitUnknown, submits: 1},
		"unknown, resubmitted": {answers: []workflowstest.Answer{workflowstest.Unknown(), done}, submits: 2, via: wire.ViaWebhook,
			change: func(r *generation.Request) { r.OnUnknown = generation.ResubmitUnknown }},
		"adopted": {change: func(r *generation.Request) { r.Adopt = "p1" }, via: wire.ViaPoll},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, provider := newProvider(t)
			if c.answers != nil {
				provider.On("wavespeed-ai/flux-dev", nil, c.answers...)
			}
			began, clock := env.Now(), time.Now()
			env.ExecuteWorkflow(still, request(c.change))
			result, errorType := ended(t, env)
			require.Equal(t, c.errorType, errorType)
			if c.errorType != generation.ErrorTypeRateLimited {
				require.Len(t, provider.Requests(), c.submits)
			}
			if c.via != "" {
				require.Equal(t, c.via, result.Via)
			}
			if c.took > 0 {
				require.InDelta(t, c.took, env.Now().Sub(began), float64(2*time.Second))
			}
			require.Less(t, time.Since(clock), 10*time.Second, "time is skipped")
		})
	}
}

// Each type of a failed prediction and of a refused submit ends the generation with that type.
func TestErrorsKeepTheirTypes(t *testing.T) {
	t.Parallel()
	answers := map[string]workflowstest.Answer{}
	for _, errorType := range []generation.ErrorType{generation.ErrorTypePredictionFailed, generation.ErrorTypeContentRejected, generation.ErrorTypeInvalidInput, generation.ErrorTypeMediaUnreachable} {
		answers[string(errorType)] = workflowstest.Failed(errorType, "x")
	}
	for _, errorType := range []generation.ErrorType{
		generation.ErrorTypeInvalidInput, generation.ErrorTypeUnauthorized, generation.ErrorTypeInsufficientCredits, generation.ErrorTypeModelNotFound, generation.ErrorTypeDeadlineExceeded,
	} {
		answers["refused "+string(errorType)] = workflowstest.Refused(errorType, "x")
	}
	for name, answer := range answers {
		env, provider := newProvider(t)
		provider.On("", nil, answer)
		env.ExecuteWorkflow(still, request(nil))
		_, errorType := ended(t, env)
		require.Contains(t, name, string(errorType))
		require.NotEmpty(t, errorType)
	}
	require.Panics(t, func() { workflowstest.Failed(generation.ErrorTypeUnauthorized, "x") })
	require.Panics(t, func() { workflowstest.Refused(generation.ErrorTypeSubmitUnknown, "x") })
	require.Panics(t, func() { _ = workflowstest.SubmitError(generation.ErrorTypeContentRejected, "x") })
}

func TestRulesMatchByFields(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		model string
		input map[string]any
		match bool
	}{
		"any":            {"", nil, true},
		"model":          {"wavespeed-ai/flux-dev", nil, true},
		"other model":    {"wavespeed-ai/other", nil, false},
		"a field":        {"", map[string]any{"prompt": "a lighthouse"}, true},
		"a number":       {"", map[string]any{"seed": 7}, true},
		"other value":    {"", map[string]any{"prompt": "a lighthouse", "seed": 8}, false},
		"missing field":  {"", map[string]any{"size": "1024*1024"}, false},
		"missing is nil": {"", map[string]any{"size": nil}, false},
	} {
		env, provider := newProvider(t)
		provider.On("", nil, workflowstest.Outputs("general"))
		provider.On(c.model, c.input, workflowstest.Outputs("special"))
		env.ExecuteWorkflow(still, request(nil))
		result, _ := ended(t, env)
		require.Equal(t, c.match, result.Text(0) == "special", name)
		require.Equal(t, []workflowstest.Request{{
			WorkflowID: "default-test-workflow-id", Key: "still", Model: "wavespeed-ai/flux-dev", Account: "default",
			Input: map[string]any{"prompt": "a lighthouse", "seed": 7.0},
		}}, provider.Requests(), name)
	}
}

// A person decides about an unknown submit.
func TestResolve(t *testing.T) {
	t.Parallel()
	env, provider := newProvider(t)
	provider.On("", nil, workflowstest.Unknown(), workflowstest.Outputs("https://cdn.test/2.png"))
	provider.Resolve(time.Hour, generation.Resolution{Absent: true, By: "me"})
	env.ExecuteWorkflow(still, request(func(r *generation.Request) { r.OnUnknown = generation.AskUnknown }))
	result, errorType := ended(t, env)
	require.Empty(t, errorType)
	require.Equal(t, "https://cdn.test/2.png", result.URL(0))
}

// A budget counts the prices of answers.
func TestPrices(t *testing.T) {
	t.Parallel()
	env, provider := newProvider(t)
	provider.On("", nil, workflowstest.Outputs("x").Price(generation.Dollars(0.1)))
	capped := func(ctx workflow.Context) (made int, err error) {
		budget := &workflows.Budget{Limit: generation.Dollars(0.25)}
		ctx = workflows.WithBudget(ctx, budget)
		for ; ; made++ {
			if _, err := workflows.Generate(ctx, request(func(r *generation.Request) { r.Key = fmt.Sprint(made) })); err != nil {
				return made, nil
			}
		}
	}
	env.RegisterWorkflowWithOptions(capped, workflow.RegisterOptions{Name: "capped"})
	env.ExecuteWorkflow("capped")
	require.NoError(t, env.GetWorkflowError())
	var made int
	require.NoError(t, env.GetWorkflowResult(&made))
	require.Equal(t, 2, made)
}

// Children and timers of the user's own go by the same clock.
func TestChildrenAndCancellation(t *testing.T) {
	t.Parallel()
	env, provider := newProvider(t)
	provider.On("", nil, workflowstest.Outputs("x").After(time.Hour))
	impatient := func(ctx workflow.Context) error {
		ctx, cancel := workflow.WithCancel(ctx)
		defer cancel()
		child := workflow.ExecuteChildWorkflow(ctx, generation.WorkflowName, request(nil))
		_ = workflow.Sleep(ctx, time.Minute)
		cancel()
		return child.Get(ctx, nil)
	}
	env.RegisterWorkflowWithOptions(impatient, workflow.RegisterOptions{Name: "impatient"})
	began := env.Now()
	env.ExecuteWorkflow("impatient")
	_, errorType := ended(t, env)
	require.Equal(t, generation.ErrorType("canceled"), errorType)
	require.Less(t, env.Now().Sub(began), 5*time.Minute)
	require.Len(t, provider.Requests(), 1)
}

// The environment's own mocks work too: the activities are registered from the start.
func TestOnActivity(t *testing.T) {
	t.Parallel()
	env, provider := newProvider(t)
	env.OnActivity("wavespeed.Submit", mock.Anything, mock.Anything).Return(nil, workflowstest.SubmitError(generation.ErrorTypeSubmitUnknown, "lost")).Once()
	env.ExecuteWorkflow(still, request(nil))
	_, errorType := ended(t, env)
	require.Equal(t, generation.ErrorTypeSubmitUnknown, errorType)
	require.Empty(t, provider.Requests())
}
