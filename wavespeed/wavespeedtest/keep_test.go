package wavespeedtest_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// restart ends the provider and starts another one where it left off.
func (p *provider) restart(options wavespeedtest.Options) *provider {
	p.t.Helper()
	require.NoError(p.t, p.Close())
	return start(p.t, options)
}

func TestStateIsKept(t *testing.T) {
	t.Parallel()
	options := wavespeedtest.Options{State: t.TempDir()}
	p := start(t, options)
	done := p.submit(fluxDev, `{"prompt":"done"}`)
	failed := p.submit(fluxDev, `{"prompt":"fails"}`)
	p.eventually(func() bool { return p.entry(done).Status == "completed" && p.entry(failed).Status == "completed" })
	balance, ledger := p.Balance(wavespeedtest.DefaultAccount), p.Ledger()

	p = p.restart(options)
	require.Equal(t, balance, p.Balance(wavespeedtest.DefaultAccount))
	require.Len(t, p.Ledger(), len(ledger))
	result := p.result(done).data()
	require.Equal(t, "completed", result["status"])
	url := result["outputs"].([]any)[0].(string)
	require.Contains(t, url, p.URL()+"/outputs/"+done)
	status, _, _ := get(t, url)
	require.Equal(t, http.StatusOK, status)

	// What is made later is kept beside it, and nothing twice.
	p.submit(fluxDev, `{"prompt":"later"}`)
	p = p.restart(options)
	require.Len(t, p.Ledger(), len(ledger)+1)
	p.Reset()
	require.Empty(t, p.restart(options).Ledger())
}

func TestWhatRanBeginsAgainAndIsDelivered(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	hooks := receive(t)
	p := start(t, wavespeedtest.Options{State: state, Duration: time.Hour})
	id := p.submit(fluxDev, `{"prompt":"a fox"}`, hooks.URL+"/hooks/abc")
	p = p.restart(wavespeedtest.Options{State: state})
	require.Equal(t, id, hooks.wait(t, 1)[0].id)
	require.Equal(t, "completed", p.result(id).data()["status"])
}

func TestAWebhookThatWasNotSentIsSentLater(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	hooks := receive(t)
	p := start(t, wavespeedtest.Options{State: state, Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.WebhookLate, Delay: time.Hour}}})
	id := p.submit(fluxDev, `{"prompt":"a fox"}`, hooks.URL+"/hooks/abc")
	p.eventually(func() bool { return p.entry(id).Status == "completed" })
	p.restart(wavespeedtest.Options{State: state})
	require.Equal(t, id, hooks.wait(t, 1)[0].id)
}

func TestRefundsAndDeletionsAreKept(t *testing.T) {
	t.Parallel()
	options := wavespeedtest.Options{State: t.TempDir()}
	p := start(t, options)
	require.NoError(t, p.Inject(wavespeedtest.Fault{Kind: wavespeedtest.Fails, Times: 1}))
	failed := p.submit(fluxDev, `{"prompt":"fails"}`)
	p.eventually(func() bool { return p.entry(failed).Refunded })
	deleted := p.submit(fluxDev, `{"prompt":"deleted"}`)
	p.eventually(func() bool { return p.entry(deleted).Status == "completed" })
	require.Equal(t, http.StatusOK, p.call(http.MethodDelete, "/api/v3/predictions/"+deleted, nil).status)
	balance := p.Balance(wavespeedtest.DefaultAccount)
	p = p.restart(options)
	require.Equal(t, balance, p.Balance(wavespeedtest.DefaultAccount))
	require.Equal(t, "failed", p.result(failed).data()["status"])
	require.Equal(t, http.StatusNotFound, p.result(deleted).status)
}

func TestUploadsAreKept(t *testing.T) {
	t.Parallel()
	options := wavespeedtest.Options{State: t.TempDir()}
	p := start(t, options)
	ticket := p.call(http.MethodPost, "/api/v3/media/uploads", `{"filename":"still.png","size":5,"content_type":"image/png"}`).data()
	sent := put(t, ticket["upload"].(map[string]any)["url"].(string), "12345", map[string]string{"Content-Type": "image/png", "If-None-Match": "*"})
	require.Equal(t, http.StatusOK, sent)
	path := strings.TrimPrefix(ticket["download_url"].(string), p.URL())
	p = p.restart(options)
	status, kind, content := get(t, p.URL()+path)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "image/png", kind)
	require.Equal(t, "12345", string(content))
}

func TestALineThatWasCutOffIsLeftOut(t *testing.T) {
	t.Parallel()
	options := wavespeedtest.Options{State: t.TempDir()}
	p := start(t, options)
	p.submit(fluxDev, `{"prompt":"a fox"}`)
	require.NoError(t, p.Close())
	file, err := os.OpenFile(filepath.Join(options.State, "predictions.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = file.WriteString(`{"prediction_id":"cut o`)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	require.Len(t, start(t, options).Ledger(), 1)
}

func TestStateOfAnotherAccountIsRefused(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	p := start(t, wavespeedtest.Options{State: state})
	p.submit(fluxDev, `{"prompt":"a fox"}`)
	require.NoError(t, p.Close())
	_, err := wavespeedtest.New(wavespeedtest.Options{State: state, Accounts: []wavespeedtest.Account{{Name: "other"}}})
	require.ErrorContains(t, err, "an account or a model that this server does not have")
}
