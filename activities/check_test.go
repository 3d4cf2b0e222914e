package activities_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runview"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/usd"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// film is a run of one step that makes a still.
func film(model string, input map[string]any) pipeline.Request {
	return pipeline.Request{Pipeline: pipeline.Definition{
		Name: "film", Inputs: pipeline.Named[pipeline.Input]{{Name: "scene"}},
		Steps: pipeline.Named[pipeline.Step]{{Name: "still", Value: pipeline.Step{Model: model, Input: input}}},
	}, Inputs: map[string]any{"scene": "a lighthouse"}}
}

func shop() *fake {
	p := accepting()
	p.models = []provider.Model{{ID: "a/b"}}
	p.price = func() (provider.Price, error) { return provider.Price{Amount: generation.Dollars(0.5)}, nil }
	return p
}

func TestCheck(t *testing.T) {
	t.Parallel()
	value, err := execute(t, forProvider(shop()), runwire.CheckName, film("a/b", map[string]any{"prompt": "${{ inputs.scene }}"}))
	require.NoError(t, err)
	var report runwire.Report
	require.NoError(t, value.Get(&report))
	require.Empty(t, report.Problems)
	require.Equal(t, generation.Dollars(0.5), report.Estimate.Total)
}

// TestCheckFindsProblems of whatever kind: those are its result, not its error.
func TestCheckFindsProblems(t *testing.T) {
	t.Parallel()
	missing := film("a/b", nil)
	missing.Inputs = nil
	for want, run := range map[string]pipeline.Request{
		`steps.still.model: WaveSpeedAI has no model "a/c"`:   film("a/c", nil),
		`steps.still.input.p: there is no input "x"`:          film("a/b", map[string]any{"p": "${{ inputs.x }}"}),
		"inputs.scene: is required":                           missing,
		"steps.still.input: p: int(inputs.scene): got a text": film("a/b", map[string]any{"p": "${{ int(inputs.scene) }}"}),
	} {
		value, err := execute(t, forProvider(shop()), runwire.CheckName, run)
		require.NoError(t, err)
		var report runwire.Report
		require.NoError(t, value.Get(&report))
		require.Contains(t, report.Problems.Error(), want)
		require.NotContains(t, report.Problems.Error(), "lighthouse")
	}
}

// TestCheckThatCannotAsk: a run with a budget needs prices.
func TestCheckThatCannotAsk(t *testing.T) {
	t.Parallel()
	for kind, c := range map[provider.Kind]struct {
		want      generation.ErrorType
		retryable bool
	}{
		provider.Failed:     {generation.ErrorTypeUnavailable, true},
		provider.Limited:    {generation.ErrorTypeUnavailable, true},
		provider.KeyRefused: {generation.ErrorTypeUnauthorized, false},
	} {
		p := shop()
		p.price = func() (provider.Price, error) { return provider.Price{}, said(kind, "") }
		run := film("a/b", nil)
		run.Budget = new(usd.Dollar)
		_, err := execute(t, forProvider(p), runwire.CheckName, run)
		var got *temporal.ApplicationError
		require.ErrorAs(t, err, &got)
		require.Equal(t, c.want, generation.ErrorTypeOf(got))
		require.Equal(t, c.retryable, !got.NonRetryable())
		require.Contains(t, got.Message(), "pipeline film: its models and prices could not be")
	}
}

// TestCheckWithoutAnswers continues, and says what was not answered.
func TestCheckWithoutAnswers(t *testing.T) {
	t.Parallel()
	p := shop()
	p.price = func() (provider.Price, error) { return provider.Price{}, said(provider.Failed, "") }
	value, err := execute(t, forProvider(p), runwire.CheckName, film("a/b", nil))
	require.NoError(t, err)
	var report runwire.Report
	require.NoError(t, value.Get(&report))
	require.Len(t, report.Unanswered, 1)
	require.Contains(t, runview.Unanswered(report.Unanswered[0]), "account default: no price is available for step still: submit:")
}
