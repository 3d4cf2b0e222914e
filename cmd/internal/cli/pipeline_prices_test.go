package cli_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

// odd is a provider of one model with canned responses by path; other paths are not found.
func odd(t *testing.T, answers map[string]string) []string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		data, ok := answers[r.URL.Path]
		switch {
		case r.URL.Path == "/api/v3/models":
			data = `[{"model_id":"a/b"}]`
		case !ok:
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"code":403,"message":"insufficient permissions","data":null}`)
			return
		}
		fmt.Fprintf(w, `{"code":200,"message":"success","data":%s}`, data)
	}))
	t.Cleanup(server.Close)
	return []string{"WAVESPEED_API_KEY=k", "WAVESPEED_BASE_URL=" + server.URL}
}

// TestImpossiblePrices are reported as impossible, and rejected if there is a budget.
func TestImpossiblePrices(t *testing.T) {
	t.Parallel()
	env := odd(t, map[string]string{"/api/v3/model/price": `{"price":-0.5,"currency":"USD"}`, "/api/v3/balance": `{"balance":3}`})
	const steps = "steps:\n  still: {model: a/b, input: {prompt: x}}\n"
	free := written(t, "film.yaml", steps)
	price := &line{env: env}
	require.Equal(t, 1, price.run(t.Context(), "pipeline", "price", free))
	require.Regexp(t, `still +a/b +1 +\? +\? +wavespeed: price a/b: HTTP 200: impossible price: -\$0\.50 is negative`, price.out.String())
	require.Contains(t, price.out.String(), "Total: at least $0.00. The balance is $3.00.")
	require.Contains(t, price.err.String(), "no price is available for 1 step")
	validate := &line{env: env}
	require.Zero(t, validate.run(t.Context(), "pipeline", "validate", free), validate.err.String())
	require.Contains(t, validate.err.String(), "warning: account default: no price is available for step still: wavespeed: price a/b: HTTP 200: impossible price: -$0.50 is negative")
	require.Contains(t, validate.err.String(), "warning: account default: its charges can't be read, so a submit whose answer is lost can't be proven absent")

	capped := written(t, "film.yaml", "budget: 1\n"+steps)
	refused := &line{env: env}
	require.Equal(t, 2, refused.run(t.Context(), "pipeline", "validate", capped))
	require.Contains(t, refused.err.String(), "film.yaml:3:3: steps.still: it cannot be submitted with a budget: wavespeed: price a/b: HTTP 200: impossible price: -$0.50 is negative")
}

// TestEndpointsThatAreForbidden are named, and don't stop runs that can do without them.
func TestEndpointsThatAreForbidden(t *testing.T) {
	t.Parallel()
	validate := &line{env: odd(t, nil)}
	require.Zero(t, validate.run(t.Context(), "pipeline", "validate", written(t, "film.yaml", "steps: {still: {model: a/b}}")), validate.err.String())
	require.Contains(t, validate.out.String(), "is valid: 1 step, at least $0.00")
	for _, what := range []string{"no price is available for step still", "the balance can't be read", "its charges can't be read"} {
		require.Contains(t, validate.err.String(), what)
	}
}
