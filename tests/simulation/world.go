package simulation

import (
	"fmt"
	"io"
	"log/slog"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/activities"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/engine"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/keeper"
	seam "github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/receiver"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/registered"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/signaler"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/simulation/campaign"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/simulation/frontend"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/simulation/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

const (
	taskQueue = "simulation"
	secret    = "whsec_c2ltdWxhdGlvbi1zZWNyZXQtb2YtdGhlLWFjY291bnQ="
	baseURL   = "https://us.test/webhooks"

	ourKey   = "key-ours"
	otherKey = "key-other"
)

// world is everything that a seed simulates.
type world struct {
	*driver
	plan
	seed      uint64
	people    dice // draw what was added later, so that seeds without it stay as they were
	pipelines bool
	asks      bool // unknown submits are a person's to decide
	limits    map[string]wire.Limits
	calm      bool // nobody does anything to jobs any more
	holds     bool // late predictions run until they are released
	converter converter.DataConverter
	server    *frontend.Server
	provider  *provider.Provider
	keyring   *receiver.Keyring
	handler   *receiver.Handler
	front     *process // of the handler
	operator  *process // of the people who start, stop and rerun
	workers   []*process
	processes []*process
	crashed   int
	started   int // workers

	lose     func(*account, *call, *provider.Entry) bool // takes submits whose answers are lost; nil for none
	books    *books
	findings []string
	counts   map[string]int // of endings, by error type
}

func newWorld(seed uint64, trace io.Writer) *world {
	d := newDriver(seed, trace)
	w := bareWorld(d, d.drawPlan())
	w.seed = seed
	w.people = newDice(seed, 0x9e0a) // leaves the corpus as it was
	w.pipelines, w.asks = w.people.chance(0.1), w.people.chance(0.15)
	w.bigSeeds = newDice(seed, 0xb165).chance(0.1)
	if newDice(seed, 0xc0dec).chance(0.1) {
		w.converter = newCodecs()
	}
	if seed >= campaign.LimitedFrom {
		w.limits = newDice(seed, 0x5107).drawLimits()
	}
	if w.pipelines {
		w.timing = wire.WithDefaults(generation.Request{}).Timing // which steps cannot change
	}
	return w.build()
}

// drawLimits draws few slots, so that most submits wait.
func (d dice) drawLimits() map[string]wire.Limits {
	limits := wire.Limits{Running: 1 + d.IntN(4)}
	switch d.IntN(4) {
	case 0:
		limits.PerMinute = 1 + d.IntN(10)
	case 1:
		limits = wire.Limits{Auto: true}
	}
	return map[string]wire.Limits{generation.DefaultAccount: limits}
}

// newWorldOf is a world in which the plan is given.
func newWorldOf(d *driver, p plan) *world {
	return bareWorld(d, p).build()
}

func bareWorld(d *driver, p plan) *world {
	return &world{driver: d, plan: p, counts: make(map[string]int), converter: converter.GetDefaultDataConverter()}
}

func (w *world) build() *world {
	w.Note("%+v", w.plan)
	w.server = frontend.New(w)
	w.provider = provider.New(w, w.traits)
	w.provider.Deliver = w.deliver
	w.books = newBooks()
	var err error
	w.keyring, err = receiver.NewKeyring(map[string]webhook.Account{generation.DefaultAccount: {Secrets: []string{secret}}}, wavespeed.Webhooks())
	must(err)
	w.front = w.newProcess("handler")
	w.front.skew = w.handlerSkew
	w.handler, err = receiver.New(w.keyring, signaler.New(w.front.client), webhook.Options{Now: w.front.now, Logger: slog.New(slog.DiscardHandler)})
	must(err)
	w.operator = w.newProcess("operator")
	for range w.workerCount {
		w.startWorker()
	}
	return w
}

// startWorker begins a worker with a memory of its own.
func (w *world) startWorker() {
	w.started++
	p := w.newProcess(fmt.Sprintf("worker%d", w.started))
	p.skew = w.drawSkew()
	options := activities.Options{
		Accounts:      map[string]seam.Provider{generation.DefaultAccount: &account{process: p, key: ourKey}},
		ExclusiveKeys: w.exclusive, Now: p.now, Limits: w.limits,
	}
	if w.webhooks {
		options.WebhookURL = w.address
	}
	acts, err := activities.New(options)
	must(err)
	p.worker = sdkworker.New(p.client, taskQueue, sdkworker.Options{
		Identity: acts.Identity(p.name), MaxConcurrentActivityTaskPollers: 1, MaxConcurrentWorkflowTaskPollers: 2, MaxConcurrentNexusTaskPollers: 1,
		Interceptors:                       []interceptor.WorkerInterceptor{&tagging{process: p.name, books: w.books}, &workflows.Interceptor{Limits: acts.Limited}},
		DisableEagerActivities:             true,
		MaxConcurrentActivityExecutionSize: 100, MaxConcurrentWorkflowTaskExecutionSize: 10,
		DeadlockDetectionTimeout: time.Hour,
	})
	acts.Register(p.worker)
	engine.Register(p.worker, workflow.RegisterOptions{})
	p.worker.RegisterWorkflowWithOptions(workflows.Generate, workflow.RegisterOptions{Name: generation.WorkflowName})
	p.worker.RegisterWorkflowWithOptions(registered.Delivery, workflow.RegisterOptions{Name: wire.DeliveryName})
	p.worker.RegisterWorkflowWithOptions(keeper.Keep, workflow.RegisterOptions{Name: wire.KeeperName})
	p.worker.RegisterWorkflowWithOptions(several, workflow.RegisterOptions{Name: severalName})
	must(p.worker.Start())
	w.workers = append(w.workers, p)
}

func (w *world) stop() {
	close(w.closed)
	for _, p := range w.processes {
		if p.worker != nil {
			p.worker.Stop()
		}
		p.client.Close()
	}
}

// Dispatch is how late a task is offered to workers.
func (w *world) Dispatch() time.Duration { return w.latency() }

// Visible is how late a run shows in lists.
func (w *world) Visible() time.Duration { return w.visible }

// Reachable tells whether a process can be handed a task.
func (w *world) Reachable(name string) bool {
	for _, p := range w.processes {
		if p.name == name {
			return !p.dead && !p.cut
		}
	}
	return false
}

// Double is in the weather.
func (w *world) Double(string) bool { return w.chance(w.weather.double) }

// latency is short, mostly.
func (w *world) latency() time.Duration {
	if w.chance(w.weather.slow) {
		return w.between(0, 8*time.Second)
	}
	return w.between(time.Millisecond, 30*time.Millisecond)
}

const maxCrashes = 4

// crashes kills the process, now and then, and has another one begin.
func (w *world) crashes(p *process, when string) {
	if p.worker == nil || p.dead || w.crashed >= maxCrashes || !w.chance(w.weather.crash) {
		return
	}
	w.crash(p, when)
}

func (w *world) crash(p *process, when string) {
	w.crashed++
	p.dead = true
	w.Note("%s crashes %s", p.name, when)
	w.server.Leave(p.name)
	w.After(w.between(time.Second, time.Minute), func() {
		w.startWorker()
		w.Note("worker%d begins", w.started)
	})
}

// disconnect cuts a process off from Temporal for a while.
func (w *world) disconnect(p *process, d time.Duration) {
	if p.dead || p.cut {
		return
	}
	p.cut = true
	w.Note("%s is cut off for %v", p.name, d)
	w.After(d, func() {
		p.cut = false
		w.Note("%s is back", p.name)
		w.server.Reconnect()
	})
}

func (w *world) find(format string, args ...any) {
	finding := fmt.Sprintf(format, args...)
	w.Note("FINDING: %s", finding)
	w.findings = append(w.findings, finding)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
