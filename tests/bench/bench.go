package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/grpc"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/receiver"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/signaler"
	"github.com/wavespeed-temporal/wavespeed-temporal/worker"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

const (
	taskQueue = "bench"
	secret    = "whsec_YmVuY2gtc2VjcmV0LWJlbmNoLXNlY3JldA=="
)

// bench is one server with one client, one worker, one handler and one provider,
// which floor and generations share.
type bench struct {
	server   *testsuite.DevServer
	client   client.Client
	keyring  *receiver.Keyring // seals addresses as the plugin does
	handler  *http.Server
	hookURL  string
	provider *provider
	worker   sdkworker.Worker
	resumed  sync.Map // workflow id → chan time.Time
}

func newBench(ctx context.Context) (_ *bench, err error) {
	b := &bench{}
	silent := log.NewStructuredLogger(slog.New(slog.DiscardHandler))
	b.server, err = testsuite.StartDevServer(ctx, testsuite.DevServerOptions{
		ExistingPath: os.Getenv("DEVSERVER"),
		LogLevel:     "error",
		Stdout:       io.Discard,
		Stderr:       io.Discard,
		ClientOptions: &client.Options{
			Logger:            silent,
			ConnectionOptions: client.ConnectionOptions{DialOptions: []grpc.DialOption{signaler.DialOption()}},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("start Temporal (DEVSERVER names the program): %w", err)
	}
	b.client = b.server.Client()
	if b.provider, err = newProvider(b.client); err != nil {
		return nil, err
	}
	plugin, err := b.startHandler()
	if err != nil {
		return nil, err
	}
	return b, b.startWorker(plugin)
}

func (b *bench) startHandler() (*worker.Plugin, error) {
	mux := http.NewServeMux()
	var url string
	var err error
	if b.handler, url, err = serve(mux); err != nil {
		return nil, err
	}
	b.hookURL = url + "/hooks"
	if b.keyring, err = receiver.NewKeyring(map[string]webhook.Account{generation.DefaultAccount: {Secrets: []string{secret}}}, wavespeed.Webhooks()); err != nil {
		return nil, err
	}
	plugin, err := worker.NewPlugin(worker.Options{
		APIKey: "bench", BaseURL: b.provider.url, WebhookURL: b.hookURL, WebhookSecrets: []string{secret},
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	mux.Handle("/hooks/", plugin.Handler(b.client))
	return plugin, nil
}

func (b *bench) startWorker(plugin *worker.Plugin) error {
	b.worker = sdkworker.New(b.client, taskQueue, sdkworker.Options{Plugins: []sdkworker.Plugin{plugin}})
	b.worker.RegisterWorkflowWithOptions(b.generate, workflow.RegisterOptions{Name: "generate"})
	b.worker.RegisterWorkflowWithOptions(b.floor, workflow.RegisterOptions{Name: "floor"})
	b.worker.RegisterWorkflowWithOptions(sink, workflow.RegisterOptions{Name: "sink"})
	b.worker.RegisterActivityWithOptions(b.floorSubmit, activity.RegisterOptions{Name: "floorSubmit"})
	registerPipelines(b.worker)
	return b.worker.Start()
}

func (b *bench) close() {
	b.worker.Stop()
	b.provider.close()
	_ = b.handler.Close()
	_ = b.server.Stop()
}

// generate is a user's workflow of one generation.
func (b *bench) generate(ctx workflow.Context) error {
	_, err := workflows.Generate(ctx, request())
	b.noteResumed(ctx)
	return err
}

func request() generation.Request {
	return generation.Request{Model: "bench/model", Input: map[string]any{"prompt": "a lighthouse"}}
}

const floorSignal = "finished"

// floor is the least with which a workflow can have a paid POST made and wait for a
// signal.
func (b *bench) floor(ctx workflow.Context) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	if err := workflow.ExecuteActivity(ctx, "floorSubmit").Get(ctx, nil); err != nil {
		return err
	}
	var outcome wire.Outcome
	workflow.GetSignalChannel(ctx, floorSignal).Receive(ctx, &outcome)
	b.noteResumed(ctx)
	return nil
}

func (b *bench) floorSubmit(ctx context.Context) error {
	return b.provider.post(ctx, activity.GetInfo(ctx).WorkflowExecution.ID)
}

// noteResumed reports to the benchmark that the workflow has continued.
func (b *bench) noteResumed(ctx workflow.Context) {
	now := time.Now() //workflowcheck:ignore
	if c, ok := b.resumed.Load(workflow.GetInfo(ctx).WorkflowExecution.ID); ok {
		select {
		case c.(chan time.Time) <- now: //workflowcheck:ignore
		default:
		}
	}
}

// sink takes signals until it is told to end.
func sink(ctx workflow.Context, n int) error {
	for key := range n {
		var signal wire.Signal
		workflow.GetSignalChannel(ctx, wire.SignalName(sinkKey(key))).Receive(ctx, &signal)
	}
	return nil
}

func sinkKey(i int) string { return fmt.Sprint("k", i) }

func (b *bench) start(ctx context.Context, name string, args ...any) (client.WorkflowRun, error) {
	return b.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: name + "-" + uuid.NewString(), TaskQueue: taskQueue}, name, args...)
}

func serve(handler http.Handler) (*http.Server, string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }()
	return server, "http://" + listener.Addr().String(), nil
}
