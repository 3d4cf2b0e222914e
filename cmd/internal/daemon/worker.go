package daemon

import (
	"fmt"
	"maps"
	"runtime/debug"
	"slices"

	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

func (d *daemon) startWorker() error {
	deployment, err := d.deployment()
	if err != nil {
		return err
	}
	if d.Config.PublicURL == "" {
		d.Logger.Info("every generation is polled, because WEBHOOK_PUBLIC_URL is not set")
	}
	if d.Config.ExclusiveKeys {
		d.Logger.Info("charges identify lost submits, because WAVESPEED_EXCLUSIVE_KEYS says that only this namespace uses the API keys",
			"namespace", d.Temporal.Namespace)
	}
	for _, name := range slices.Sorted(maps.Keys(d.Config.Accounts)) {
		if limits := d.Config.Accounts[name].Limits; !limits.IsZero() {
			d.Logger.Info("submits wait for a slot within the account's limits", "account", name, "limits", limits.String())
		}
	}
	if err := d.metrics.Running(d.countRunning); err != nil {
		return err
	}
	sdkworker.SetStickyWorkflowCacheSize(d.Config.Cache)
	d.worker = sdkworker.New(d.client, d.Config.TaskQueue, sdkworker.Options{
		WorkerStopTimeout:            d.Config.ShutdownTimeout,
		TaskQueueActivitiesPerSecond: float64(d.Config.ActivitiesPerSecond),
		DeploymentOptions:            deployment,
		OnFatalError:                 func(err error) { d.fail(fmt.Errorf("worker: %w", err)) },
	})
	return d.worker.Start()
}

// deployment returns the worker's deployment for Temporal's worker versioning, if any.
func (d *daemon) deployment() (sdkworker.DeploymentOptions, error) {
	if d.Config.Deployment == "" {
		return sdkworker.DeploymentOptions{}, nil
	}
	build := d.Config.BuildID
	if build == "" {
		if build = programVersion(); build == "" {
			return sdkworker.DeploymentOptions{}, fmt.Errorf("WORKER_BUILD_ID: is not set, and this program has no version of its own")
		}
	}
	return sdkworker.DeploymentOptions{
		UseVersioning: true,
		Version:       sdkworker.WorkerDeploymentVersion{DeploymentName: d.Config.Deployment, BuildID: build},
		// A run stays on the version that started it.
		DefaultVersioningBehavior: workflow.VersioningBehaviorPinned,
	}, nil
}

// programVersion is the release version or the commit; "" if the build has neither.
func programVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "(devel)" {
		return ""
	}
	return info.Main.Version
}
