package wavespeedtest_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "models.json")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func TestTheCatalogueMayComeFromAFile(t *testing.T) {
	t.Parallel()
	const models = `[
		{"model_id":"acme/film","name":"acme/film","base_price":0.5,"description":"d","type":"image-to-video","sort_order":70000,"api_schema":{"api_schemas":[
			{"type":"other","request_schema":{"type":"object"}},
			{"type":"model_run","method":"POST","server":"https://api.wavespeed.ai","api_path":"/api/v3/acme/film","request_schema":{"type":"object","properties":{"prompt":{"type":"string"}},"required":["prompt"]}}]}},
		{"model_id":"acme/bare","base_price":0.1,"type":"text-to-audio"}]`
	for _, content := range []string{models, `{"code":200,"message":"success","data":` + models + `}`} {
		p := start(t, wavespeedtest.Options{Catalogue: write(t, content), Models: []wavespeedtest.Model{{ID: "acme/added"}}})
		require.Len(t, p.call(http.MethodGet, "/api/v3/models", nil).body["data"], 3)
		require.Equal(t, http.StatusNotFound, p.call(http.MethodPost, "/api/v3/"+fluxDev, `{}`).status)
		require.Equal(t, http.StatusBadRequest, p.call(http.MethodPost, "/api/v3/acme/film", `{}`).status)
		id := p.submit("acme/film", `{"prompt":"x"}`)
		require.Contains(t, p.ended(id)["outputs"].([]any)[0], ".gif")
		require.InDelta(t, 0.5, p.entry(id).Price, 1e-9)
		require.Contains(t, p.ended(p.submit("acme/bare", `{"any":"thing"}`))["outputs"].([]any)[0], ".wav")
	}
}

func TestACatalogueThatCannotBeReadIsOneClearError(t *testing.T) {
	t.Parallel()
	for content, says := range map[string]string{
		`{`: "GET /models", `7`: "GET /models", `[]`: "no models", `{"data":null}`: "no models", `[{"model_id":""}]`: "is empty",
		`[{"model_id":"a/b"},{"model_id":"a/b"}]`: "two of a/b",
	} {
		_, err := wavespeedtest.New(wavespeedtest.Options{Catalogue: write(t, content)})
		require.ErrorContains(t, err, says, content)
	}
	_, err := wavespeedtest.New(wavespeedtest.Options{Catalogue: filepath.Join(t.TempDir(), "none.json")})
	require.ErrorContains(t, err, "Options.Catalogue")
}
