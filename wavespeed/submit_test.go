package wavespeed_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

const created = `{"code":200,"message":"success","data":{"id":"` + predictionID + `","model":"wavespeed-ai/flux-dev","status":"created"}}`

func TestSubmitSendsWhatTheProviderDocuments(t *testing.T) {
	t.Parallel()
	p := serve(t, say(http.StatusOK, created))
	hook := "https://example.com/hooks/a b?x=1&y=2"

	prediction, err := client(t, p.URL).Submit(context.Background(), wavespeed.SubmitRequest{
		Model: "wavespeed-ai/wan-2.1/i2v-480p", Input: map[string]any{"prompt": "fish & <chips>"}, WebhookURL: hook,
	})

	require.NoError(t, err)
	require.Equal(t, predictionID, prediction.ID)
	require.Equal(t, provider.StateCreated, prediction.State)
	require.Len(t, p.requests(), 1)
	sent := p.requests()[0]
	require.Equal(t, http.MethodPost, sent.Method)
	require.Equal(t, "/api/v3/wavespeed-ai/wan-2.1/i2v-480p", sent.URL.EscapedPath())
	require.Equal(t, hook, sent.URL.Query().Get("webhook"))
	require.Equal(t, `{"prompt":"fish & <chips>"}`, sent.body)
	require.Equal(t, "Bearer "+key, sent.Header.Get("Authorization"))
	require.Equal(t, "application/json", sent.Header.Get("Content-Type"))
	require.Contains(t, sent.Header.Get("User-Agent"), "wavespeed-temporal")
	require.Equal(t, "wavespeed-temporal", sent.Header.Get("X-Client-Name"))
	require.NotContains(t, sent.Header, "Idempotency-Key")
}

func TestSubmitKeepsRawInputByteForByte(t *testing.T) {
	t.Parallel()
	p := serve(t, say(http.StatusOK, created))
	raw := "{ \"b\": 1.0,\n \"a\": \"\\u003c\", \"big\": 12345678901234567890 }"

	_, err := client(t, p.URL).Submit(context.Background(), wavespeed.SubmitRequest{Model: "a/b", Input: json.RawMessage(raw)})

	require.NoError(t, err)
	require.Equal(t, raw, p.requests()[0].body)
}

func TestSubmitWithoutInputSendsAnEmptyObject(t *testing.T) {
	t.Parallel()
	p := serve(t, say(http.StatusOK, created))
	c := client(t, p.URL)

	for _, nothing := range []any{nil, map[string]any(nil), json.RawMessage(nil), json.RawMessage(" null ")} {
		_, err := c.Submit(context.Background(), wavespeed.SubmitRequest{Model: "a/b", Input: nothing})
		require.NoError(t, err)
	}

	for _, sent := range p.requests() {
		require.Equal(t, "{}", sent.body)
	}
}

func TestSubmitRefusesWhatCannotBeRight(t *testing.T) {
	t.Parallel()
	p := serve(t, say(http.StatusOK, created))
	c := client(t, p.URL, func(o *wavespeed.Options) { o.MaxRequestBytes = 1000 })
	input := map[string]any{"prompt": "x"}

	for name, test := range map[string]struct {
		request wavespeed.SubmitRequest
		says    string
	}{
		"no model":          {wavespeed.SubmitRequest{Input: input}, "model is empty"},
		"model with a dot":  {wavespeed.SubmitRequest{Model: "a/../balance", Input: input}, `model "a/../balance" has an empty segment`},
		"reserved model":    {wavespeed.SubmitRequest{Model: "predictions/delete", Input: input}, `"predictions"`},
		"list":              {wavespeed.SubmitRequest{Model: "a/b", Input: []string{"x"}}, "input must be a JSON object"},
		"text":              {wavespeed.SubmitRequest{Model: "a/b", Input: "x"}, "input must be a JSON object"},
		"broken raw":        {wavespeed.SubmitRequest{Model: "a/b", Input: json.RawMessage(`{"a":`)}, "input is not valid JSON"},
		"two raws":          {wavespeed.SubmitRequest{Model: "a/b", Input: json.RawMessage(`{}{}`)}, "input is not valid JSON"},
		"no JSON":           {wavespeed.SubmitRequest{Model: "a/b", Input: map[string]any{"x": math.NaN()}}, "input cannot be encoded"},
		"too large":         {wavespeed.SubmitRequest{Model: "a/b", Input: map[string]any{"x": strings.Repeat("a", 1000)}}, "more than 1000"},
		"plain webhook":     {wavespeed.SubmitRequest{Model: "a/b", WebhookURL: "http://example.com/x"}, "webhook URL must begin with https://"},
		"relative webhook":  {wavespeed.SubmitRequest{Model: "a/b", WebhookURL: "/x"}, "webhook URL must begin with https://"},
		"webhook with user": {wavespeed.SubmitRequest{Model: "a/b", WebhookURL: "https://u:p@example.com/x"}, "user name"},
		"webhook no host":   {wavespeed.SubmitRequest{Model: "a/b", WebhookURL: "https:///x"}, "no host"},
		"base64 + webhook": {wavespeed.SubmitRequest{
			Model: "a/b", WebhookURL: "https://example.com/x", Input: map[string]any{"enable_base64_output": true},
		}, "enable_base64_output"},
	} {
		_, err := c.Submit(context.Background(), test.request)
		failed := failure(t, err)
		require.ErrorContains(t, err, test.says, name)
		require.True(t, failed.NotAccepted(), name)
		require.ErrorIs(t, err, wavespeed.ErrInvalid, name)
	}
	require.Empty(t, p.requests())
}

func TestSubmitTakesWebhooksOnThisMachineAndWhereAllowed(t *testing.T) {
	t.Parallel()
	p := serve(t, say(http.StatusOK, created))
	strict := client(t, p.URL)
	lax := client(t, p.URL, func(o *wavespeed.Options) { o.AllowHTTP = true })

	for _, local := range []string{"http://127.0.0.1:1/x", "http://localhost/x", "http://[::1]:8/x", "https://example.com/x"} {
		_, err := strict.Submit(context.Background(), wavespeed.SubmitRequest{Model: "a/b", WebhookURL: local})
		require.NoError(t, err)
	}
	_, err := lax.Submit(context.Background(), wavespeed.SubmitRequest{Model: "a/b", WebhookURL: "http://webhook:8080/x"})
	require.NoError(t, err)
}

func TestSubmitReturnsEveryPredictionThatTheAnswerNames(t *testing.T) {
	t.Parallel()
	const named = `{"id":"` + predictionID + `","model":"a/b","status":"created"}`
	for name, test := range map[string]struct {
		status int
		body   string
		want   provider.State
	}{
		"as documented":     {200, `{"code":200,"message":"success","data":` + named + `}`, "created"},
		"bare":              {200, named, "created"},
		"201":               {201, `{"data":` + named + `}`, "created"},
		"already ended":     {200, `{"code":200,"data":{"id":"` + predictionID + `","status":"completed","outputs":["https://x/1.png"]}}`, "completed"},
		"sync timeout":      {200, `{"code":200,"data":{"id":"` + predictionID + `","status":"processing","code":5004,"error":"Sync mode timed out after 90 seconds.","outputs":[]}}`, "processing"},
		"failed at once":    {200, `{"code":200,"data":{"id":"` + predictionID + `","status":"failed","code":1402}}`, "failed"},
		"envelope says 500": {200, `{"code":500,"message":"oops","data":` + named + `}`, "created"},
		"HTTP 502":          {502, `{"code":502,"message":"oops","data":` + named + `}`, "created"},
		"HTTP 400":          {400, `{"code":400,"message":"oops","data":` + named + `}`, "created"},
		"an id in an error": {404, `{"code":404,"message":"oops","data":{"id":"` + predictionID + `"}}`, ""},
		"credits":           {200, `{"code":1407,"message":"oops","data":` + named + `}`, "created"},
		"without a status":  {200, `{"code":200,"data":{"id":"` + predictionID + `"}}`, ""},
	} {
		p := serve(t, say(test.status, test.body))
		prediction, err := client(t, p.URL).Submit(context.Background(), flux)
		require.NoError(t, err, name)
		require.Equal(t, predictionID, prediction.ID, name)
		require.Equal(t, test.want, prediction.State, name)
	}
}

func TestErrorTellsWhatWasRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status  int
		body    string
		code    int
		message string
	}{
		"as recorded":      {401, `{"code":401,"message":"Invalid API key."}`, 401, "Invalid API key."},
		"key error":        {400, `{"error":"webhook callback does not support base64 output"}`, 0, "webhook callback does not support base64 output"},
		"key detail":       {422, `{"detail":"no such field"}`, 0, "no such field"},
		"detail as a list": {422, `{"detail":[{"loc":["x"],"msg":"field required"}]}`, 0, "field required"},
		"error as object":  {402, `{"error":{"code":1407,"message":"insufficient credits"}}`, 0, "insufficient credits"},
		"other code":       {400, `{"code":1407,"message":"insufficient credits"}`, 1407, "insufficient credits"},
		"strange object":   {400, `{"error":{"why":"x"}}`, 0, `{"why":"x"}`},
		"HTML":             {403, `<html>blocked</html>`, 0, ""},
		"empty":            {404, ``, 0, ""},
	} {
		p := serve(t, say(test.status, test.body))
		_, err := client(t, p.URL).Submit(context.Background(), flux)
		failed := failure(t, err)
		require.Equal(t, test.status, wavespeed.Report(err).StatusCode, name)
		require.Equal(t, test.code, wavespeed.Report(err).Code, name)
		require.Equal(t, test.message, wavespeed.Report(err).Message, name)
		require.Equal(t, "submit", failed.Op, name)
		require.Equal(t, flux.Model, failed.Subject, name)
		require.Contains(t, err.Error(), "wavespeed-ai/flux-dev", name)
	}
}

func TestErrorKeepsThePermissionCode(t *testing.T) {
	t.Parallel()
	p := serve(t, say(http.StatusForbidden, `{"code":403,"message":"the role viewer may not run","error_code":"ROLE_FORBIDDEN"}`))
	_, err := client(t, p.URL).Submit(context.Background(), flux)
	require.Equal(t, "ROLE_FORBIDDEN", wavespeed.Report(err).ErrorCode)
	require.ErrorContains(t, err, "ROLE_FORBIDDEN")
}

func TestErrorSaysWhenItMayHaveBeenBilled(t *testing.T) {
	t.Parallel()
	p := serve(t, say(http.StatusBadGateway, ""))
	c := client(t, p.URL)
	_, err := c.Submit(context.Background(), flux)
	require.EqualError(t, err, "wavespeed: submit wavespeed-ai/flux-dev: HTTP 502 Bad Gateway; it may have been accepted and billed")
	_, err = c.Balance(context.Background())
	require.EqualError(t, err, "wavespeed: balance: HTTP 502 Bad Gateway")
	blocked := client(t, serve(t, say(http.StatusForbidden, "<html>blocked</html>")).URL)
	_, err = blocked.Submit(context.Background(), flux)
	require.EqualError(t, err, "wavespeed: submit wavespeed-ai/flux-dev: HTTP 403 Forbidden (not WaveSpeed's own answer; perhaps a gateway's); it may have been accepted and billed")
	require.False(t, errors.Is(err, wavespeed.ErrInvalid))
}
