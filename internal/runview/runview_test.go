package runview_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runview"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/usd"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func TestAmounts(t *testing.T) {
	t.Parallel()
	cost, budget := usd.Dollar/4, 2*usd.Dollar
	status := pipeline.Status{Cost: &cost, Budget: &budget, Estimate: &pipeline.Estimate{Total: usd.Dollar}}
	require.Equal(t, []string{"cost $0.25 so far", "estimate about $1.00", "budget $2.00"}, runview.Amounts(status))
	require.Equal(t, []string{"cost $0.25"}, runview.Amounts(pipeline.Status{Cost: &cost, Ended: noon}))
	require.Empty(t, runview.Amounts(pipeline.Status{}))
}

func TestProgress(t *testing.T) {
	t.Parallel()
	counts := func(c pipeline.Counts) *pipeline.Counts { return &c }
	for want, step := range map[string]pipeline.StepStatus{
		"":                                     {Kind: plan.KindGenerate, State: pipeline.StateRunning, Attempts: 1, Items: counts(pipeline.Counts{})},
		", attempt 2":                          {Kind: plan.KindGenerate, State: pipeline.StateRunning, Attempts: 2},
		", kept":                               {Kind: plan.KindGenerate, State: pipeline.StateCompleted, Attempts: 2, Kept: true},
		", kept 5 of 5":                        {State: pipeline.StateCompleted, Kept: true, Items: counts(pipeline.Counts{Total: 5, Completed: 5, Kept: 5})},
		" 3 of 7, 2 kept, 1 failed, 2 running": {State: pipeline.StateRunning, Items: counts(pipeline.Counts{Total: 7, Completed: 3, Kept: 2, Failed: 1, Running: 2, Waiting: 1})},
	} {
		require.Equal(t, want, runview.Progress(step))
	}
}

func TestTook(t *testing.T) {
	t.Parallel()
	require.Empty(t, runview.Took(pipeline.StepStatus{}, noon))
	require.Equal(t, "3s", runview.Took(pipeline.StepStatus{Started: noon}, noon.Add(3100*time.Millisecond)))
	require.Equal(t, "2.1s", runview.Took(pipeline.StepStatus{Started: noon, Ended: noon.Add(2123 * time.Millisecond)}, noon.Add(time.Hour)))
}

func TestStates(t *testing.T) {
	t.Parallel()
	for state, ended := range map[pipeline.State]bool{
		pipeline.StateWaiting: false, pipeline.StateRunning: false, pipeline.StateApproval: false, pipeline.StateHeld: false,
		pipeline.StateCompleted: true, pipeline.StateFailed: true, pipeline.StateRejected: true, pipeline.StateSkipped: true, pipeline.StateCanceled: true,
	} {
		require.Equal(t, ended, runview.Ended(state), state)
	}
}
