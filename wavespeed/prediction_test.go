package wavespeed_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

func TestParsePredictionTakesEveryShape(t *testing.T) {
	t.Parallel()
	texts := func(texts ...string) (raw []json.RawMessage) {
		for _, text := range texts {
			raw = append(raw, json.RawMessage(text))
		}
		return raw
	}
	said := func(code int, text string) wavespeed.Prediction {
		return wavespeed.Prediction{Failure: wavespeed.FailureOf("completed", code, text)}
	}
	for name, test := range map[string]struct {
		fields string
		want   wavespeed.Prediction
	}{
		"nothing else":        {``, wavespeed.Prediction{}},
		"outputs null":        {`"outputs":null`, wavespeed.Prediction{}},
		"outputs empty":       {`"outputs":[]`, wavespeed.Prediction{Outputs: []json.RawMessage{}}},
		"texts and objects":   {`"outputs":["https://x/1.png","a text",{"url":"https://x/2"},null,7]`, wavespeed.Prediction{Outputs: texts(`"https://x/1.png"`, `"a text"`, `{"url":"https://x/2"}`, `null`, `7`)}},
		"one output bare":     {`"outputs":"https://x/1.png"`, wavespeed.Prediction{Outputs: texts(`"https://x/1.png"`)}},
		"error null":          {`"error":null`, wavespeed.Prediction{}},
		"error text":          {`"error":"bad\nthing"`, said(0, "bad thing")},
		"error object":        {`"error":{"code":1200,"message":"flagged"}`, said(1200, "flagged")},
		"error object, code":  {`"code":1405,"error":{"code":"1200","message":"flagged"}`, said(1405, "flagged")},
		"error other object":  {`"error":{"reason":"x"}`, said(0, `{"reason":"x"}`)},
		"error number":        {`"error":7`, wavespeed.Prediction{}},
		"code text":           {`"code":"1402"`, said(1402, "")},
		"code strange":        {`"code":[1]`, wavespeed.Prediction{}},
		"code huge":           {`"code":1e300`, wavespeed.Prediction{}},
		"code 20 digits":      {`"code":12345678901234567890`, wavespeed.Prediction{}},
		"code too large":      {`"code":1e400`, wavespeed.Prediction{}},
		"nsfw":                {`"has_nsfw_contents":[true,false]`, wavespeed.Prediction{NSFW: []bool{true, false}}},
		"nsfw null":           {`"has_nsfw_contents":null`, wavespeed.Prediction{}},
		"nsfw strange":        {`"has_nsfw_contents":[1]`, wavespeed.Prediction{}},
		"timings":             {`"timings":{"inference":6710}`, wavespeed.Prediction{InferenceMS: 6710}},
		"older time":          {`"executionTime":6710`, wavespeed.Prediction{InferenceMS: 6710}},
		"timings strange":     {`"timings":[]`, wavespeed.Prediction{}},
		"created":             {`"created_at":"2026-04-17T16:11:27.90675875Z"`, wavespeed.Prediction{CreatedAt: time.Date(2026, 4, 17, 16, 11, 27, 906758750, time.UTC)}},
		"created unset":       {`"created_at":"1970-01-01T00:00:00Z"`, wavespeed.Prediction{}},
		"created strange":     {`"created_at":"yesterday"`, wavespeed.Prediction{}},
		"created number":      {`"created_at":1700000000`, wavespeed.Prediction{}},
		"input":               {`"input":{"prompt":"x"}`, wavespeed.Prediction{Input: json.RawMessage(`{"prompt":"x"}`)}},
		"inputs":              {`"inputs":{"prompt":"x"}`, wavespeed.Prediction{Input: json.RawMessage(`{"prompt":"x"}`)}},
		"model strange":       {`"model":{}`, wavespeed.Prediction{}},
		"other case":          {`"Error":"x","OUTPUTS":["x"],"Code":7`, wavespeed.Prediction{}},
		"unknown fields":      {`"later":{"a":[1,2]}`, wavespeed.Prediction{}},
		"last of two":         {`"code":1,"code":2`, said(2, "")},
		"deep input":          {`"input":` + strings.Repeat("[", 9990) + strings.Repeat("]", 9990), wavespeed.Prediction{Input: json.RawMessage(strings.Repeat("[", 9990) + strings.Repeat("]", 9990))}},
		"lone surrogate":      {`"error":"\ud800"`, said(0, "\ufffd")},
		"error of a megabyte": {`"error":"` + strings.Repeat("x", 1<<20) + `"`, said(0, strings.Repeat("x", 1021)+"…")},
	} {
		body := `{"id":"a","status":"completed"`
		if test.fields != "" {
			body += "," + test.fields
		}
		got, err := wavespeed.ParsePrediction([]byte(body + "}"))
		require.NoError(t, err, name)
		test.want.ID, test.want.State = "a", provider.StateCompleted
		require.Equal(t, test.want, got, name)
	}
}

func TestParsePredictionRefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		``, ` `, `null`, `[]`, `"x"`, `0`, `true`, `{}`, `{`, `{"id":"a","status":"completed"`,
		`{"id":"a","status":"completed"}{}`, `{"id":"a","status":"completed"}x`, "\ufeff" + `{"id":"a","status":"completed"}`,
		`{"id":"a"}`, `{"status":"completed"}`, `{"id":"","status":"completed"}`, `{"id":"a","status":""}`,
		`{"id":null,"status":"completed"}`, `{"id":"a","status":null}`, `{"id":7,"status":"completed"}`, `{"id":"a","status":7}`,
		`{"id":["a"],"status":"completed"}`, `{"id":"a","status":{"x":1}}`,
		`{"ID":"a","status":"completed"}`, `{"id":"a","Status":"completed"}`, `{"id":"a","ſtatuſ":"completed"}`,
		`{"id":"` + strings.Repeat("a", 257) + `","status":"completed"}`,
		`{"code":200,"message":"success","data":{"id":"a","status":"completed"}}`,
		`{"id":"a","status":"completed","input":` + strings.Repeat("[", 10001) + strings.Repeat("]", 10001) + `}`,
	} {
		_, err := wavespeed.ParsePrediction([]byte(body))
		require.Error(t, err, body[:min(len(body), 80)])
	}
}

func TestStates(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]provider.State{
		"created": provider.StateCreated, "processing": provider.StateProcessing, "completed": provider.StateCompleted, "failed": provider.StateFailed,
		"cancelled": provider.StateCanceled, "timeout": provider.StateFailed, "deleted": provider.StateDeleted,
		"queued": provider.StateProcessing, "Completed": provider.StateProcessing, "paused": provider.StateProcessing, "canceled": provider.StateProcessing,
	} {
		got, err := wavespeed.ParsePrediction([]byte(`{"id":"a","status":"` + status + `"}`))
		require.NoError(t, err)
		require.Equal(t, want, got.State, status)
		require.Equal(t, slices.Contains([]string{"completed", "failed", "cancelled", "timeout", "deleted"}, status), got.State.Terminal(), status)
	}
}

// TestFailures: which error a generation ends in, and what people read.
func TestFailures(t *testing.T) {
	t.Parallel()
	for fields, want := range map[string]provider.Failure{
		`"status":"failed"`: {Type: generation.ErrorTypePredictionFailed, Reason: "failed"},
		`"status":"failed","code":5000,"error":"internal"`:              {Type: generation.ErrorTypePredictionFailed, Reason: "failed (code 5000): internal"},
		`"status":"failed","code":1405`:                                 {Type: generation.ErrorTypePredictionFailed, Reason: "failed (code 1405)"},
		`"status":"failed","code":1200,"error":"flagged"`:               {Type: generation.ErrorTypeContentRejected, Reason: "failed (code 1200): flagged"},
		`"status":"failed","error":{"code":"1200","message":"flagged"}`: {Type: generation.ErrorTypeContentRejected, Reason: "failed (code 1200): flagged"},
		`"status":"failed","code":1400,"error":"prompt is required"`:    {Type: generation.ErrorTypeInvalidInput, Reason: "failed (code 1400): prompt is required"},
		`"status":"failed","code":1401,"error":"size"`:                  {Type: generation.ErrorTypeInvalidInput, Reason: "failed (code 1401): size"},
		`"status":"failed","code":1402`:                                 {Type: generation.ErrorTypeMediaUnreachable, Reason: "failed (code 1402)"},
		`"status":"timeout","error":"too long"`:                         {Type: generation.ErrorTypePredictionFailed, Reason: "timeout: too long"},
		`"status":"cancelled"`:                                          {Type: generation.ErrorTypePredictionFailed, Reason: "cancelled"},
		`"status":"deleted"`:                                            {Type: generation.ErrorTypePredictionFailed, Reason: "deleted"},
		`"status":"completed","code":1200`:                              {Type: generation.ErrorTypeContentRejected, Reason: "completed (code 1200)"},
		`"status":"completed"`:                                          {},
		`"status":"processing","code":5004,"error":"waited too long"`:   {},
	} {
		got, err := wavespeed.ParsePrediction([]byte(`{"id":"a",` + fields + `}`))
		require.NoError(t, err)
		require.Equal(t, want, got.Failure, fields)
	}
}

func TestParsePredictionIsFrugal(t *testing.T) {
	body := []byte(`{"id":"a","status":"completed","input":[` + strings.TrimSuffix(strings.Repeat("{},", 1<<18), ",") + `]}`)
	allocated := testing.Benchmark(func(b *testing.B) {
		for range b.N {
			_, _ = wavespeed.ParsePrediction(body)
		}
	}).AllocedBytesPerOp()
	require.Less(t, allocated, int64(6*len(body)))
}

func FuzzParsePrediction(f *testing.F) {
	f.Add([]byte(`{"id":"a","status":"completed","outputs":["x",{"url":"y"}],"error":{"message":"z"},"code":"7"}`))
	f.Add([]byte(`{"id":"a","status":"failed","error":[["x"]],"has_nsfw_contents":[null],"timings":{"inference":1e3}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := wavespeed.ParsePrediction(body)
		if err != nil {
			return
		}
		var exact map[string]any
		require.NoError(t, json.Unmarshal(body, &exact))
		require.Equal(t, exact["id"], got.ID)
		require.NotEmpty(t, exact["status"])
		require.LessOrEqual(t, len(got.Failure.Reason), 1100)
	})
}
