package stack

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"google.golang.org/grpc"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/receiver"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/signaler"
	"github.com/wavespeed-temporal/wavespeed-temporal/worker"
)

// Embedded is the library as a user's own program embeds it: worker and handler in
// the test's process, Temporal in another.
type Embedded struct {
	Client    client.Client
	Simulator *wavespeedtest.Server
	TaskQueue string
	Options   worker.Options
}

// NewEmbedded has a simulator and a handler, and no worker yet, on the shared Temporal.
func NewEmbedded(t testing.TB, simulator wavespeedtest.Options) *Embedded {
	t.Helper()
	return NewEmbeddedOn(t, SharedTemporal(t), simulator)
}

// NewEmbeddedOn is [NewEmbedded] on a Temporal of the test's own, where all workflows have a
// worker that answers for them.
func NewEmbeddedOn(t testing.TB, temporal *Temporal, simulator wavespeedtest.Options) *Embedded {
	t.Helper()
	provider, err := wavespeedtest.New(simulator)
	require.NoError(t, err)
	t.Cleanup(func() { _ = provider.Close() })
	c, err := client.NewLazyClient(client.Options{
		HostPort: temporal.Address,
		Identity: "embedded",
		Logger:   silent,
		ConnectionOptions: client.ConnectionOptions{
			DialOptions: []grpc.DialOption{signaler.DialOption()},
		},
	})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	secrets := []string{wavespeedtest.DefaultSecret}
	receiver, err := worker.NewPlugin(worker.Options{NoActivities: true, WebhookSecrets: secrets, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.Handle(WebhookPath+"/", receiver.Handler(c))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return &Embedded{
		Client:    c,
		Simulator: provider,
		TaskQueue: "embedded-" + uuid.NewString()[:8],
		Options: worker.Options{
			APIKey: wavespeedtest.DefaultKey, BaseURL: provider.URL(), WebhookURL: server.URL + WebhookPath, WebhookSecrets: secrets, Prices: true,
		},
	}
}

// Keyring opens the addresses of the worker's webhooks.
func (e *Embedded) Keyring(t testing.TB) *receiver.Keyring {
	t.Helper()
	keyring, err := receiver.NewKeyring(map[string]webhook.Account{generation.DefaultAccount: {Secrets: e.Options.WebhookSecrets}}, wavespeed.Webhooks())
	require.NoError(t, err)
	return keyring
}

// StartWorker runs a worker with the plugin; register adds the user's workflows.
func (e *Embedded) StartWorker(t testing.TB, options sdkworker.Options, register func(sdkworker.Worker)) sdkworker.Worker {
	t.Helper()
	plugin, err := worker.NewPlugin(e.Options)
	require.NoError(t, err)
	options.Plugins = append(options.Plugins, plugin)
	options.WorkerStopTimeout = 10 * time.Second
	// With the race detector, and others beside it, what takes a tenth of a second takes many.
	options.DeadlockDetectionTimeout = 30 * time.Second
	w := sdkworker.New(e.Client, e.TaskQueue, options)
	if register != nil {
		register(w)
	}
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	return w
}

// Start begins a workflow on the embedded worker.
func (e *Embedded) Start(t testing.TB, workflow any, args ...any) client.WorkflowRun {
	t.Helper()
	run, err := e.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: "embedded-" + uuid.NewString(), TaskQueue: e.TaskQueue,
	}, workflow, args...)
	require.NoError(t, err)
	return run
}
