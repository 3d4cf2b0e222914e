package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/limits"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
	"github.com/wavespeed-temporal/wavespeed-temporal/worker"
)

// limitedCase is work for an account with limits.
type limitedCase struct {
	what     string
	provider wavespeedtest.Limits
	limits   limits.Limits
	lasts    time.Duration
	runs     int
	items    int // of each run
	workers  int
}

var (
	silver      = limits.Limits{Running: 300, ImagesPerMinute: 500, VideosPerMinute: 500}
	limitedWork = []limitedCase{
		{"2 running, 30 items of 4 s", wavespeedtest.Limits{Concurrent: 2}, limits.Limits{Running: 2}, 4 * time.Second, 1, 30, 1},
		{"the same in four runs", wavespeedtest.Limits{Concurrent: 2}, limits.Limits{Running: 2}, 4 * time.Second, 4, 8, 1},
		{"the same with two workers", wavespeedtest.Limits{Concurrent: 2}, limits.Limits{Running: 2}, 4 * time.Second, 4, 8, 2},
		{"Silver, 1,000 items of 30 s", wavespeedtest.Silver, silver, 30 * time.Second, 1, 1000, 1},
		{"the same in four runs", wavespeedtest.Silver, silver, 30 * time.Second, 4, 250, 1},
		{"the same with two workers", wavespeedtest.Silver, silver, 30 * time.Second, 4, 250, 2},
		{"8 running, to be learned, 240 items of 2 s", wavespeedtest.Limits{Concurrent: 8}, limits.Limits{Auto: true}, 2 * time.Second, 1, 240, 1},
	}
)

// limits measures how close to the ideal time an account is used, and how often it refuses.
func (b *bench) limits(ctx context.Context, out io.Writer, _ sizes) error {
	fmt.Fprint(out, "## An account's limits\n\nThe simulator refuses what is more than its limits. In the ideal time each item starts as soon as there is a slot and room in the minute, with the durations that the items had.\n\n",
		"| work | ideal | measured | utilisation | refused per accepted | most that ran | actions an item for limits |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	for _, c := range limitedWork {
		if err := b.limitedRound(ctx, out, c); err != nil {
			return fmt.Errorf("%s: %w", c.what, err)
		}
	}
	fmt.Fprintln(out)
	return nil
}

func (b *bench) limitedRound(ctx context.Context, out io.Writer, c limitedCase) error {
	provider, err := wavespeedtest.New(wavespeedtest.Options{
		Accounts: []wavespeedtest.Account{{Limits: c.provider}},
		Behavior: wavespeedtest.Behavior{RefuseOverflow: true, RetryAfter: true},
		Duration: c.lasts,
	})
	if err != nil {
		return err
	}
	defer func() { _ = provider.Close() }()
	account, queue := "limited-"+uuid.NewString()[:8], "limited-"+uuid.NewString()[:8]
	stop, err := b.limitedWorkers(provider, c, account, queue)
	if err != nil {
		return err
	}
	defer stop()
	began := time.Now()
	err = inParallel(c.runs, c.runs, func(int) error {
		request := fanOutRun(c.items)
		request.Pipeline.Account = account
		request.Pipeline.Steps[0].Value.Model = "wavespeed-ai/flux-dev"
		request.Pipeline.Steps[0].Value.ForEach.MaxParallel = c.items
		run, err := b.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "limited-" + uuid.NewString(), TaskQueue: queue}, pipeline.WorkflowName, request)
		if err != nil {
			return err
		}
		return run.Get(ctx, nil)
	})
	if err != nil {
		return err
	}
	took := time.Since(began)
	actions, err := b.keeperActions(ctx, account)
	if err != nil {
		return err
	}
	ledger := provider.Ledger()
	ideal := idealTime(ledger, c.provider)
	refused := provider.Counts().Refused[http.StatusTooManyRequests]
	fmt.Fprintf(out, "| %s | %.1f s | %.1f s | **%.2f** | %.3f | %d | %.2f |\n", c.what, ideal.Seconds(), took.Seconds(), ideal.Seconds()/took.Seconds(),
		float64(refused)/float64(len(ledger)), mostAtOnce(ledger), float64(actions)/float64(c.runs*c.items))
	return nil
}

// limitedWorkers starts workers that keep the limits of an account, and a handler.
func (b *bench) limitedWorkers(at *wavespeedtest.Server, c limitedCase, account, queue string) (stop func(), err error) {
	mux := http.NewServeMux()
	handler, url, err := serve(mux)
	if err != nil {
		return nil, err
	}
	plugin, err := worker.NewPlugin(worker.Options{
		BaseURL: at.URL(), WebhookURL: url + "/hooks", Logger: slog.New(slog.DiscardHandler),
		Accounts: map[string]worker.Account{account: {
			APIKey: wavespeedtest.DefaultKey, Webhook: webhook.Account{Secrets: []string{wavespeedtest.DefaultSecret}}, Limits: c.limits,
		}},
	})
	if err != nil {
		return nil, err
	}
	mux.Handle("/hooks/", plugin.Handler(b.client))
	stops := []func(){func() { _ = handler.Close() }}
	for range c.workers {
		w := sdkworker.New(b.client, queue, sdkworker.Options{Plugins: []sdkworker.Plugin{plugin}})
		if err := w.Start(); err != nil {
			return nil, err
		}
		stops = append(stops, w.Stop)
	}
	return func() {
		for _, stop := range slices.Backward(stops) {
			stop()
		}
	}, nil
}

// keeperActions counts the messages between runs and keeper, and what the keeper itself does.
func (b *bench) keeperActions(ctx context.Context, account string) (n int, err error) {
	history := b.client.GetWorkflowHistory(ctx, wire.KeeperID(account), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		if err != nil {
			return 0, err
		}
		if billable[event.GetEventType()] || event.GetEventType() == enumspb.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED {
			n++
		}
	}
	return n, nil
}

// idealTime is how long the work takes if each item starts as soon as the limits allow, in the
// order in which they were started.
func idealTime(ledger []wavespeedtest.Entry, limits wavespeedtest.Limits) time.Duration {
	var starts, ends []time.Duration // ends are sorted
	var last time.Duration
	for i, e := range ledger {
		var start time.Duration
		if n := limits.ImagesPerMinute; n > 0 && i >= n {
			start = starts[i-n] + time.Minute
		}
		if n := limits.Concurrent; len(ends) == n {
			start = max(start, ends[0])
			ends = ends[1:]
		}
		end := start + e.Ended.Sub(e.At)
		at, _ := slices.BinarySearch(ends, end)
		starts, ends, last = append(starts, start), slices.Insert(ends, at, end), max(last, end)
	}
	return last
}

// mostAtOnce is the largest number of predictions that ran at once.
func mostAtOnce(ledger []wavespeedtest.Entry) (most int) {
	for _, at := range ledger {
		running := 0
		for _, e := range ledger {
			if !e.At.After(at.At) && (e.Ended.IsZero() || e.Ended.After(at.At)) {
				running++
			}
		}
		most = max(most, running)
	}
	return most
}
