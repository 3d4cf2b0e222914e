package wavespeed_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

// Recorded by others from the provider in 2026.
const recorded = `{"code":200,"message":"success","data":{"id":"d965d49efbbb49ffa9c7445f0a0cae03","code":0,
 "urls":{"get":"https://elsewhere.example/api/v3/predictions/d965d49efbbb49ffa9c7445f0a0cae03/result"},
 "error":"","model":"tripo3d/p2/image-to-3d","status":"completed",
 "outputs":["https://static.wavespeed.ai/examples/d965d49efbbb49ffa9c7445f0a0cae03/1.glb"],
 "timings":{"inference":137946},"created_at":"2026-09-22T05:32:05.956541611Z"}}`

func TestResultReadsARecordedAnswer(t *testing.T) {
	t.Parallel()
	p := serve(t, say(http.StatusOK, recorded))
	prediction, err := client(t, p.URL).Result(context.Background(), predictionID)
	require.NoError(t, err)
	require.Equal(t, wavespeed.Prediction{
		ID: predictionID, Model: "tripo3d/p2/image-to-3d", State: provider.StateCompleted,
		Outputs:     []json.RawMessage{json.RawMessage(`"https://static.wavespeed.ai/examples/d965d49efbbb49ffa9c7445f0a0cae03/1.glb"`)},
		InferenceMS: 137946, CreatedAt: time.Date(2026, 9, 22, 5, 32, 5, 956541611, time.UTC),
	}, prediction)
	require.Equal(t, "/api/v3/predictions/"+predictionID+"/result", p.requests()[0].URL.Path)
}

func TestResultEscapesTheID(t *testing.T) {
	t.Parallel()
	const id = "a/../b?c#d%2e é"
	p := serve(t, func(w http.ResponseWriter, r *http.Request) {
		say(http.StatusOK, `{"data":{"id":"`+id+`","status":"created"}}`)(w, r)
	})
	_, err := client(t, p.URL).Result(context.Background(), id)
	require.NoError(t, err)
	require.Equal(t, "/api/v3/predictions/a%2F..%2Fb%3Fc%23d%252e%20%C3%A9/result", p.requests()[0].RequestURI)
}

func TestResultRefusesIDsThatAreNone(t *testing.T) {
	t.Parallel()
	p := serve(t, say(http.StatusOK, recorded))
	for _, id := range []string{"", ".", "..", strings.Repeat("a", 257)} {
		_, err := client(t, p.URL).Result(context.Background(), id)
		require.ErrorIs(t, err, wavespeed.ErrInvalid)
	}
	require.Empty(t, p.requests())
}

func TestResultFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		body   string
		says   string
	}{
		"not found":          {404, `{"code":404,"message":"Prediction not found."}`, "result " + predictionID + ": HTTP 404: Prediction not found."},
		"another prediction": {200, `{"data":{"id":"other","status":"completed"}}`, "another prediction"},
		"no status":          {200, `{"data":{"id":"` + predictionID + `"}}`, "names no prediction"},
		"no id":              {200, `{"data":{"status":"completed"}}`, "names no prediction"},
		"half":               {200, recorded[:200], "not a JSON object"},
		"status as a number": {200, `{"data":{"id":"` + predictionID + `","status":1}}`, "names no prediction"},
		"error 500":          {500, `{"data":{"id":"` + predictionID + `","status":"processing"}}`, "HTTP 500"},
	} {
		p := serve(t, say(test.status, test.body))
		_, err := client(t, p.URL).Result(context.Background(), predictionID)
		require.ErrorContains(t, err, test.says, name)
	}
}

func TestResultTakesAnEndThatComesWithAnError(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"code":500,"message":"x","data":{"id":"` + predictionID + `","status":"failed","code":1402}}`,
		`{"id":"` + predictionID + `","status":"failed","code":1402}`,
	} {
		for _, status := range []int{200, 500} {
			p := serve(t, say(status, body))
			prediction, err := client(t, p.URL).Result(context.Background(), predictionID)
			require.NoError(t, err)
			require.Equal(t, generation.ErrorTypeMediaUnreachable, prediction.Failure.Type)
		}
	}
}

func TestListAsksAndReads(t *testing.T) {
	t.Parallel()
	p := serve(t, say(http.StatusOK, `{"code":200,"data":{"page":2,"items":[{"id":"b","status":"created","inputs":{"seed":7}},{"id":"a","status":"failed"}]}}`))
	page, err := client(t, p.URL).List(context.Background(), wavespeed.ListOptions{
		Page: 2, PageSize: 2, Model: "a/b", State: provider.StateCreated, IncludeInputs: true,
		CreatedAfter:  time.Date(2026, 1, 2, 3, 4, 5, 6_999_999, time.UTC),
		CreatedBefore: time.Date(2026, 1, 2, 3, 4, 5, 6_000_001, time.FixedZone("east", 3600)),
	})
	require.NoError(t, err)
	require.Nil(t, page.More)
	require.Len(t, page.Items, 2)
	require.JSONEq(t, `{"seed":7}`, string(page.Items[0].Input))
	require.JSONEq(t, `{"page":2,"page_size":2,"model":"a/b","status":"created","include_inputs":true,
		"created_after":"2026-01-02T03:04:05.006Z","created_before":"2026-01-02T02:04:05.007Z"}`, p.requests()[0].body)
	require.Equal(t, "/api/v3/predictions", p.requests()[0].URL.Path)
}

func TestListHasDefaults(t *testing.T) {
	t.Parallel()
	p := serve(t, say(http.StatusOK, `{"data":{"items":[]}}`))
	page, err := client(t, p.URL).List(context.Background(), wavespeed.ListOptions{})
	require.NoError(t, err)
	require.Empty(t, page.Items)
	require.Nil(t, page.More)
	require.JSONEq(t, `{"page":1,"page_size":100}`, p.requests()[0].body)
}

func TestListTellsTheTotalAndMoreAsTold(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]provider.Page{
		`{"data":{"items":[{"id":"a"}],"total":4,"has_more":true}}`: {Items: []wavespeed.Prediction{{ID: "a"}}, Total: new(4), More: new(true)},
		`{"data":{"items":[],"total":"4","has_more":false}}`:        {Items: []wavespeed.Prediction{}, Total: new(4), More: new(false)},
		`{"data":{"items":null,"total":1.0,"has_more":null}}`:       {Items: []wavespeed.Prediction{}, Total: new(1)},
		`{"data":{"items":null,"Total":7}}`:                         {Items: []wavespeed.Prediction{}},
	} {
		p := serve(t, say(http.StatusOK, body))
		page, err := client(t, p.URL).List(context.Background(), wavespeed.ListOptions{})
		require.NoError(t, err, body)
		require.Equal(t, want, page, body)
	}
}

// A list proves that a submit was not accepted, so what cannot be read must not look
// like an empty one.
func TestListDoesNotPassOverWhatItCannotRead(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{}`, `{"data":null}`, `{"data":{}}`, `{"data":[]}`, `{"data":{"items":{}}}`, `{"data":{"items":"x"}}`,
		`{"data":{"items":[null]}}`, `{"data":{"items":[{"status":"created"}]}}`, `{"data":{"items":[{"id":7}]}}`, `{"data":{"items":[[]]}}`,
		`{"data":{"Items":[]}}`, `{"data":{"items":[],"total":"many"}}`, `{"data":{"items":[],"total":1.5}}`, `{"data":{"items":[],"has_more":1}}`,
	} {
		p := serve(t, say(http.StatusOK, body))
		_, err := client(t, p.URL).List(context.Background(), wavespeed.ListOptions{})
		require.Error(t, err, body)
	}
}

func TestListRefusesPagesThatAreNone(t *testing.T) {
	t.Parallel()
	p := serve(t, say(http.StatusOK, `{"data":{"items":[]}}`))
	for _, options := range []wavespeed.ListOptions{{Page: -1}, {PageSize: -1}, {PageSize: 101}} {
		_, err := client(t, p.URL).List(context.Background(), options)
		require.ErrorIs(t, err, wavespeed.ErrInvalid)
	}
	require.Empty(t, p.requests())
}

func TestModels(t *testing.T) {
	t.Parallel()
	p := serve(t, say(http.StatusOK, `{"code":200,"data":[{"model_id":"a/b","name":"B","base_price":0.5,"description":"d","type":"text-to-image",
		"formula":"base_price","api_schema":{"api_schemas":[{"type":"other","api_path":"/no"},{"type":"model_run","api_path":"/api/v3/a/b","request_schema":{"type":"object"}}]}},{"model_id":"c/d"}]}`))
	models, err := client(t, p.URL).Models(context.Background())
	require.NoError(t, err)
	require.Equal(t, []provider.Model{
		{ID: "a/b", Name: "B", Type: "text-to-image", Description: "d", BasePrice: generation.Dollars(0.5), Formula: "base_price", Schema: json.RawMessage(`{"type":"object"}`)},
		{ID: "c/d"},
	}, models)
}

func TestWebhookSecretInEveryShape(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"code":200,"data":{"secret":"whsec_abc="}}`, `{"secret":"whsec_abc="}`, `{"code":200,"data":"whsec_abc="}`,
	} {
		p := serve(t, say(http.StatusOK, body))
		secret, err := client(t, p.URL).WebhookSecret(context.Background())
		require.NoError(t, err, body)
		require.Equal(t, "whsec_abc=", secret)
		require.Equal(t, "/api/v3/webhook/secret", p.requests()[0].URL.Path)
	}
	for _, body := range []string{`{}`, `{"data":null}`, `{"data":""}`, `{"data":{"secret":7}}`} {
		p := serve(t, say(http.StatusOK, body))
		_, err := client(t, p.URL).WebhookSecret(context.Background())
		require.ErrorContains(t, err, "no secret", body)
	}
}
