package daemon

import (
	"fmt"
	"runtime/debug"

	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

func (d *daemon) startWorker() error {
	deployment, err := d.deployment()
	if err != nil {
		return err
	}
	if d.Config.PublicURL == "" {
		d.Logger.Info("every generation is polled, since WEBHOOK_PUBLIC_URL is not set")
	}
	if d.Config.ExclusiveKeys {
		d.Logger.Info("charges tell lost submits apart: WAVESPEED_EXCLUSIVE_KEYS says that this namespace alone uses the API keys",
			"namespace", d.Temporal.Namespace)
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

// deployment is the worker's place in Temporal's worker versioning, if it has one.
func (d *daemon) deployment() (sdkworker.DeploymentOptions, error) {
	if d.Config.Deployment == "" {
		return sdkworker.DeploymentOptions{}, nil
	}
	build := d.Config.BuildID
	if build == "" {
		if build = programVersion(); build == "" {
			return sdkworker.DeploymentOptions{}, fmt.Errorf("WORKER_BUILD_ID: is not set, and this program knows no version of its own")
		}
	}
	return sdkworker.DeploymentOptions{
		UseVersioning: true,
		Version:       sdkworker.WorkerDeploymentVersion{DeploymentName: d.Config.Deployment, BuildID: build},
		// A run ends on the version that began it.
		DefaultVersioningBehavior: workflow.VersioningBehaviorPinned,
	}, nil
}

// programVersion is a release's version or a commit; "" of a build without either.
func programVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "(devel)" {
		return ""
	}
	return info.Main.Version
}
