package generation_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/input"
)

func TestRequestOnTheWire(t *testing.T) {
	t.Parallel()
	request := generation.Request{
		Key: "still", Model: "wavespeed-ai/flux-dev", Input: map[string]any{"prompt": "é"}, Account: "team",
		Timeout: 90 * time.Minute, Adopt: "p1", MaxPredictions: 2, OnUnknown: generation.ResubmitUnknown,
		OnInsufficientCredits: generation.WaitForCredits,
		Timing: generation.Timing{
			Submit: time.Minute, Settle: 2 * time.Minute, Grace: 3 * time.Minute, Poll: 4 * time.Second, Resubmit: 5 * time.Second, TopUp: 6 * time.Second,
		},
		TaskQueue: "limited",
	}
	encoded, err := json.Marshal(request)
	require.NoError(t, err)
	require.JSONEq(t, `{
		"key": "still", "model": "wavespeed-ai/flux-dev", "input": {"prompt": "é"}, "account": "team",
		"timeout": "1h30m0s", "adopt": "p1", "max_predictions": 2, "on_unknown": "resubmit", "on_insufficient_credits": "wait",
		"timing": {"submit": "1m0s", "settle": "2m0s", "grace": "3m0s", "poll": "4s", "resubmit": "5s", "top_up": "6s"},
		"task_queue": "limited"
	}`, string(encoded))

	var decoded generation.Request
	require.NoError(t, json.Unmarshal(encoded, &decoded))
	request.Input = json.RawMessage(`{"prompt":"é"}`)
	require.Equal(t, request, decoded)
}

func TestZeroFieldsAreNotWritten(t *testing.T) {
	t.Parallel()
	encoded, err := json.Marshal(generation.Request{Model: "m"})
	require.NoError(t, err)
	require.JSONEq(t, `{"model":"m"}`, string(encoded))
}

func TestRequestsOfOtherLanguages(t *testing.T) {
	t.Parallel()
	var request generation.Request
	require.NoError(t, json.Unmarshal([]byte(`{"model":"a/b","input":{"seed":12345678901234567890},"timeout":"15m","requires":1}`), &request))
	require.Equal(t, 15*time.Minute, request.Timeout)
	encoded, err := input.Encode(request.Input)
	require.NoError(t, err)
	require.Equal(t, `{"seed":12345678901234567890}`, string(encoded))

}

// TestRequestsAreReadStrictly: with a misspelt field, the default would be used, and billed.
func TestRequestsAreReadStrictly(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"inputs":{}}`:              "inputs: is not known; did you mean input?",
		`{"adopted":"p"}`:            "adopted: is not known; did you mean adopt?",
		`{"max_prediction":2}`:       "max_prediction: is not known; did you mean max_predictions?",
		`{"Model":"a/b"}`:            "Model: is not known; did you mean model?",
		`{"timing":{"settel":"1s"}}`: "timing.settel: is not known; did you mean settle?",
		`{"model":"a","model":"b"}`:  "model: is listed twice",
		`{"model":5}`:                "model: must be a string, and is a number",
		`{"max_predictions":"2"}`:    "max_predictions: must be a whole number, and is a string",
		`{"max_predictions":1.5}`:    "max_predictions: must be a whole number, and is another one",
		`{"timeout":90}`:             "timeout: must be a string, and is a number",
		`{"timing":{"poll":"soon"}}`: `timing.poll: "soon" is not a duration such as 90s, 15m or 6h`,
		`["a"]`:                      "must be an object, and is a list",
	} {
		require.EqualError(t, json.Unmarshal([]byte(text), new(generation.Request)), want)
	}
}

func TestAdopt(t *testing.T) {
	t.Parallel()
	for id, ok := range map[string]bool{
		"0123456789abcdef0123456789abcdef": true, "a.b_c-D": true, strings.Repeat("a", 256): true,
		strings.Repeat("a", 257): false, "a/b": false, "..": false, ".": false, "a b": false, "a\n": false, "é": false, "a?x=1": false,
	} {
		err := generation.Request{Model: "a/b", Adopt: id}.Validate()
		if ok {
			require.NoError(t, err, id)
		} else {
			require.ErrorContains(t, err, "adopt: ")
		}
	}
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	var result generation.Result
	require.NoError(t, json.Unmarshal([]byte(`{"outputs":["https://cdn.test/1.png",{"url":"https://cdn.test/2.glb","size":7},"a better prompt",{"score":1},null]}`), &result))
	require.Equal(t, "https://cdn.test/1.png", result.URL(0))
	require.Equal(t, "https://cdn.test/2.glb", result.URL(1))
	require.Empty(t, result.URL(2), "a text is not a URL")
	require.Equal(t, "a better prompt", result.Text(2))
	require.Empty(t, result.URL(3))
	require.Empty(t, result.URL(4))
	require.Empty(t, result.URL(-1))
	require.Empty(t, result.URL(99))
	require.Empty(t, result.Text(99))
	var object struct{ Size int }
	require.NoError(t, json.Unmarshal(result.Outputs[1], &object))
	require.Equal(t, 7, object.Size)
	require.Equal(t, `{"score":1}`, result.Outputs[3].String())

	encoded, err := json.Marshal(result.Outputs)
	require.NoError(t, err)
	require.JSONEq(t, `["https://cdn.test/1.png",{"url":"https://cdn.test/2.glb","size":7},"a better prompt",{"score":1},null]`, string(encoded))
}

func TestErrorTypeOf(t *testing.T) {
	t.Parallel()
	failure := temporal.NewApplicationError("flagged", string(generation.ErrorTypeContentRejected))
	for name, c := range map[string]struct {
		err  error
		want generation.ErrorType
	}{
		"none":      {nil, ""},
		"ours":      {failure, generation.ErrorTypeContentRejected},
		"wrapped":   {fmt.Errorf("scene 2: %w", failure), generation.ErrorTypeContentRejected},
		"anybody's": {temporal.NewApplicationError("full", "DiskFull"), ""},
		"the outer": {temporal.NewApplicationErrorWithCause("full", "DiskFull", failure), ""},
		"no type":   {errors.New("full"), ""},
	} {
		require.Equal(t, c.want, generation.ErrorTypeOf(c.err), name)
	}
}
