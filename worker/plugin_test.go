package worker_test

import (
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/testsuite"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/callback"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/receiver"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/limits"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/webhooktest"
	"github.com/wavespeed-temporal/wavespeed-temporal/worker"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

func TestOptionsAreCheckedByName(t *testing.T) {
	t.Parallel()
	const secret = "whsec_c2ltdWxhdG9yLXNlY3JldA=="
	team := func(account worker.Account) map[string]worker.Account {
		return map[string]worker.Account{"team": account}
	}
	for want, options := range map[string]worker.Options{
		"Options.APIKey: is empty":                                 {},
		"Options.APIKey: is empty; give":                           {WebhookSecrets: []string{secret}},
		"Options.APIKey ":                                          {APIKey: "two words"},
		"Options.WebhookURL: ":                                     {APIKey: "k", WebhookURL: "http://media.example.com/hooks"},
		"Options.BaseURL: ":                                        {APIKey: "k", BaseURL: "http://api.example.com"},
		`Options.Accounts: has "default"`:                          {APIKey: "k", Accounts: map[string]worker.Account{"default": {APIKey: "other"}}},
		`Options.Accounts["team"].APIKey: is empty`:                {APIKey: "k", Accounts: team(worker.Account{})},
		`Options.Accounts["team"].APIKey contains`:                 {Accounts: team(worker.Account{APIKey: "two words"})},
		`Options.WebhookSecrets: in Secrets[0]: `:                  {APIKey: "k", WebhookSecrets: []string{"whsec_short"}},
		`Options.Accounts["team"].Webhook: in Secrets[0]: `:        {Accounts: team(worker.Account{APIKey: "k", Webhook: webhook.Account{Secrets: []string{"short"}}})},
		`Options.Accounts["team"].Webhook: in AddressKeys[0]: `:    {Accounts: team(worker.Account{APIKey: "k", Webhook: webhook.Account{AddressKeys: [][]byte{{1}}}})},
		`Options.Accounts["team"].Webhook: needs Secrets or Fetch`: {NoActivities: true, Accounts: team(worker.Account{})},
	} {
		_, err := worker.NewPlugin(options)
		require.ErrorContains(t, err, "worker: "+want)
		require.NotContains(t, err.Error(), "two words")
	}
	for name, options := range map[string]worker.Options{
		"poll only":        {APIKey: "k"},
		"webhooks":         {APIKey: "k", WebhookURL: "https://media.example.com/hooks"},
		"loopback":         {APIKey: "k", WebhookURL: "http://127.0.0.1:8080/hooks", BaseURL: "http://localhost:9090"},
		"containers":       {APIKey: "k", WebhookURL: "http://webhook:8080/hooks", BaseURL: "http://simulator:9090", AllowHTTP: true},
		"several accounts": {APIKey: "k", Accounts: team(worker.Account{APIKey: "k2", Webhook: webhook.Account{Secrets: []string{secret}}})},
		"no default":       {Accounts: team(worker.Account{APIKey: "k"})},
		"workflows only":   {NoActivities: true},
		"with limits":      {NoActivities: true, Limits: limits.Limits{Running: 2}},
		"handler only":     {NoActivities: true, WebhookSecrets: []string{secret}},
		"handler by key":   {NoActivities: true, APIKey: "k"},
	} {
		_, err := worker.NewPlugin(options)
		require.NoError(t, err, name)
	}
}

// Worker and handler share accounts and secrets, in one plugin or in two.
func TestHandlerOpensWhatTheWorkerSealed(t *testing.T) {
	t.Parallel()
	const secret, other = "whsec_c2ltdWxhdG9yLXNlY3JldA==", "whsec_YW5vdGhlci1vbmUtb2YtdGhlc2U="
	keyring, err := receiver.NewKeyring(map[string]webhook.Account{"team": {Secrets: []string{secret}}}, wavespeed.Webhooks())
	require.NoError(t, err)
	address, err := keyring.Seal(t.Context(), wire.Target{Namespace: "default", WorkflowID: "w", Key: "k", Nonce: "n", Account: "team"})
	require.NoError(t, err)
	var answers []webhook.Answer
	plugin, err := worker.NewPlugin(worker.Options{
		NoActivities: true, WebhookSecrets: []string{other},
		Accounts: map[string]worker.Account{"team": {Webhook: webhook.Account{Secrets: []string{secret}}}},
		Observe:  func(a webhook.Answer) { answers = append(answers, a) },
		Logger:   slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	handler := plugin.Handler(lazy(t, plugin))
	body := []byte(`{"id":"p1","status":"processing"}`) // which ends nothing, so that nothing is signaled
	for _, signedWith := range []string{secret, other} {
		handler.ServeHTTP(httptest.NewRecorder(), webhooktest.NewRequest(signedWith, callback.URL("https://media.example.com/hooks", address), body))
	}
	require.Len(t, answers, 2)
	require.Equal(t, ("not_ended"), answers[0].Reason)
	require.Equal(t, "team", answers[0].Account)
	require.Equal(t, ("bad_signature"), answers[1].Reason)
}

func TestHandlerWithoutAccounts(t *testing.T) {
	t.Parallel()
	plugin, err := worker.NewPlugin(worker.Options{NoActivities: true})
	require.NoError(t, err)
	require.PanicsWithValue(t, "worker: Handler: the plugin has no account; set Options.APIKey, Options.WebhookSecrets or Options.Accounts",
		func() { plugin.Handler(nil) })
}

// lazy is a client that connects when it is first used, which these tests never do.
func lazy(t *testing.T, plugins ...client.Plugin) client.Client {
	t.Helper()
	c, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1", Plugins: plugins})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func TestGivenTwiceItSaysSoInWords(t *testing.T) {
	t.Parallel()
	plugin, err := worker.NewPlugin(worker.Options{APIKey: "k"})
	require.NoError(t, err)
	other, err := worker.NewPlugin(worker.Options{APIKey: "k"})
	require.NoError(t, err)
	for name, start := range map[string]func(){
		"on client and worker": func() {
			sdkworker.New(lazy(t, plugin), "q", sdkworker.Options{Plugins: []sdkworker.Plugin{plugin}})
		},
		"two of them on a worker": func() {
			sdkworker.New(lazy(t), "q", sdkworker.Options{Plugins: []sdkworker.Plugin{plugin, other}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				require.Contains(t, recovered(recover()), "is given twice; put it on the client or on the worker")
			}()
			start()
		})
	}
	require.NotPanics(t, func() { sdkworker.New(lazy(t, plugin), "q", sdkworker.Options{}) })
	require.NotPanics(t, func() {
		sdkworker.New(lazy(t), "q", sdkworker.Options{Plugins: []sdkworker.Plugin{plugin}})
		sdkworker.New(lazy(t), "q2", sdkworker.Options{Plugins: []sdkworker.Plugin{plugin}})
	}, "one plugin may serve several workers")
}

func recovered(value any) string {
	if err, ok := value.(error); ok {
		return err.Error()
	}
	text, _ := value.(string)
	return text
}

// The plugin works in a test environment as on a worker. What users test with is package
// workflows/workflowstest.
func TestTestEnvironment(t *testing.T) {
	t.Parallel()
	provider, err := wavespeedtest.New(wavespeedtest.Options{Duration: time.Nanosecond})
	require.NoError(t, err)
	defer provider.Close()
	plugin, err := worker.NewPlugin(worker.Options{APIKey: wavespeedtest.DefaultKey, BaseURL: provider.URL()})
	require.NoError(t, err)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetWorkerOptions(sdkworker.Options{Plugins: []sdkworker.Plugin{plugin}})
	env.RegisterWorkflow(twoStills)

	env.ExecuteWorkflow(twoStills)

	require.NoError(t, env.GetWorkflowError())
	var urls []string
	require.NoError(t, env.GetWorkflowResult(&urls))
	require.Len(t, urls, 2)
	require.Len(t, provider.Ledger(), 2)
}

func twoStills(ctx workflow.Context) ([]string, error) {
	var urls []string
	for _, key := range []string{"a", "b"} {
		result, err := workflows.Generate(ctx, generation.Request{
			Key: key, Model: "wavespeed-ai/flux-dev", Input: map[string]any{"prompt": key},
		})
		if err != nil {
			return nil, err
		}
		urls = append(urls, result.URL(0))
	}
	return urls, nil
}

// TestIdentityTellsKeysApart: on a client or on a worker, and users keep their own.
func TestIdentityTellsKeysApart(t *testing.T) {
	t.Parallel()
	plugin := func(key string) *worker.Plugin {
		p, err := worker.NewPlugin(worker.Options{APIKey: key})
		require.NoError(t, err)
		return p
	}
	onClient := func(p *worker.Plugin, own string) string {
		options := client.Options{Identity: own}
		require.NoError(t, p.ConfigureClient(t.Context(), client.PluginConfigureClientOptions{ClientOptions: &options}))
		return options.Identity
	}
	onWorker := func(p *worker.Plugin, own string) string {
		options := sdkworker.Options{Identity: own}
		require.NoError(t, p.ConfigureWorker(t.Context(), sdkworker.PluginConfigureWorkerOptions{TaskQueue: "media", WorkerOptions: &options}))
		return options.Identity
	}
	require.Regexp(t, `^render-7 wavespeed-keys=\S+$`, onClient(plugin("one"), "render-7"))
	require.Regexp(t, `^\d+@\S+@ wavespeed-keys=\S+$`, onClient(plugin("one"), ""))
	require.NotEqual(t, onClient(plugin("one"), "x"), onClient(plugin("two"), "x"))
	require.Regexp(t, `^render-7 wavespeed-keys=\S+$`, onWorker(plugin("one"), "render-7"))
	require.Regexp(t, `^\d+@\S+@media wavespeed-keys=\S+$`, onWorker(plugin("one"), ""))

	both := plugin("one")
	onClient(both, "")
	require.Empty(t, onWorker(both, ""), "a worker has its client's identity")
}
