package wavespeed_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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
		"error text":          {`"error":"bad\nthing"`, wavespeed.Prediction{Error: "bad thing"}},
		"error object":        {`"error":{"code":1200,"message":"flagged"}`, wavespeed.Prediction{Error: "flagged", Code: 1200}},
		"error object, code":  {`"code":1405,"error":{"code":"1200","message":"flagged"}`, wavespeed.Prediction{Error: "flagged", Code: 1405}},
		"error other object":  {`"error":{"reason":"x"}`, wavespeed.Prediction{Error: `{"reason":"x"}`}},
		"error number":        {`"error":7`, wavespeed.Prediction{}},
		"code text":           {`"code":"1402"`, wavespeed.Prediction{Code: 1402}},
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
		"last of two":         {`"code":1,"code":2`, wavespeed.Prediction{Code: 2}},
		"deep input":          {`"input":` + strings.Repeat("[", 9990) + strings.Repeat("]", 9990), wavespeed.Prediction{Input: json.RawMessage(strings.Repeat("[", 9990) + strings.Repeat("]", 9990))}},
		"lone surrogate":      {`"error":"\ud800"`, wavespeed.Prediction{Error: "\ufffd"}},
		"error of a megabyte": {`"error":"` + strings.Repeat("x", 1<<20) + `"`, wavespeed.Prediction{Error: strings.Repeat("x", 1024) + "…"}},
	} {
		body := `{"id":"a","status":"completed"`
		if test.fields != "" {
			body += "," + test.fields
		}
		got, err := wavespeed.ParsePrediction([]byte(body + "}"))
		require.NoError(t, err, name)
		test.want.ID, test.want.Status = "a", wavespeed.StatusCompleted
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

func TestParsePredictionKeepsUnknownStatuses(t *testing.T) {
	t.Parallel()
	for status, terminal := range map[wavespeed.Status]bool{
		"created": false, "processing": false, "queued": false, "Completed": false, "paused": false,
		"completed": true, "failed": true, "cancelled": true, "timeout": true, "deleted": true,
	} {
		got, err := wavespeed.ParsePrediction([]byte(`{"id":"a","status":"` + string(status) + `"}`))
		require.NoError(t, err)
		require.Equal(t, status, got.Status)
		require.Equal(t, terminal, got.Status.Terminal(), status)
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
		require.Equal(t, exact["status"], string(got.Status))
		require.LessOrEqual(t, len(got.Error), 1027)
	})
}
