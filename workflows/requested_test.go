package workflows_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/registered"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

// requested runs the workflow that anybody may start with an argument as it is written.
func requested(t *testing.T, argument string) error {
	t.Helper()
	p := accepts()
	env := newEnv(t, p)
	env.RegisterWorkflowWithOptions(registered.Generate, workflow.RegisterOptions{Name: "requested"})
	env.ExecuteWorkflow("requested", json.RawMessage(argument))
	require.True(t, env.IsWorkflowCompleted())
	require.Empty(t, p.submits)
	return env.GetWorkflowError()
}

// TestRequestsThatCannotBeDecoded end with the type that says so, and the field's name.
func TestRequestsThatCannotBeDecoded(t *testing.T) {
	t.Parallel()
	for argument, want := range map[string]string{
		`{"model":"a/b","inputs":{"prompt":"x"}}`: "generation request: inputs: is not known; did you mean input?; nothing was submitted",
		`{"model":"a/b","timeout":90}`:            "generation request: timeout: must be a string, and is a number; nothing was submitted",
		`{"model":"a/b","requires":1,"soon":1}`:   "generation request: soon: is not known",
		`"a/b"`:                                   "generation request: must be an object, and is a string",
		`{"model":"a/b","adopt":"a/b"}`:           `adopt: "a/b" is not a prediction id`,
	} {
		var failure *temporal.ApplicationError
		require.ErrorAs(t, requested(t, argument), &failure, argument)
		require.Equal(t, generation.ErrorTypeInvalidInput, generation.ErrorTypeOf(failure))
		require.True(t, failure.NonRetryable())
		require.Contains(t, failure.Message(), want)
	}
}

// TestRequestsOfNewerVersions are left to newer workers: the workflow task fails, and not
// the workflow.
func TestRequestsOfNewerVersions(t *testing.T) {
	t.Parallel()
	err := requested(t, `{"model":"a/b","requires":2,"soon":1}`)
	var panicked *temporal.PanicError
	require.ErrorAs(t, err, &panicked)
	require.Contains(t, panicked.Error(), "the argument requires format 2, and this worker has 1: it is left to a newer one")
}

// TestDecisionsAreReadStrictly: a field that is misspelt would be decided without.
func TestDecisionsAreReadStrictly(t *testing.T) {
	t.Parallel()
	p := newPoll(t)
	var refused []error
	for _, decision := range []string{`{"verdict":"approve","step":"still"}`, `{"verdikt":"approve"}`, `{"verdict":"approve","requires":2}`} {
		p.env.RegisterDelayedCallback(func() {
			p.env.UpdateWorkflow(generation.DecideUpdate, "", &testsuite.TestUpdateCallback{
				OnReject:   func(err error) { refused = append(refused, err) },
				OnComplete: func(any, error) { t.Error("it was taken") },
			}, json.RawMessage(decision))
		}, 0)
	}
	p.decide(generation.Decision{Verdict: generation.VerdictApprove})
	p.ask(workflows.Approval{Key: "review"})
	p.approved(t)
	require.Len(t, refused, 3)
	for i, want := range []string{
		"decision: step: is not known; known fields: approval, at, by, choice, comment, input, items, regenerate, verdict",
		"decision: verdikt: is not known; did you mean verdict?",
		"decision: requires: is not known",
	} {
		require.ErrorContains(t, refused[i], want)
	}
}

// TestResolutionsAreReadStrictly: a submit that is said to be absent is made, and paid, again.
func TestResolutionsAreReadStrictly(t *testing.T) {
	t.Parallel()
	p := losesAnswers()
	env := newEnv(t, p)
	refusals := map[string]string{
		`{"key":"still","absnt":true}`: "resolution: absnt: is not known; did you mean absent?",
		`{"prediction":"p7"}`:          "resolution: prediction: is not known; did you mean prediction_id?",
		`{"absent":"yes"}`:             "resolution: absent: ",
		`{}`:                           "resolution: prediction_id: set the prediction",
		`{"key":"clip","absent":true}`: `key: "clip" is not unknown; unknown: still`,
	}
	refused := 0
	for resolution, want := range refusals {
		env.RegisterDelayedCallback(func() {
			env.UpdateWorkflow(generation.ResolveUpdate, "", &testsuite.TestUpdateCallback{
				OnReject: func(err error) {
					refused++
					require.ErrorContains(t, err, want)
				},
				OnComplete: func(any, error) { t.Error("it was taken") },
			}, json.RawMessage(resolution))
		}, time.Second)
	}
	resolve(t, env, time.Minute, generation.Resolution{PredictionID: predictionID}, "")
	env.ExecuteWorkflow(generation.WorkflowName, request())
	require.Equal(t, predictionID, result(t, env).PredictionID)
	require.Equal(t, len(refusals), refused)
}
