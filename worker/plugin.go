package worker

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/activities"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/engine"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/keeper"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/quota"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/receiver"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/registered"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/signaler"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

// pluginName is the plugin's name in worker listings.
const pluginName = "wavespeed.Generations"

// Plugin adds generations to a Temporal client and its workers, or to one worker, and
// makes the handler for their webhooks. The zero value is not usable; see [NewPlugin].
// One plugin may serve several workers.
type Plugin struct {
	*temporal.SimplePlugin

	options    Options
	keyring    *receiver.Keyring
	activities *activities.Activities

	// onClient is set once a client has the plugin: its workers have the client's identity.
	onClient atomic.Bool

	// converter is the client's; nil without one of its own.
	converter atomic.Pointer[converter.DataConverter]

	// activityWorkers are the workers, by instance key, that run no workflows.
	activityWorkers sync.Map
}

// NewPlugin validates the options; its errors name the field. It makes no request.
func NewPlugin(options Options) (*Plugin, error) {
	options = options.withDefaults()
	if err := options.validate(); err != nil {
		return nil, err
	}
	clients, err := options.clients()
	if err != nil {
		return nil, err
	}
	p := &Plugin{options: options}
	if p.keyring, err = options.keyring(clients); err != nil {
		return nil, err
	}
	if p.activities, err = options.newActivities(clients, p.keyring, p.dataConverter); err != nil {
		return nil, err
	}
	p.SimplePlugin, err = temporal.NewSimplePlugin(temporal.SimplePluginOptions{
		Name:                      pluginName,
		Version:                   version(),
		ConfigureClient:           p.configureClient,
		ConfigureWorker:           p.configureWorker,
		ConfigureWorkflowReplayer: p.configureReplayer,
		RunContextBefore:          p.register,
		RunContextAfter:           p.forget,
	})
	return p, err
}

func (p *Plugin) configureClient(_ context.Context, o client.PluginConfigureClientOptions) error {
	o.ClientOptions.ConnectionOptions.DialOptions = append(slices.Clip(o.ClientOptions.ConnectionOptions.DialOptions), signaler.DialOption())
	o.ClientOptions.Identity = p.identity(o.ClientOptions.Identity, "")
	if own := o.ClientOptions.DataConverter; own != nil {
		p.converter.Store(&own)
	}
	p.onClient.Store(true)
	return nil
}

// dataConverter is the client's.
func (p *Plugin) dataConverter() converter.DataConverter {
	if own := p.converter.Load(); own != nil {
		return *own
	}
	return converter.GetDefaultDataConverter()
}

// identity tells API keys apart in what Temporal records of workers: see
// [activities.Activities.Identity]. Without one of their own, workers are called as the SDK
// calls them.
func (p *Plugin) identity(own, taskQueue string) string {
	if p.activities == nil {
		return own
	}
	if own == "" {
		host, _ := os.Hostname()
		own = fmt.Sprintf("%d@%s@%s", os.Getpid(), host, taskQueue)
	}
	return p.activities.Identity(own)
}

func (p *Plugin) configureWorker(_ context.Context, o sdkworker.PluginConfigureWorkerOptions) error {
	interceptors, err := p.intercept(o.WorkerOptions.Interceptors)
	if err != nil {
		return err
	}
	o.WorkerOptions.Interceptors = interceptors
	if own := o.WorkerOptions.Identity; own != "" || !p.onClient.Load() {
		o.WorkerOptions.Identity = p.identity(own, o.TaskQueue)
	}
	if o.WorkerOptions.DisableWorkflowWorker {
		p.activityWorkers.Store(o.WorkerInstanceKey, true)
	}
	return nil
}

func (p *Plugin) configureReplayer(_ context.Context, o sdkworker.PluginConfigureWorkflowReplayerOptions) error {
	interceptors, err := p.intercept(o.WorkflowReplayerOptions.Interceptors)
	o.WorkflowReplayerOptions.Interceptors = interceptors
	return err
}

// intercept adds the interceptor of package workflows. If it is there already, the plugin
// was given twice.
func (p *Plugin) intercept(interceptors []interceptor.WorkerInterceptor) ([]interceptor.WorkerInterceptor, error) {
	for _, other := range interceptors {
		if _, ours := other.(*workflows.Interceptor); ours {
			return nil, fmt.Errorf("worker: the plugin %s is given twice; put it on the client or on the worker, not on both: a client hands its plugins to its workers", pluginName)
		}
	}
	return append(slices.Clip(interceptors), &workflows.Interceptor{Limits: p.limited}), nil
}

// limited tells whether this worker keeps an account's limits. One that only runs workflows
// doesn't know what kind a model is.
func (p *Plugin) limited(account, model string) (quota.Kind, bool) {
	if p.activities != nil {
		return p.activities.Limited(account, model)
	}
	_, limited := p.options.limits()[account]
	return quota.Unknown, limited
}

func (p *Plugin) register(_ context.Context, o temporal.SimplePluginRunContextBeforeOptions) error {
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
	registry.RegisterWorkflowWithOptions(registered.Generate, options)
	options.Name = wire.DeliveryName
	registry.RegisterWorkflowWithOptions(registered.Delivery, options)
	options.Name = wire.KeeperName
	options.VersioningBehavior = workflow.VersioningBehaviorAutoUpgrade // it never ends
	registry.RegisterWorkflowWithOptions(keeper.Keep, options)
}

func (p *Plugin) forget(_ context.Context, o temporal.SimplePluginRunContextAfterOptions) {
	p.activityWorkers.Delete(o.InstanceKey)
}
