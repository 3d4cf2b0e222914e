package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

// choosy is a provider whose models end in errors of these types; the others complete.
func choosy(types map[string]generation.ErrorType) *provider {
	p := completes()
	accept := p.submit
	p.submit = func(call int, in wire.SubmitInput) (wire.Submitted, error) {
		if errorType := types[in.Model]; errorType != "" {
			return wire.Submitted{}, temporal.NewNonRetryableApplicationError("no", string(errorType), nil)
		}
		return accept(call, in)
	}
	return p
}

// fallBack generates a/1, or else the alternatives.
func fallBack(env *testsuite.TestWorkflowEnvironment, alternatives ...workflows.Alternative) {
	env.RegisterWorkflowWithOptions(func(ctx workflow.Context) (generation.Result, error) {
		return workflows.Fallback(ctx, of("a/1", "still"), alternatives...)
	}, workflow.RegisterOptions{Name: "test"})
	env.ExecuteWorkflow("test")
}

func another(model string, on ...generation.ErrorType) workflows.Alternative {
	return workflows.Alternative{Request: of(model, ""), On: on}
}

func TestFallback(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		types        map[string]generation.ErrorType
		alternatives []workflows.Alternative
		submitted    []string
		keys         []string
		want         generation.ErrorType // the error's type; "" for a result of the last
	}{
		"not needed": {nil, []workflows.Alternative{another("a/2")}, []string{"a/1"}, []string{"still"}, ""},
		"needed": {map[string]generation.ErrorType{"a/1": generation.ErrorTypeModelNotFound}, []workflows.Alternative{another("a/2")},
			[]string{"a/1", "a/2"}, []string{"still", "still/2"}, ""},
		"the third": {map[string]generation.ErrorType{"a/1": generation.ErrorTypeModelNotFound, "a/2": generation.ErrorTypeModelNotFound},
			[]workflows.Alternative{another("a/2"), another("a/3")}, []string{"a/1", "a/2", "a/3"}, []string{"still", "still/2", "still/3"}, ""},
		"the last one's error": {map[string]generation.ErrorType{"a/1": generation.ErrorTypeModelNotFound, "a/2": generation.ErrorTypeInvalidInput},
			[]workflows.Alternative{another("a/2")}, []string{"a/1", "a/2"}, []string{"still", "still/2"}, generation.ErrorTypeInvalidInput},
		"not after such an error": {map[string]generation.ErrorType{"a/1": generation.ErrorTypeInvalidInput}, []workflows.Alternative{another("a/2")},
			[]string{"a/1"}, []string{"still"}, generation.ErrorTypeInvalidInput},
		"unless it says so": {map[string]generation.ErrorType{"a/1": generation.ErrorTypeInvalidInput}, []workflows.Alternative{another("a/2", generation.ErrorTypeInvalidInput)},
			[]string{"a/1", "a/2"}, []string{"still", "still/2"}, ""},
		"what it says replaces the defaults": {map[string]generation.ErrorType{"a/1": generation.ErrorTypeModelNotFound}, []workflows.Alternative{another("a/2", generation.ErrorTypeInvalidInput)},
			[]string{"a/1"}, []string{"still"}, generation.ErrorTypeModelNotFound},
		"one that does not take over is left out": {map[string]generation.ErrorType{"a/1": generation.ErrorTypeInvalidInput},
			[]workflows.Alternative{another("a/2"), another("a/3", generation.ErrorTypeInvalidInput)}, []string{"a/1", "a/3"}, []string{"still", "still/3"}, ""},
		"each looks at the error before": {map[string]generation.ErrorType{"a/1": generation.ErrorTypeModelNotFound, "a/2": generation.ErrorTypeInvalidInput},
			[]workflows.Alternative{another("a/2"), another("a/3")}, []string{"a/1", "a/2"}, []string{"still", "still/2"}, generation.ErrorTypeInvalidInput},
		"its own key": {map[string]generation.ErrorType{"a/1": generation.ErrorTypeModelNotFound}, []workflows.Alternative{{Request: of("a/2", "other")}},
			[]string{"a/1", "a/2"}, []string{"still", "other"}, ""},
		"none": {map[string]generation.ErrorType{"a/1": generation.ErrorTypeModelNotFound}, nil, []string{"a/1"}, []string{"still"}, generation.ErrorTypeModelNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := choosy(c.types)
			env := newEnv(t, p)
			fallBack(env, c.alternatives...)
			var submitted, keys []string
			for _, in := range p.submits {
				submitted, keys = append(submitted, in.Model), append(keys, in.Key)
			}
			require.Equal(t, c.submitted, submitted)
			require.Equal(t, c.keys, keys)
			if c.want != "" {
				err, status := failure(t, env)
				require.Equal(t, c.want, generation.ErrorTypeOf(err))
				require.Equal(t, submitted[len(submitted)-1], status.Model)
				return
			}
			require.Equal(t, submitted[len(submitted)-1], result(t, env).Model)
		})
	}
}

// TestFallbackErrors: of those nothing is left to be billed.
func TestFallbackErrors(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(p *provider){
		"the prediction failed": func(p *provider) {
			p.await = func(call int, _ wire.AwaitInput) (wire.Outcome, error) {
				if call == 1 {
					return failed(generation.ErrorTypePredictionFailed, "internal"), nil
				}
				return completed("https://cdn.test/2.png"), nil
			}
		},
		"limited until the deadline": func(p *provider) {
			accept := p.submit
			p.submit = func(call int, in wire.SubmitInput) (wire.Submitted, error) {
				if in.Model == "a/1" {
					return wire.Submitted{}, temporal.NewApplicationError("429", string(generation.ErrorTypeRateLimited))
				}
				return accept(call, in)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := completes()
			end(p)
			env := newEnv(t, p)
			fallBack(env, another("a/2"))
			require.Equal(t, "a/2", result(t, env).Model)
		})
	}
	for name, end := range map[string]func(p *provider){
		"moderation": func(p *provider) {
			p.await = func(int, wire.AwaitInput) (wire.Outcome, error) {
				return failed(generation.ErrorTypeContentRejected, "flagged"), nil
			}
		},
		"it continues at the provider": func(*provider) {},
		"it may have been accepted": func(p *provider) {
			p.submit = losesAnswers().submit
			p.find = func(int, wire.FindInput) (wire.Found, error) {
				return wire.Found{Conclusion: wire.ConclusionUndecided}, nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := accepts()
			end(p)
			env := newEnv(t, p)
			fallBack(env, another("a/2"))
			failure(t, env)
			require.Len(t, p.submits, 1)
		})
	}
}

func TestFallbackIsCanceled(t *testing.T) {
	t.Parallel()
	p := accepts()
	env := newEnv(t, p)
	env.RegisterDelayedCallback(env.CancelWorkflow, time.Minute)
	fallBack(env, another("a/2", wire.ErrorTypes()...))
	var canceled *temporal.CanceledError
	require.ErrorAs(t, env.GetWorkflowError(), &canceled)
	require.Len(t, p.submits, 1)
}

// TestFallbackKeepsWhatThereIs: the models before the one that gave a result are not tried
// again.
func TestFallbackKeepsWhatThereIs(t *testing.T) {
	t.Parallel()
	p := choosy(map[string]generation.ErrorType{"a/1": generation.ErrorTypeModelNotFound})
	env := newEnv(t, p)
	var got generation.Result
	play(env, func(ctx workflow.Context) (err error) {
		third := of("a/3", "still/3")
		third.Input = map[string]any{"prompt": ""}
		got, err = workflows.Fallback(workflows.WithEarlier(ctx, earlierResult(t, third, "https://cdn.test/3.png")), of("a/1", "still"), another("a/2"), another("a/3"))
		return err
	})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, "https://cdn.test/3.png", got.URL(0))
	require.Equal(t, "still/3", got.Key)
	require.Equal(t, "a/3", got.Model)
	require.Empty(t, p.submits)
}
