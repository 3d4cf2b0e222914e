package cli_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// nothingTells are faults after which nothing shows whether a submit was accepted.
func nothingTells(lost wavespeedtest.Kind) []wavespeedtest.Fault {
	return []wavespeedtest.Fault{
		{Kind: lost, Times: 1}, {Kind: wavespeedtest.WebhookLost},
		{Kind: wavespeedtest.ChargesError, Status: http.StatusForbidden},
	}
}

// lose starts a generation whose submit stays unknown, and waits for that verdict.
func (s *shell) lose(t *testing.T, policy generation.UnknownPolicy) client.WorkflowRun {
	t.Helper()
	return s.Start(t, generation.WorkflowName, generation.Request{
		Key: "still", Model: model, Input: map[string]any{"prompt": "x"}, OnUnknown: policy, Timeout: 10 * time.Minute,
		Timing: generation.Timing{Settle: time.Second, Grace: time.Second, Poll: 100 * time.Millisecond},
	})
}

func (s *shell) await(t *testing.T, text string, args ...string) (out string) {
	t.Helper()
	stack.Eventually(t, "it does not show "+text, func() bool {
		var code int
		code, out, _ = s.run(t, args...)
		return code == 0 && strings.Contains(out, text)
	})
	return out
}

// TestResolve: a person sees the unknown submit, and decides that it was accepted.
func TestResolve(t *testing.T) {
	t.Parallel()
	s := newShellOn(t, stack.StartTemporal(t), wavespeedtest.Options{Faults: nothingTells(wavespeedtest.AcceptedReset)})
	run := s.lose(t, generation.AskUnknown)
	id := run.GetID()
	out := s.await(t, "Decide with wavespeed-temporal resolve", "resolve", id)
	prediction := s.Simulator.Ledger()[0].PredictionID
	for _, text := range []string{
		"still (" + model + ", account default): attempt 1, submitted at ", "the charges can't be read whole",
		"it may be prediction: " + prediction, "webhooks to its address named: –",
		"wavespeed-temporal resolve " + id + " still --prediction " + prediction, "still --absent    # submits again",
	} {
		require.Contains(t, out, text)
	}
	code, out, err := s.run(t, "resolve", id, "--json")
	require.Zero(t, code, err)
	var unknown []struct {
		Key     string             `json:"key"`
		Open    bool               `json:"open"`
		Attempt generation.Attempt `json:"attempt"`
	}
	require.NoError(t, json.Unmarshal([]byte(out), &unknown))
	require.Len(t, unknown, 1)
	require.True(t, unknown[0].Open)
	require.Equal(t, []string{prediction}, unknown[0].Attempt.Candidates)

	for want, args := range map[string][]string{
		"clip is not unknown; unknown: still":                          {id, "clip", "--absent"},
		"there is no workflow nowhere":                                 {"nowhere"},
		"absent: can't be combined with prediction_id":                 {id, "--absent", "--prediction", prediction},
		`"../x" is not a prediction id`:                                {id, "--prediction", "../x"},
		"the account default has no prediction 0123; nothing was deci": {id, "--prediction", "0123"},
		"comment: more than":                                           {id, "--absent", "--comment", strings.Repeat("x", 2000)},
	} {
		code, _, err := s.run(t, append([]string{"resolve"}, args...)...)
		require.NotZero(t, code, err)
		require.Contains(t, err, want)
	}
	code, _, err = s.run(t, "resolve", id, "--prediction", prediction, "--by", "me")
	require.Zero(t, code, err)
	require.Contains(t, err, "still: awaiting prediction "+prediction)
	var result generation.Result
	require.NoError(t, run.Get(t.Context(), &result))
	require.Equal(t, prediction, result.PredictionID)
	require.Len(t, s.Simulator.Ledger(), 1)

	code, _, err = s.run(t, "resolve", id)
	require.Zero(t, code)
	require.Contains(t, err, id+" has no unknown submit")
	code, _, err = s.run(t, "resolve", id, "--absent")
	require.Equal(t, 2, code)
	require.Contains(t, err, id+" has ended, and has no unknown submit")
}

// TestResolveAbsent: a person decides that nothing was accepted.
func TestResolveAbsent(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{Faults: nothingTells(wavespeedtest.SubmitReset)})
	run := s.lose(t, generation.AskUnknown)
	out := s.await(t, "Decide with wavespeed-temporal resolve", "resolve", run.GetID())
	require.Contains(t, out, "it may be prediction: –")
	require.Contains(t, out, "still --prediction ID\n")
	require.Empty(t, s.Simulator.Ledger())
	code, _, err := s.run(t, "resolve", run.GetID(), "still", "--absent", "--by", "me", "--comment", "I looked")
	require.Zero(t, code, err)
	require.Contains(t, err, "still: submitting again")
	var result generation.Result
	require.NoError(t, run.Get(t.Context(), &result))
	require.Len(t, s.Simulator.Ledger(), 1)
	require.Equal(t, generation.StateAbsent, result.Attempts[0].State)
	require.Equal(t, "absent, decided by me: I looked", result.Attempts[0].Reason)
}

// TestResolveTooLate: once a generation has failed, it can't be decided, and resolve shows the
// alternatives.
func TestResolveTooLate(t *testing.T) {
	t.Parallel()
	s := newShellOn(t, stack.StartTemporal(t), wavespeedtest.Options{Faults: nothingTells(wavespeedtest.AcceptedReset)})
	run := s.lose(t, generation.FailUnknown)
	require.Error(t, run.Get(t.Context(), nil))
	prediction := s.Simulator.Ledger()[0].PredictionID
	adopt := "generate " + model + " --adopt " + prediction + " --wait"
	code, out, err := s.run(t, "resolve", run.GetID())
	require.Zero(t, code, err)
	require.Contains(t, out, "; given up")
	require.Contains(t, out, adopt)
	code, _, err = s.run(t, "resolve", run.GetID(), "--absent")
	require.Equal(t, 2, code)
	require.Contains(t, err, "nothing is left to decide in "+run.GetID())
	require.Contains(t, err, adopt)
}

// startedWith returns the input of a pipeline's latest run.
func (s *shell) startedWith(t *testing.T, id string) (in pipeline.Request) {
	t.Helper()
	event, err := s.Client.GetWorkflowHistory(t.Context(), id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT).Next()
	require.NoError(t, err)
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(event.GetWorkflowExecutionStartedEventAttributes().GetInput(), &in))
	return in
}

const photosFile = `
name: photos
steps:
  photos:
    for_each: {items: "${{ 1..60 }}", max_parallel: 30}
    model: wavespeed-ai/flux-dev
    input: {prompt: "photo ${{ item }} of 60"}
`

// TestResolveInAPipeline: the run's id finds unknown submits in its children during the search.
// A rerun can leave the decision to a person, and watching it shows how to decide.
func TestResolveInAPipeline(t *testing.T) {
	t.Parallel()
	lost := func(kind wavespeedtest.Kind) wavespeedtest.Fault {
		return wavespeedtest.Fault{Kind: kind, Input: "photo 7 of"}
	}
	s := newShell(t, wavespeedtest.Options{
		Duration: 50 * time.Millisecond,
		Faults:   []wavespeedtest.Fault{lost(wavespeedtest.AcceptedReset), lost(wavespeedtest.WebhookLost)},
	})
	photos, id := written(t, "photos.yaml", photosFile), newID()
	code, _, err := s.run(t, "pipeline", "run", photos, "--id", id, "--detach")
	require.Zero(t, code, err)
	key := "photos[6]"
	s.await(t, "59 of 60", "pipeline", "status", id) // what is cut off in a submit is looked for, too
	s.await(t, "resolve "+id, "pipeline", "status", id)
	out := s.await(t, key, "resolve", id)
	require.Contains(t, out, "in workflow: ")
	require.Contains(t, out, "wavespeed-temporal resolve "+id+" '"+key+"' --prediction")
	require.NoError(t, s.Client.TerminateWorkflow(t.Context(), id, "", "test"))
	code, out, err = s.run(t, "resolve", id)
	require.Zero(t, code, err)
	require.Contains(t, out, "wavespeed-temporal pipeline rerun "+id+" --on-unknown ask")

	code, _, err = s.run(t, "pipeline", "rerun", id, "--on-unknown", "ask", "--resubmit-unknown")
	require.Equal(t, 2, code)
	require.Contains(t, err, "--on-unknown can't be combined with --resubmit-unknown")
	code, _, err = s.run(t, "pipeline", "rerun", id, "--on-unknown", "hope")
	require.Equal(t, 2, code)
	require.Contains(t, err, `--on-unknown: "hope" is not one of fail, resubmit and ask`)
	code, _, err = s.run(t, "pipeline", "rerun", id, "--on-unknown", "ask", "--detach")
	require.Zero(t, code, err)
	watching, stop := context.WithCancel(t.Context())
	defer stop()
	watch := s.line()
	watched := make(chan int, 1)
	go func() { watched <- watch.run(watching, "pipeline", "status", id, "--watch") }()
	stack.Eventually(t, "watching does not show how to decide", func() bool {
		return strings.Contains(watch.err.String(), "unknown whether accepted: "+key+". Look and decide with:\n  wavespeed-temporal resolve "+id)
	})
	var prediction string
	for _, entry := range s.Simulator.Ledger() {
		if strings.Contains(string(entry.Input), "photo 7 of") {
			prediction = entry.PredictionID
		}
	}
	code, _, err = s.run(t, "resolve", id, key, "--prediction", prediction)
	require.Zero(t, code, err)
	var result pipeline.Result
	require.NoError(t, s.Client.GetWorkflow(t.Context(), id, "").Get(t.Context(), &result))
	require.Equal(t, 60, result.Steps[0].Items.Completed)
	require.Len(t, s.Simulator.Ledger(), 60)
	require.Zero(t, <-watched, watch.err.String())
	require.Equal(t, "ask", s.startedWith(t, id).Pipeline.Steps[0].Value.OnUnknown)
}
