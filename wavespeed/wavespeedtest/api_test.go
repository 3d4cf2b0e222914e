package wavespeedtest_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

func TestSubmitAnswersAsDocumented(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Duration: time.Hour})
	before := time.Now()
	got := p.call(http.MethodPost, "/api/v3/"+fluxDev, map[string]any{"prompt": "a lighthouse"})
	require.Equal(t, http.StatusOK, got.status)
	require.Equal(t, "application/json", got.header.Get("Content-Type"))
	require.EqualValues(t, 200, got.body["code"])
	require.Equal(t, "success", got.body["message"])
	data := got.data()
	id := data["id"].(string)
	require.Regexp(t, regexp.MustCompile(`^[0-9a-f]{32}$`), id)
	created, err := time.Parse(time.RFC3339Nano, data["created_at"].(string))
	require.NoError(t, err)
	require.WithinDuration(t, before, created, 10*time.Second)
	require.True(t, strings.HasSuffix(data["created_at"].(string), "Z"))
	delete(data, "created_at")
	require.Equal(t, map[string]any{
		"id": id, "code": 0.0, "error": "", "model": fluxDev, "status": "created", "outputs": []any{},
		"urls": map[string]any{"get": p.URL() + "/api/v3/predictions/" + id + "/result"}, "timings": map[string]any{"inference": 0.0},
	}, data)
}

func TestAPredictionGoesFromCreatedOverProcessingToCompleted(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Duration: time.Second})
	submitted := p.call(http.MethodPost, "/api/v3/"+fluxDev, map[string]any{"prompt": "x", "num_images": 2}).data()
	id := submitted["id"].(string)
	seen := []any{submitted["status"]}
	p.eventually(func() bool {
		status := p.result(id).data()["status"]
		if seen[len(seen)-1] != status {
			seen = append(seen, status)
		}
		return terminal[status]
	})
	require.Equal(t, []any{"created", "processing", "completed"}, seen)
	done := p.result(id).data()
	require.Equal(t, []any{p.URL() + "/outputs/" + id + "/1.png", p.URL() + "/outputs/" + id + "/2.png"}, done["outputs"])
	require.Equal(t, []any{false, false}, done["has_nsfw_contents"])
	require.GreaterOrEqual(t, done["timings"].(map[string]any)["inference"], 800.0, "a fifth less than a second at the least")
}

func TestResultHasTwoForms(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{})
	id := p.submit(fluxDev, map[string]any{"prompt": "x"})
	p.ended(id)
	require.Equal(t, p.result(id).raw, p.call(http.MethodGet, "/api/v3/predictions/"+id, nil).raw)
}

func TestErrorsAreThoseThatWereRecorded(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{})
	stranger := *p
	stranger.key = "wrong"
	for name, test := range map[string]struct {
		got    answer
		status int
		body   string
	}{
		"bad key": {
			stranger.call(http.MethodGet, "/api/v3/models", nil), 401,
			`{"code":401,"message":"Invalid API key. Verify the key on your dashboard's API Keys page, or contact support@wavespeed.ai."}`,
		},
		"unknown model": {
			p.call(http.MethodPost, "/api/v3/no/such-model", map[string]any{}), 404,
			`{"code":404,"message":"Model \"no/such-model\" not found. Please check the model identifier."}`,
		},
		"price of an unknown model": {
			p.call(http.MethodPost, "/api/v3/model/price", map[string]any{"model_id": "no/such-model"}), 404,
			`{"code":404,"message":"Model \"no/such-model\" not found. Please check the model identifier."}`,
		},
		"not one of": {
			p.call(http.MethodPost, "/api/v3/model/price", map[string]any{"model_id": "tripo3d/p2/image-to-3d", "inputs": map[string]any{"texture_quality": "bogus"}}), 400,
			`{"code":400,"message":"field \"texture_quality\" must be one of [\"fast\", \"standard\", \"detailed\", \"extreme\"], got string \"bogus\"; please use one of the allowed values"}`,
		},
		"unknown prediction": {p.result("0123456789abcdef0123456789abcdef"), 404, `{"code":404,"message":"Prediction not found."}`},
		"base64 and webhook": {
			p.call(http.MethodPost, submitPath(fluxDev, "https://example.com/x"), map[string]any{"prompt": "x", "enable_base64_output": true}), 400,
			`{"error":"webhook callback does not support base64 output, please use the normal API to use base64 output"}`,
		},
	} {
		require.Equal(t, test.status, test.got.status, name)
		require.JSONEq(t, test.body, test.got.raw, name)
	}
	require.Empty(t, p.Ledger())
}

func TestOnlyABearerIsAuthenticated(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{})
	for _, header := range []string{"", wavespeedtest.DefaultKey, "Basic " + wavespeedtest.DefaultKey, "bearer " + wavespeedtest.DefaultKey} {
		request, err := http.NewRequest(http.MethodGet, p.URL()+"/api/v3/balance", nil)
		require.NoError(t, err)
		request.Header.Set("Authorization", header)
		request.Header.Set("X-API-Key", wavespeedtest.DefaultKey)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusUnauthorized, response.StatusCode, header)
	}
	require.Equal(t, 4, p.Counts().Refused[401])
}

func TestInputsAreCheckedAsTheSchemasSay(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{})
	for says, test := range map[string]struct{ model, input string }{
		"must be a JSON object":                         {fluxDev, `[]`},
		"request body must be":                          {fluxDev, `{"prompt":`},
		`field \"prompt\" is required`:                  {fluxDev, `{}`},
		`field \"strength\" must be less than`:          {fluxDev, `{"prompt":"x","strength":2}`},
		`field \"strength\" must be greater than`:       {fluxDev, `{"prompt":"x","strength":-1}`},
		`field \"seed\" must be an integer`:             {fluxDev, `{"prompt":"x","seed":1.5}`},
		`field \"prompt\" must be of type string`:       {fluxDev, `{"prompt":7}`},
		`field \"size\" must be of type string`:         {fluxDev, `{"prompt":"x","size":{"w":1}}`},
		`field \"enable_sync_mode\" must be of type`:    {fluxDev, `{"prompt":"x","enable_sync_mode":"yes"}`},
		`field \"duration\" must be one of [5, 10, 15]`: {"alibaba/wan-2.6/text-to-video", `{"prompt":"x","duration":6}`},
		`must have at least 1 items`:                    {"google/nano-banana-pro/edit", `{"prompt":"x","images":[]}`},
		`must have at most 14 items`:                    {"google/nano-banana-pro/edit", `{"prompt":"x","images":["1","2","3","4","5","6","7","8","9","10","11","12","13","14","15"]}`},
		`at most 2500 characters`:                       {"kwaivgi/kling-v2.1-i2v-pro", `{"image":"https://x/1.png","prompt":"` + strings.Repeat("é", 2501) + `"}`},
	} {
		got := p.call(http.MethodPost, "/api/v3/"+test.model, test.input)
		require.Equal(t, http.StatusBadRequest, got.status, says)
		require.Contains(t, got.raw, says)
	}
	require.Empty(t, p.Ledger())
	p.submit(fluxDev, `{"prompt":"x","image":null,"unknown":1}`)
	require.Len(t, p.Ledger(), 1)
}

func TestMissingAndUnknownFieldsMayBeTakenOtherwise(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Behavior: wavespeedtest.Behavior{MissingFieldFails: true, RefuseUnknownFields: true}})
	failed := p.ended(p.submit(fluxDev, `{}`))
	require.Equal(t, "failed", failed["status"])
	require.EqualValues(t, 1400, failed["code"])
	require.Equal(t, "Missing required parameter: prompt", failed["error"])
	got := p.call(http.MethodPost, "/api/v3/"+fluxDev, `{"prompt":"x","unknown":1,"enable_sync_mode":false}`)
	require.Equal(t, http.StatusBadRequest, got.status)
	require.Contains(t, got.raw, `field \"unknown\" is not allowed`)
}

func TestListFiltersAndPages(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.Fails, Input: "fails"}}})
	var ids []string
	for _, input := range []string{"first", "fails", "third", "fourth"} {
		ids = append(ids, p.submit(fluxDev, map[string]any{"prompt": input}))
		p.ended(ids[len(ids)-1])
	}
	ids = append(ids, p.submit("wavespeed-ai/dia-tts", map[string]any{"prompt": "fifth"}))
	third := p.entry(ids[2]).At

	for name, test := range map[string]struct {
		query map[string]any
		want  []string
	}{
		"all, newest first": {map[string]any{"page": 1, "page_size": 100}, []string{ids[4], ids[3], ids[2], ids[1], ids[0]}},
		"first page":        {map[string]any{"page": 1, "page_size": 2}, []string{ids[4], ids[3]}},
		"last page":         {map[string]any{"page": 3, "page_size": 2}, []string{ids[0]}},
		"beyond":            {map[string]any{"page": 4, "page_size": 2}, nil},
		"model":             {map[string]any{"page": 1, "page_size": 9, "model": "wavespeed-ai/dia-tts"}, []string{ids[4]}},
		"status":            {map[string]any{"page": 1, "page_size": 9, "status": "failed"}, []string{ids[1]}},
		"after":             {map[string]any{"page": 1, "page_size": 9, "created_after": third.UTC()}, []string{ids[4], ids[3], ids[2]}},
		"before":            {map[string]any{"page": 1, "page_size": 9, "created_before": third.UTC()}, []string{ids[2], ids[1], ids[0]}},
	} {
		got := p.call(http.MethodPost, "/api/v3/predictions", test.query)
		require.Equal(t, http.StatusOK, got.status, name)
		require.Equal(t, test.query["page"], int(got.data()["page"].(float64)))
		require.NotContains(t, got.data(), "total")
		var found []string
		for _, item := range got.data()["items"].([]any) {
			require.NotContains(t, item, "input")
			found = append(found, item.(map[string]any)["id"].(string))
		}
		require.Equal(t, test.want, found, name)
	}
	for _, query := range []string{`{}`, `{"page":0,"page_size":1}`, `{"page":1}`, `{"page":1,"page_size":101}`, `{"page":1,"page_size":1,"created_after":"x"}`} {
		require.Equal(t, http.StatusBadRequest, p.call(http.MethodPost, "/api/v3/predictions", query).status, query)
	}
}

func TestListGivesInputsAndTotalsWhereAsked(t *testing.T) {
	t.Parallel()
	query := map[string]any{"page": 1, "page_size": 1, "include_inputs": true}
	generous := start(t, wavespeedtest.Options{Behavior: wavespeedtest.Behavior{ListInputs: true, ListTotal: wavespeedtest.Right}})
	generous.submit(fluxDev, map[string]any{"prompt": "x", "seed": 7})
	generous.submit(fluxDev, map[string]any{"prompt": "x", "seed": 8})
	data := generous.call(http.MethodPost, "/api/v3/predictions", query).data()
	require.EqualValues(t, 2, data["total"])
	require.Equal(t, map[string]any{"prompt": "x", "seed": 8.0}, data["items"].([]any)[0].(map[string]any)["input"])

	frugal := start(t, wavespeedtest.Options{})
	frugal.submit(fluxDev, map[string]any{"prompt": "x"})
	require.NotContains(t, frugal.call(http.MethodPost, "/api/v3/predictions", query).data()["items"].([]any)[0], "input")
}

func TestDeletePassesOverWhatRuns(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.NeverEnds, Input: "runs"}}})
	first, second, third := p.submit(fluxDev, `{"prompt":"x"}`), p.submit(fluxDev, `{"prompt":"y"}`), p.submit(fluxDev, `{"prompt":"runs"}`)
	output := p.ended(first)["outputs"].([]any)[0].(string)
	p.ended(second)

	got := p.call(http.MethodPost, "/api/v3/predictions/delete", map[string]any{"ids": []string{first, third, "unknown", first}})
	require.JSONEq(t, `{"code":200,"message":"success","data":{"deleted_count":1}}`, got.raw)
	got = p.call(http.MethodDelete, "/api/v3/predictions/"+second, nil)
	require.JSONEq(t, `{"code":200,"message":"success","data":{"id":"`+second+`","status":"deleted"}}`, got.raw)
	require.Equal(t, http.StatusBadRequest, p.call(http.MethodDelete, "/api/v3/predictions/"+third, nil).status)
	require.Equal(t, http.StatusNotFound, p.call(http.MethodDelete, "/api/v3/predictions/"+second, nil).status)

	require.Equal(t, http.StatusNotFound, p.result(first).status)
	require.Equal(t, http.StatusOK, p.result(third).status)
	require.Len(t, p.call(http.MethodPost, "/api/v3/predictions", `{"page":1,"page_size":9}`).data()["items"], 1)
	status, _, _ := get(t, output)
	require.Equal(t, http.StatusOK, status, "outputs stay for their seven days")
	require.Equal(t, "completed", p.entry(first).Status)
}

func TestDeletedAndCancelledMayBeShown(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{
		Behavior: wavespeedtest.Behavior{ShowDeleted: true, DeleteCancels: true},
		Faults:   []wavespeedtest.Fault{{Kind: wavespeedtest.NeverEnds, Input: "runs"}},
	})
	ended, running := p.submit(fluxDev, `{"prompt":"x"}`), p.submit(fluxDev, `{"prompt":"runs"}`)
	p.ended(ended)
	p.call(http.MethodPost, "/api/v3/predictions/delete", map[string]any{"ids": []string{ended}})
	require.Equal(t, "deleted", p.result(ended).data()["status"])
	require.Equal(t, http.StatusOK, p.call(http.MethodDelete, "/api/v3/predictions/"+running, nil).status)
	require.Equal(t, "cancelled", p.result(running).data()["status"])
}

func TestEverythingExpiresAfterSevenDays(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{})
	old := p.submit(fluxDev, `{"prompt":"x"}`)
	output := p.ended(old)["outputs"].([]any)[0].(string)
	media := p.call(http.MethodPost, "/api/v3/media/uploads", `{"filename":"a.png","size":1}`)
	require.Equal(t, http.StatusOK, media.status)

	p.Age(7*24*time.Hour - time.Minute)
	require.Equal(t, http.StatusOK, p.result(old).status)
	fresh := p.submit(fluxDev, `{"prompt":"x"}`)
	p.ended(fresh)
	p.Age(2 * time.Minute)

	require.Equal(t, http.StatusNotFound, p.result(old).status)
	require.Equal(t, http.StatusOK, p.result(fresh).status)
	require.Len(t, p.call(http.MethodPost, "/api/v3/predictions", `{"page":1,"page_size":9}`).data()["items"], 1)
	status, _, _ := get(t, output)
	require.Equal(t, http.StatusForbidden, status)
	next := p.ended(p.submit("wavespeed-ai/image-upscaler", map[string]any{"image": output}))
	require.EqualValues(t, 1402, next["code"], "a step that comes too late fails")
	require.Len(t, p.Ledger(), 3)
}

func TestAccountsDoNotSeeEachOther(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Accounts: []wavespeedtest.Account{
		{Name: "a", Key: "key-a", Secret: "whsec_a"}, {Name: "b", Key: "key-b", Secret: "whsec_b"},
	}})
	hooks := receive(t)
	a, b := *p, *p
	a.key, b.key = "key-a", "key-b"
	id := a.submit(fluxDev, `{"prompt":"x"}`, hooks.URL)
	a.ended(id)
	require.Equal(t, http.StatusNotFound, b.result(id).status)
	require.Empty(t, b.call(http.MethodPost, "/api/v3/predictions", `{"page":1,"page_size":9}`).data()["items"])
	require.EqualValues(t, 0, b.call(http.MethodPost, "/api/v3/predictions/delete", map[string]any{"ids": []string{id}}).data()["deleted_count"])
	require.Equal(t, "whsec_b", b.call(http.MethodGet, "/api/v3/webhook/secret", nil).data()["secret"])
	require.Less(t, p.Balance("a"), p.Balance("b"))
	require.Equal(t, "a", p.entry(id).Account)
	require.True(t, hooks.wait(t, 1)[0].signedWith("whsec_a"))

	rotated, err := p.RotateSecret("a")
	require.NoError(t, err)
	require.Equal(t, rotated, a.call(http.MethodGet, "/api/v3/webhook/secret", nil).data()["secret"])
	require.Equal(t, rotated, p.Secret("a"))
	require.Equal(t, "whsec_b", p.Secret("b"))
	a.submit(fluxDev, `{"prompt":"x"}`, hooks.URL)
	require.True(t, hooks.wait(t, 2)[1].signedWith(rotated))
	_, err = p.RotateSecret("c")
	require.Error(t, err)
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for says, options := range map[string]wavespeedtest.Options{
		`two are named "default"`:     {Accounts: []wavespeedtest.Account{{Key: "a"}, {Key: "b"}}},
		`has the key of another`:      {Accounts: []wavespeedtest.Account{{Name: "a"}, {Name: "b"}}},
		"Options.Deliveries":          {Deliveries: -1},
		"Options.Duration":            {Duration: -1},
		"Options.Speed":               {Speed: -1},
		"Options.PublicURL":           {PublicURL: "simulator:8080"},
		"Options.Behavior":            {Behavior: wavespeedtest.Behavior{RefundDelay: -1}},
		"listen tcp":                  {Listen: "127.0.0.1:http-nonsense"},
		`fault "nonsense"`:            {Faults: []wavespeedtest.Fault{{Kind: "nonsense"}}},
		"there are two of":            {Models: []wavespeedtest.Model{{ID: fluxDev}}},
		"Options.Models: ID is empty": {Models: []wavespeedtest.Model{{}}},
		"a/b: Schema":                 {Models: []wavespeedtest.Model{{ID: "a/b", Schema: []byte(`{`)}}},
	} {
		_, err := wavespeedtest.New(options)
		require.ErrorContains(t, err, says)
	}
}

func TestModelsCanBeAdded(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Models: []wavespeedtest.Model{
		{ID: "acme/voice", Type: "text-to-audio", Output: wavespeedtest.OutputAudio, Price: 0.25, Schema: []byte(`{"required":["text"],"properties":{"text":{"type":"string"}}}`)},
	}})
	require.Equal(t, http.StatusBadRequest, p.call(http.MethodPost, "/api/v3/acme/voice", `{}`).status)
	id := p.submit("acme/voice", `{"text":"hello"}`)
	require.Equal(t, []any{p.URL() + "/outputs/" + id + "/1.wav"}, p.ended(id)["outputs"])
	require.InDelta(t, 0.25, p.entry(id).Price, 1e-9)
	require.Contains(t, p.call(http.MethodGet, "/api/v3/models", nil).raw, `"api_path":"/api/v3/acme/voice"`)
}
