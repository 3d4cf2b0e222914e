package worker_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/testsuite"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
	"github.com/wavespeed-temporal/wavespeed-temporal/worker"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

func TestOptionsAreCheckedByName(t *testing.T) {
	t.Parallel()
	for field, options := range map[string]worker.Options{
		"APIKey":     {},
		"WebhookURL": {APIKey: "k", WebhookURL: "http://media.example.com/hooks"},
		"BaseURL":    {APIKey: "k", BaseURL: "http://api.example.com"},
		"Accounts":   {APIKey: "k", Accounts: map[string]string{"team": "other"}},
	} {
		_, err := worker.NewPlugin(options)
		require.ErrorContains(t, err, field)
		require.ErrorContains(t, worker.Register(nil, options), field)
	}
	for name, options := range map[string]worker.Options{
		"poll only":        {APIKey: "k"},
		"webhooks":         {APIKey: "k", WebhookURL: "https://media.example.com/hooks"},
		"loopback":         {APIKey: "k", WebhookURL: "http://127.0.0.1:8080/hooks", BaseURL: "http://localhost:9090"},
		"containers":       {APIKey: "k", WebhookURL: "http://webhook:8080/hooks", BaseURL: "http://simulator:9090", AllowHTTP: true},
		"several accounts": {Accounts: map[string]string{"a": "k1", "b": "k2"}},
		"workflows only":   {WorkflowsOnly: true},
	} {
		_, err := worker.NewPlugin(options)
		require.NoError(t, err, name)
	}
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

// TestTestEnvironments: users' own unit tests run generations against the
// simulator, with the plugin or with Register.
func TestTestEnvironments(t *testing.T) {
	t.Parallel()
	for name, equip := range map[string]func(t *testing.T, env *testsuite.TestWorkflowEnvironment, options worker.Options){
		"plugin": func(t *testing.T, env *testsuite.TestWorkflowEnvironment, options worker.Options) {
			plugin, err := worker.NewPlugin(options)
			require.NoError(t, err)
			env.SetWorkerOptions(sdkworker.Options{Plugins: []sdkworker.Plugin{plugin}})
		},
		"register": func(t *testing.T, env *testsuite.TestWorkflowEnvironment, options worker.Options) {
			env.SetWorkerOptions(sdkworker.Options{Interceptors: []interceptor.WorkerInterceptor{&workflows.Interceptor{}}})
			require.NoError(t, worker.Register(registry{env}, options))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			provider, err := wavespeedtest.New(wavespeedtest.Options{Duration: time.Nanosecond})
			require.NoError(t, err)
			defer provider.Close()
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestWorkflowEnvironment()
			equip(t, env, worker.Options{APIKey: wavespeedtest.DefaultKey, BaseURL: provider.URL()})
			env.RegisterWorkflow(twoStills)

			env.ExecuteWorkflow(twoStills)

			require.NoError(t, env.GetWorkflowError())
			var urls []string
			require.NoError(t, env.GetWorkflowResult(&urls))
			require.Len(t, urls, 2)
			require.Len(t, provider.Ledger(), 2)
		})
	}
}

// registry lacks what a test environment does not have.
type registry struct {
	*testsuite.TestWorkflowEnvironment
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
