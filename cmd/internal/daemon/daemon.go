package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/config"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/telemetry"
	"github.com/wavespeed-temporal/wavespeed-temporal/worker"
)

// Options say what to run.
type Options struct {
	Config config.Config

	// Temporal are the client's options, with the logger.
	Temporal client.Options

	// Need lists the roles, at least one. Config was loaded for them.
	config.Need

	Logger *slog.Logger
}

// Run runs until ctx ends, then stops gracefully. Its error says why it could not start or had
// to stop.
func Run(ctx context.Context, options Options) error {
	d := &daemon{Options: options, failed: make(chan error, 4)}
	defer d.close()
	if err := d.observe(ctx); err != nil {
		return err
	}
	if err := d.startAdmin(); err != nil {
		return err
	}
	if err := d.plugIn(); err != nil {
		return err
	}
	if err := d.connect(ctx); err != nil {
		return err
	}
	if err := d.start(); err != nil {
		return err
	}
	d.ready.Store(true)
	d.Logger.Info("ready", "worker", d.Worker, "webhook", d.Webhook, "task_queue", d.Config.TaskQueue,
		"namespace", d.Temporal.Namespace, "temporal", d.Temporal.HostPort)
	var err error
	select {
	case <-ctx.Done():
	case err = <-d.failed:
	}
	d.stop()
	return err
}

type daemon struct {
	Options
	readiness
	client  client.Client
	plugin  *worker.Plugin
	admin   *server
	public  *server
	metrics *telemetry.Metrics
	traces  *telemetry.Traces
	worker  sdkworker.Worker
	failed  chan error
}

const (
	connectTimeout = 5 * time.Second
	connectAgain   = 2 * time.Second
)

// connect waits for Temporal, because a daemon may start before its server. It fails if the
// namespace does not exist.
func (d *daemon) connect(ctx context.Context) error {
	for {
		err := d.tryConnect(ctx)
		if err == nil {
			return nil
		}
		var missing *serviceerror.NamespaceNotFound
		if errors.As(err, &missing) {
			return fmt.Errorf("TEMPORAL_NAMESPACE: Temporal at %s has no namespace %q; create it with: wavespeed-temporal setup", d.Temporal.HostPort, d.Temporal.Namespace)
		}
		d.Logger.Warn("waiting for Temporal", "temporal", d.Temporal.HostPort, "error", err)
		select {
		case <-ctx.Done():
			return fmt.Errorf("stopped while waiting for Temporal at %s: %w", d.Temporal.HostPort, err)
		case <-time.After(connectAgain):
		}
	}
}

func (d *daemon) tryConnect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	c, err := client.DialContext(ctx, d.Temporal)
	if err != nil {
		return err
	}
	if err := describeNamespace(ctx, c, d.Temporal.Namespace); err != nil {
		c.Close()
		return err
	}
	d.client = c
	d.readiness.client = c
	return nil
}

func (d *daemon) start() error {
	if d.Webhook {
		if err := d.startWebhook(); err != nil {
			return err
		}
	}
	if d.Worker {
		return d.startWorker()
	}
	return nil
}

func (d *daemon) fail(err error) {
	select {
	case d.failed <- err:
	default:
	}
}

// stop ends all work in progress.
func (d *daemon) stop() {
	d.ready.Store(false)
	d.Logger.Info("stopping")
	time.Sleep(d.Config.ShutdownDelay)
	if d.public != nil {
		d.public.shutdown(d.Config.ShutdownTimeout)
	}
	if d.worker != nil {
		d.worker.Stop()
	}
	d.Logger.Info("stopped")
}

func (d *daemon) close() {
	if d.admin != nil {
		d.admin.shutdown(time.Second)
	}
	if d.client != nil {
		d.client.Close()
	}
	d.flush()
}
