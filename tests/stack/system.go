package stack

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// Options choose a System's parts. The zero value has one worker and one webhook
// handler, each a process, on the shared Temporal.
type Options struct {
	// Temporal is the server. Defaults to the shared one.
	Temporal *Temporal

	// Simulator configures the provider.
	Simulator wavespeedtest.Options

	// PollOnly leaves out the webhook handler. Defaults to false.
	PollOnly bool

	// Plain builds the daemon as users do, without the race detector, so that its
	// memory and speed are its own. Defaults to false.
	Plain bool

	// TemporalAddress is where worker and handler reach Temporal, a proxy for
	// instance. Defaults to the server itself.
	TemporalAddress string

	// Env is added to the environment of worker and handler.
	Env []string
}

// System is the whole of it.
type System struct {
	Temporal   *Temporal
	Client     client.Client
	Simulator  *wavespeedtest.Server
	Worker     *Process
	Webhook    *Process // nil when everything is polled
	WebhookURL string
	Admin      string // the worker's admin listener
	HookAdmin  string // the handler's
	env        []string
	program    string
	TaskQueue  string
	t          testing.TB
}

// WebhookPath is where the handler listens.
const WebhookPath = "/webhooks/wavespeed"

// Start runs a System and waits until it is ready.
func Start(t testing.TB, options Options) *System {
	t.Helper()
	s := &System{t: t, Temporal: options.Temporal, TaskQueue: "test-" + uuid.NewString()[:8]}
	if s.Temporal == nil {
		s.Temporal = SharedTemporal(t)
	}
	s.Client = s.Temporal.Client(t)
	simulator, err := wavespeedtest.New(options.Simulator)
	require.NoError(t, err)
	t.Cleanup(func() { _ = simulator.Close() })
	s.Simulator = simulator
	ports := FreePorts(t, 3)
	env := slices.Concat([]string{
		"TEMPORAL_ADDRESS=" + cmp.Or(options.TemporalAddress, s.Temporal.Address),
		"TEMPORAL_TASK_QUEUE=" + s.TaskQueue,
		"WAVESPEED_BASE_URL=" + simulator.URL(),
		"WAVESPEED_API_KEY=" + wavespeedtest.DefaultKey,
		"LOG_FORMAT=text",
	}, options.Env)
	s.program = build(t, "./cmd/wavespeed-temporal", raceEnabled && !options.Plain)
	if !options.PollOnly {
		s.WebhookURL = "http://127.0.0.1:" + ports[0] + WebhookPath
		env = append(env, "WEBHOOK_PUBLIC_URL="+s.WebhookURL, "WEBHOOK_LISTEN=127.0.0.1:"+ports[0])
		s.Webhook = StartProcess(t, s.program, []string{"webhook"}, slices.Concat(env, []string{"ADMIN_LISTEN=127.0.0.1:" + ports[1]}))
		s.HookAdmin = "127.0.0.1:" + ports[1]
		s.awaitReady(s.HookAdmin)
	}
	s.env = env
	s.Admin = "127.0.0.1:" + ports[2]
	s.Worker = s.startWorker(s.Admin)
	return s
}

// StartWorker runs one more worker; env is added to the others' environment.
func (s *System) StartWorker(env ...string) *Process {
	s.t.Helper()
	return s.startWorker("127.0.0.1:"+FreePorts(s.t, 1)[0], env...)
}

func (s *System) startWorker(admin string, env ...string) *Process {
	s.t.Helper()
	worker := StartProcess(s.t, s.program, []string{"worker"}, slices.Concat(s.env, []string{"ADMIN_LISTEN=" + admin}, env))
	s.awaitReady(admin)
	return worker
}

func (s *System) awaitReady(admin string) {
	s.t.Helper()
	Eventually(s.t, "the daemon is not ready", func() bool {
		response, err := http.Get("http://" + admin + "/readyz")
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
}

// Generate starts wavespeed.Generate.
func (s *System) Generate(request generation.Request) client.WorkflowRun {
	s.t.Helper()
	run, err := s.Client.ExecuteWorkflow(context.Background(), client.StartWorkflowOptions{
		ID: "test-" + uuid.NewString(), TaskQueue: s.TaskQueue,
	}, generation.WorkflowName, request)
	require.NoError(s.t, err)
	return run
}

// Result waits for a run's result.
func (s *System) Result(run client.WorkflowRun) (generation.Result, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var result generation.Result
	err := run.Get(ctx, &result)
	return result, err
}

// Status is what the run's generation answers to the query, and false while it
// does not.
func (s *System) Status(run client.WorkflowRun) (generation.Status, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	answer, err := s.Client.QueryWorkflow(ctx, run.GetID(), run.GetRunID(), generation.StatusQuery)
	if err != nil {
		return generation.Status{}, false
	}
	var statuses []generation.Status
	if answer.Get(&statuses) != nil || len(statuses) != 1 {
		return generation.Status{}, false
	}
	return statuses[0], true
}

// AwaitState waits until the run's generation is in a state.
func (s *System) AwaitState(run client.WorkflowRun, state generation.State) {
	s.t.Helper()
	Eventually(s.t, "the generation does not get to be "+string(state), func() bool {
		status, ok := s.Status(run)
		return ok && status.State == state
	})
}

// LastFailure is the error of the latest failed attempt of the run's pending
// activity, and empty while there is none.
func (s *System) LastFailure(run client.WorkflowRun) string {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	described, err := s.Client.DescribeWorkflow(ctx, run.GetID(), run.GetRunID())
	if err != nil || len(described.RawResponse.GetPendingActivities()) == 0 {
		return ""
	}
	return described.RawResponse.GetPendingActivities()[0].GetLastFailure().GetMessage()
}
