package chaos

import (
	"context"
	"log/slog"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	sdkworker "go.temporal.io/sdk/worker"

	"github.com/wavespeed-temporal/wavespeed-temporal/activities"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/callback"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/receiver"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/limits"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
	"github.com/wavespeed-temporal/wavespeed-temporal/worker"
)

// startSkewed runs a worker in this process, whose clock is ahead of all others. It is not
// killed, but its connections are poisoned as well.
func (s *system) startSkewed(ahead time.Duration, limit int, temporal, address, webhooks string) {
	s.t.Helper()
	c, err := client.NewLazyClient(client.Options{HostPort: temporal, Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	require.NoError(s.t, err)
	s.t.Cleanup(c.Close)
	account, err := wavespeed.New(wavespeed.Options{APIKey: wavespeedtest.DefaultKey, BaseURL: address})
	require.NoError(s.t, err)
	keyring, err := receiver.NewKeyring(map[string]webhook.Account{generation.DefaultAccount: {Secrets: []string{wavespeedtest.DefaultSecret}}}, wavespeed.Webhooks())
	require.NoError(s.t, err)
	atOnce := limits.Limits{Running: limit}
	skewed, err := activities.New(activities.Options{
		Accounts: map[string]provider.Provider{generation.DefaultAccount: account},
		WebhookURL: func(ctx context.Context, target wire.Target) (string, error) {
			address, err := keyring.Seal(ctx, target)
			return callback.URL(webhooks, address), err
		},
		Limits: map[string]wire.Limits{generation.DefaultAccount: wire.Limits(atOnce)},
		Now:    func() time.Time { return time.Now().Add(ahead) },
	})
	require.NoError(s.t, err)
	plugin, err := worker.NewPlugin(worker.Options{NoActivities: true, Limits: atOnce})
	require.NoError(s.t, err)
	w := sdkworker.New(c, taskQueue, sdkworker.Options{
		Plugins:                  []sdkworker.Plugin{plugin},
		DeadlockDetectionTimeout: 30 * time.Second,
	})
	skewed.Register(w)
	require.NoError(s.t, w.Start())
	s.t.Cleanup(w.Stop)
}
