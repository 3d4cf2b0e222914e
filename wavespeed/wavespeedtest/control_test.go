package wavespeedtest_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

func TestTheLedgerIsReadOverHTTP(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{})
	hooks := receive(t)
	id := p.submit(fluxDev, `{"prompt": "x"}`, hooks.URL)
	p.eventually(func() bool { return len(p.entry(id).Deliveries) == 1 })

	var body struct{ Entries []wavespeedtest.Entry }
	require.NoError(t, json.Unmarshal([]byte(p.call(http.MethodGet, "/simulator/ledger", nil).raw), &body))
	require.Len(t, body.Entries, 1)
	require.Equal(t, id, body.Entries[0].PredictionID)
	require.Equal(t, "completed", body.Entries[0].Status)
	require.Equal(t, hooks.URL, body.Entries[0].WebhookURL)
	require.Equal(t, "9e63c87c67c4d4d8788cfb4b8158d9d28490ac64f874116ffbbe083d0a9c4f78", body.Entries[0].InputHash)
	require.Equal(t, http.StatusOK, body.Entries[0].Deliveries[0].StatusCode)
}

func TestTheLedgerIsACopy(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{})
	p.submit(fluxDev, `{"prompt":"x"}`)
	p.Ledger()[0].Model = "changed"
	require.Equal(t, fluxDev, p.Ledger()[0].Model)
}

func TestCountsAreReadOverHTTP(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.SubmitError, Times: 1}}})
	p.call(http.MethodPost, "/api/v3/"+fluxDev, `{"prompt":"x"}`)
	p.ended(p.submit(fluxDev, `{"prompt":"x"}`))
	var counts wavespeedtest.Counts
	require.NoError(t, json.Unmarshal([]byte(p.call(http.MethodGet, "/simulator/summary", nil).raw), &counts))
	require.Equal(t, p.Counts(), counts)
	require.Equal(t, 1, counts.Accepted)
	require.Equal(t, 2, counts.Requests["submit"])
	require.Positive(t, counts.PeakPerSecond["submit"])
	require.Equal(t, map[int]int{503: 1}, counts.Refused)
	require.Equal(t, map[string]int{"completed": 1}, counts.Predictions)
	require.Equal(t, map[wavespeedtest.Kind]int{wavespeedtest.SubmitError: 1}, counts.Faults)
	require.InDelta(t, 0.012, counts.Charged, 1e-9)
}

func TestFaultsAreInjectedOverHTTP(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{})
	require.Equal(t, 204, p.call(http.MethodPost, "/simulator/faults", `{"kind":"submit-error","status":500}`).status)
	require.Equal(t, 204, p.call(http.MethodPost, "/simulator/faults", ` [{"kind":"list-error"},{"kind":"webhook-late","delay":"90s"}]`).status)
	require.Equal(t, []wavespeedtest.Fault{
		{Kind: wavespeedtest.SubmitError, Status: 500}, {Kind: wavespeedtest.ListError}, {Kind: wavespeedtest.WebhookLate, Delay: 90 * time.Second},
	}, p.Faults())
	require.Equal(t, 500, p.call(http.MethodPost, "/api/v3/"+fluxDev, `{"prompt":"x"}`).status)
	require.JSONEq(t, `[{"kind":"submit-error","status":500},{"kind":"list-error"},{"kind":"webhook-late","delay":"1m30s"}]`,
		field(t, p.call(http.MethodGet, "/simulator/faults", nil).raw, "faults"))

	require.Equal(t, 204, p.call(http.MethodDelete, "/simulator/faults?kind=submit-error&kind=list-error", nil).status)
	require.Len(t, p.Faults(), 1)
	require.Equal(t, 204, p.call(http.MethodDelete, "/simulator/faults", nil).status)
	require.Empty(t, p.Faults())

	for _, body := range []string{``, `7`, `{}`, `{"kind":"nonsense"}`, `{"kind":"fails","nonsense":1}`, `{"kind":"fails","delay":"soon"}`, `[{"kind":"fails","probability":2}]`} {
		got := p.call(http.MethodPost, "/simulator/faults", body)
		require.Equal(t, 400, got.status, body)
		require.NotEmpty(t, got.body["message"], body)
	}
	require.Empty(t, p.Faults())
}

func TestSecretsRotateAndTimePassesOverHTTP(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{})
	got := p.call(http.MethodPost, "/simulator/accounts/default/rotate-secret", nil)
	require.Equal(t, p.Secret("default"), got.body["secret"])
	require.NotEqual(t, wavespeedtest.DefaultSecret, got.body["secret"])
	require.Equal(t, 404, p.call(http.MethodPost, "/simulator/accounts/nobody/rotate-secret", nil).status)

	id := p.submit(fluxDev, `{"prompt":"x"}`)
	require.Equal(t, 204, p.call(http.MethodPost, "/simulator/age", `{"by":"169h"}`).status)
	require.Equal(t, 404, p.result(id).status)
	require.Equal(t, 400, p.call(http.MethodPost, "/simulator/age", `{"by":"-1h"}`).status)
	require.Equal(t, 400, p.call(http.MethodPost, "/simulator/age", `{"by":"a week"}`).status)
	require.Contains(t, p.call(http.MethodGet, "/simulator/", nil).raw, "/simulator/ledger")
}

func TestAccountsAreToppedUpOverHTTP(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Accounts: []wavespeedtest.Account{{Balance: 0.001}}})
	require.Equal(t, 403, p.call(http.MethodPost, "/api/v3/"+fluxDev, `{"prompt":"x"}`).status)
	require.InDelta(t, 10.001, p.call(http.MethodPost, "/simulator/accounts/default/top-up", `{"usd":10}`).body["balance"], 1e-9)
	require.InDelta(t, 10.001, p.Balance("default"), 1e-9)
	p.submit(fluxDev, `{"prompt":"x"}`)
	for _, body := range []string{``, `{}`, `{"usd":-1}`, `{"usd":1e300}`, `{"usd":"10"}`} {
		require.Equal(t, 400, p.call(http.MethodPost, "/simulator/accounts/default/top-up", body).status, body)
	}
	require.Equal(t, 404, p.call(http.MethodPost, "/simulator/accounts/nobody/top-up", `{"usd":10}`).status)
}

func TestResetForgetsEverything(t *testing.T) {
	t.Parallel()
	first := wavespeedtest.Fault{Kind: wavespeedtest.Slow, Delay: 50 * time.Millisecond}
	p := start(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{first}})
	hooks := receive(t)
	waits := wavespeedtest.Fault{Kind: wavespeedtest.WebhookDelayed, Input: "waits", Delay: time.Second}
	require.NoError(t, p.Inject(waits))
	p.ended(p.submit(fluxDev, `{"prompt":"waits"}`, hooks.URL+"/old"))
	old := p.submit(fluxDev, `{"prompt":"x"}`, hooks.URL+"/old")
	_, err := p.RotateSecret("default")
	require.NoError(t, err)
	require.NoError(t, p.Inject(wavespeedtest.Fault{Kind: wavespeedtest.ListError}))

	require.Equal(t, 204, p.call(http.MethodPost, "/simulator/reset", nil).status)

	require.Empty(t, p.Ledger())
	require.Equal(t, 404, p.result(old).status)
	require.Equal(t, wavespeedtest.DefaultSecret, p.Secret("default"))
	require.InDelta(t, wavespeedtest.DefaultBalance, p.Balance("default"), 0)
	require.Equal(t, []wavespeedtest.Fault{first}, p.Faults())
	p.submit(fluxDev, `{"prompt":"x"}`, hooks.URL+"/new")
	p.ended(p.submit(fluxDev, `{"prompt":"x"}`))
	time.Sleep(1100 * time.Millisecond) // longer than the old webhook would have waited
	for _, hook := range hooks.wait(t, 1) {
		require.Equal(t, "/new", hook.path, "what ran before is dropped")
	}
}

func field(t *testing.T, raw, name string) string {
	t.Helper()
	var body map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(raw), &body))
	return string(body[name])
}
