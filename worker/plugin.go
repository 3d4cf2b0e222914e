package worker

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/activities"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline/engine"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/signaler"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

// PluginName is the plugin's name in worker listings.
const PluginName = "wavespeed.Generations"

// NewPlugin makes a plugin for client.Options.Plugins or worker.Options.Plugins:
// for the one or the other. Errors name the option that is wrong.
//
// On a client it also lets package webhook/signaler drop doubled signals at the
// server.
func NewPlugin(options Options) (*temporal.SimplePlugin, error) {
	options = options.withDefaults()
	if err := options.validate(); err != nil {
		return nil, err
	}
	activities, err := options.activities()
	if err != nil {
		return nil, err
	}
	p := &plugin{options: options, activities: activities}
	return temporal.NewSimplePlugin(temporal.SimplePluginOptions{
		Name:                      PluginName,
		ConfigureClient:           p.configureClient,
		ConfigureWorker:           p.configureWorker,
		ConfigureWorkflowReplayer: p.configureReplayer,
		RunContextBefore:          p.register,
		RunContextAfter:           p.forget,
	})
}

type plugin struct {
	options    Options
	activities *activities.Activities

	// activityWorkers are the workers, by instance key, that take no workflows.
	activityWorkers sync.Map
}

func (p *plugin) configureClient(_ context.Context, o client.PluginConfigureClientOptions) error {
	o.ClientOptions.ConnectionOptions.DialOptions = append(slices.Clip(o.ClientOptions.ConnectionOptions.DialOptions), signaler.DialOption())
	return nil
}

func (p *plugin) configureWorker(_ context.Context, o sdkworker.PluginConfigureWorkerOptions) error {
	interceptors, err := intercept(o.WorkerOptions.Interceptors)
	if err != nil {
		return err
	}
	o.WorkerOptions.Interceptors = interceptors
	if o.WorkerOptions.DisableWorkflowWorker {
		p.activityWorkers.Store(o.WorkerInstanceKey, true)
	}
	return nil
}

func (p *plugin) configureReplayer(_ context.Context, o sdkworker.PluginConfigureWorkflowReplayerOptions) error {
	interceptors, err := intercept(o.WorkflowReplayerOptions.Interceptors)
	o.WorkflowReplayerOptions.Interceptors = interceptors
	return err
}

// intercept adds the interceptor of package workflows. That it is there already
// shows that the plugin was given twice.
func intercept(interceptors []interceptor.WorkerInterceptor) ([]interceptor.WorkerInterceptor, error) {
	for _, other := range interceptors {
		if _, ours := other.(*workflows.Interceptor); ours {
			return nil, fmt.Errorf("worker: the plugin %s is given twice; put it on the client or on the worker, not on both: a client hands its plugins to its workers", PluginName)
		}
	}
	return append(slices.Clip(interceptors), &workflows.Interceptor{}), nil
}

func (p *plugin) register(_ context.Context, o temporal.SimplePluginRunContextBeforeOptions) error {
	if _, activitiesOnly := p.activityWorkers.Load(o.InstanceKey); !activitiesOnly {
		registerWorkflows(o.Registry, workflow.RegisterOptions{
			VersioningBehavior: p.options.VersioningBehavior,
			// A replayer registers for each history that it replays.
			DisableAlreadyRegisteredCheck: o.WorkflowReplayer,
		})
	}
	if p.activities != nil {
		p.activities.Register(o.Registry)
	}
	return nil
}

func registerWorkflows(registry engine.Registry, options workflow.RegisterOptions) {
	engine.Register(registry, options)
	options.Name = generation.WorkflowName
	registry.RegisterWorkflowWithOptions(workflows.Requested, options)
	options.Name = generation.DeliveryName
	registry.RegisterWorkflowWithOptions(workflows.Delivery, options)
}

func (p *plugin) forget(_ context.Context, o temporal.SimplePluginRunContextAfterOptions) {
	p.activityWorkers.Delete(o.InstanceKey)
}

// Register makes the workflows and their activities known to a registry without the
// plugin, for instance to a test environment that has none. Such a worker also
// needs &workflows.Interceptor{} among its worker.Options.Interceptors.
func Register(registry sdkworker.Registry, options Options) error {
	options = options.withDefaults()
	if err := options.validate(); err != nil {
		return err
	}
	activities, err := options.activities()
	if err != nil {
		return err
	}
	registerWorkflows(registry, workflow.RegisterOptions{VersioningBehavior: options.VersioningBehavior})
	if activities != nil {
		activities.Register(registry)
	}
	return nil
}
