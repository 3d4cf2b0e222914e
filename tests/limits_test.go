package tests

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/limits"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
	"github.com/wavespeed-temporal/wavespeed-temporal/worker"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

// limited is a worker whose account has limits, at a provider that refuses what is too much.
type limited struct {
	*stack.Embedded
	account string
}

func newLimited(t *testing.T, account limits.Limits, provider wavespeedtest.Limits, duration time.Duration) *limited {
	t.Helper()
	e := stack.NewEmbedded(t, wavespeedtest.Options{
		Accounts: []wavespeedtest.Account{{Limits: provider}}, Duration: duration, Behavior: wavespeedtest.Behavior{RefuseOverflow: true, RetryAfter: true},
	})
	l := &limited{e, "limited-" + uuid.NewString()[:8]} // one keeper each
	secrets := webhook.Account{Secrets: e.Options.WebhookSecrets}
	e.Options.Accounts = map[string]worker.Account{l.account: {APIKey: e.Options.APIKey, Webhook: secrets, Limits: account}}
	receiver, err := worker.NewPlugin(worker.Options{NoActivities: true, Logger: slog.New(slog.DiscardHandler), Accounts: map[string]worker.Account{l.account: {Webhook: secrets}}})
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.Handle(stack.WebhookPath+"/", receiver.Handler(e.Client))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	e.Options.WebhookURL = server.URL + stack.WebhookPath
	return l
}

func (l *limited) worker(t *testing.T) sdkworker.Worker {
	t.Helper()
	return l.StartWorker(t, sdkworker.Options{}, func(w sdkworker.Worker) { w.RegisterWorkflow(pictures) })
}

// pictures generates so many pictures, several at once.
func pictures(ctx workflow.Context, account string, n, atOnce int) error {
	items := make([]int, n)
	_, err := workflows.ForEach(ctx, items, workflows.ForEachOptions{MaxParallel: atOnce}, func(ctx workflow.Context, i, _ int) (generation.Result, error) {
		request := still(fmt.Sprint("picture ", i))
		request.Key, request.Account = fmt.Sprint("picture", i), account
		return workflows.Generate(ctx, request)
	})
	return err
}

// most is the largest number of predictions that ran at once.
func (l *limited) most() (running int) {
	type change struct {
		at time.Time
		by int
	}
	var changes []change
	for _, e := range l.Simulator.Ledger() {
		changes = append(changes, change{e.At, 1})
		if !e.Ended.IsZero() {
			changes = append(changes, change{e.Ended, -1})
		}
	}
	slices.SortFunc(changes, func(a, b change) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return a.by - b.by
	})
	now := 0
	for _, c := range changes {
		now += c.by
		running = max(running, now)
	}
	return running
}

func (l *limited) refused() (n int) {
	for _, of := range l.Simulator.Counts().Refused {
		n += of
	}
	return n
}

// predictions is how many a run knows of.
func (l *limited) predictions(t *testing.T, run client.WorkflowRun) (n int) {
	p := &pipelines{Embedded: l.Embedded, t: t}
	for _, status := range p.generations(run) {
		if status.PredictionID() != "" {
			n++
		}
	}
	return n
}

// free waits until the keeper knows of no run.
func (l *limited) free(t *testing.T) limits.Usage {
	t.Helper()
	var usage limits.Usage
	require.Eventually(t, func() bool {
		var err error
		usage, err = limits.Show(t.Context(), l.Client, l.account)
		return err == nil && len(usage.Runs) == 0
	}, time.Minute, 50*time.Millisecond)
	return usage
}

// TestLimits: whatever waits, no more runs than the account may, and nothing is refused.
func TestLimits(t *testing.T) {
	t.Parallel()
	l := newLimited(t, limits.Limits{Running: 3}, wavespeedtest.Limits{Concurrent: 3}, 300*time.Millisecond)
	l.worker(t)
	began := time.Now()
	var runs []client.WorkflowRun
	for range 3 {
		runs = append(runs, l.Start(t, pictures, l.account, 10, 10))
	}
	request := still("a lighthouse")
	request.Account = l.account
	single := l.Start(t, generation.WorkflowName, request)
	for _, run := range append(runs, single) {
		require.NoError(t, run.Get(t.Context(), nil))
	}
	t.Log(time.Since(began), l.most(), l.Simulator.Counts().Requests)
	require.Len(t, l.Simulator.Ledger(), 31)
	require.LessOrEqual(t, l.most(), 3)
	require.Zero(t, l.refused())
	usage := l.free(t)
	require.Zero(t, usage.Running)
	require.Zero(t, usage.WithoutLimits)
	for name, id := range map[string]string{"leased": single.GetID(), "keeper": wire.KeeperID(l.account)} {
		history := historyOf(t, l.Client, l.Client.GetWorkflow(t.Context(), id, ""))
		replay(t, l.Embedded, history)
		if *recording {
			write(t, name, history)
		}
	}
}

// TestLimitsAreRaisedAndPaused while everything runs.
func TestLimitsAreRaisedAndPaused(t *testing.T) {
	t.Parallel()
	l := newLimited(t, limits.Limits{Running: 1}, wavespeedtest.Limits{Concurrent: 8}, 300*time.Millisecond)
	l.worker(t)
	run := l.Start(t, pictures, l.account, 40, 20)
	made := func(n int) func() bool { return func() bool { return len(l.Simulator.Ledger()) >= n } }
	require.Eventually(t, made(3), time.Minute, 20*time.Millisecond)
	require.NoError(t, limits.Set(t.Context(), l.Client, l.account, limits.Limits{Paused: true}))
	paused := 0
	require.Eventually(t, func() bool {
		usage, err := limits.Show(t.Context(), l.Client, l.account)
		paused = len(l.Simulator.Ledger())
		return err == nil && usage.Running == 0 && usage.Limits.Paused
	}, time.Minute, 20*time.Millisecond)
	time.Sleep(time.Second)
	require.Len(t, l.Simulator.Ledger(), paused)
	require.Equal(t, 1, l.most())
	require.NoError(t, limits.Set(t.Context(), l.Client, l.account, limits.Limits{Running: 8}))
	require.NoError(t, run.Get(t.Context(), nil))
	require.Equal(t, 8, l.most())
	require.Zero(t, l.refused())
	l.free(t)
}

// TestWithoutTheKeeper: it is killed again and again, and nothing is lost or waits for ever.
func TestWithoutTheKeeper(t *testing.T) {
	t.Parallel()
	l := newLimited(t, limits.Limits{Running: 2}, wavespeedtest.Limits{}, 300*time.Millisecond)
	l.worker(t)
	var runs []client.WorkflowRun
	for range 4 {
		runs = append(runs, l.Start(t, pictures, l.account, 12, 6))
	}
	for i := range 3 {
		require.Eventually(t, func() bool { return len(l.Simulator.Ledger()) > 6*(i+1) }, time.Minute, 20*time.Millisecond)
		require.NoError(t, l.Client.TerminateWorkflow(t.Context(), wire.KeeperID(l.account), "", "a test"))
	}
	for _, run := range runs {
		require.NoError(t, run.Get(t.Context(), nil))
	}
	require.Len(t, l.Simulator.Ledger(), 48)
}

// TestSlotsOfTheDead: a run that is terminated holds no slot for long.
func TestSlotsOfTheDead(t *testing.T) {
	t.Parallel()
	l := newLimited(t, limits.Limits{Running: 2}, wavespeedtest.Limits{Concurrent: 2}, 2*time.Second)
	l.worker(t)
	dead := l.Start(t, pictures, l.account, 4, 4)
	require.Eventually(t, func() bool { return l.predictions(t, dead) == 2 }, time.Minute, 20*time.Millisecond)
	require.NoError(t, l.Client.TerminateWorkflow(t.Context(), dead.GetID(), "", "a test"))
	require.NoError(t, l.Start(t, pictures, l.account, 4, 4).Get(t.Context(), nil))
	require.LessOrEqual(t, l.most(), 2)
	require.Zero(t, l.refused())
	l.free(t)
}

// TestItemsAreNotStartedToWait: the keeper knows of all that wait, but few of them are there.
func TestItemsAreNotStartedToWait(t *testing.T) {
	t.Parallel()
	l := newLimited(t, limits.Limits{Running: 2}, wavespeedtest.Limits{Concurrent: 2}, time.Hour)
	l.worker(t)
	p := &pipelines{Embedded: l.Embedded, t: t, kept: make(map[string]bool)}
	run := p.start(`
account: `+l.account+`
inputs: {rows: array}
steps:
  shots:
    for_each: {items: "${{ inputs.rows }}", key: item.sku, max_parallel: 60}
    model: wavespeed-ai/flux-dev
    input: {prompt: "${{ item.title }}"}
`, map[string]any{"rows": rows(60)})
	stack.Eventually(t, "the keeper does not know of all", func() bool {
		usage, err := limits.Show(t.Context(), l.Client, l.account)
		return err == nil && usage.Running == 2 && usage.Waiting == 58
	})
	children := p.children(run)
	require.Len(t, children, 1)
	require.Less(t, len(p.generations(children[0])), 10)
	require.NoError(t, p.Client.TerminateWorkflow(t.Context(), run.GetID(), "", "a test"))
}

// TestCanceledRunsCount until their predictions have ended.
func TestCanceledRunsCount(t *testing.T) {
	t.Parallel()
	l := newLimited(t, limits.Limits{Running: 2}, wavespeedtest.Limits{Concurrent: 2}, 3*time.Second)
	l.worker(t)
	canceled := l.Start(t, pictures, l.account, 4, 4)
	require.Eventually(t, func() bool { return len(l.Simulator.Ledger()) == 2 }, time.Minute, 20*time.Millisecond)
	require.NoError(t, l.Client.CancelWorkflow(t.Context(), canceled.GetID(), ""))
	var stopped *temporal.CanceledError
	require.ErrorAs(t, canceled.Get(t.Context(), nil), &stopped)
	require.NoError(t, l.Start(t, pictures, l.account, 4, 4).Get(t.Context(), nil))
	require.LessOrEqual(t, l.most(), 2)
	require.Zero(t, l.refused())
}

// TestLimitsAreLearned from refusals. Predictions take long enough for a slow machine to start
// more than the account may; one that ends while a refusal is on its way makes it learn one less.
func TestLimitsAreLearned(t *testing.T) {
	t.Parallel()
	l := newLimited(t, limits.Limits{Auto: true}, wavespeedtest.Limits{Concurrent: 12}, 8*time.Second)
	l.worker(t)
	require.NoError(t, l.Start(t, pictures, l.account, 40, 40).Get(t.Context(), nil))
	require.Len(t, l.Simulator.Ledger(), 40)
	t.Log(l.refused(), l.most())
	require.NotZero(t, l.refused())
	require.LessOrEqual(t, l.refused(), 40/5)
	require.Contains(t, []int{11, 12}, l.free(t).Limits.Running)
}

// TestNobodyKeepsLimits is what a person is told who asks for limits that nobody keeps.
func TestNobodyKeepsLimits(t *testing.T) {
	t.Parallel()
	e := stack.NewEmbedded(t, wavespeedtest.Options{})
	_, err := limits.Show(t.Context(), e.Client, "nobody")
	require.ErrorIs(t, err, limits.ErrNoKeeper)
	require.ErrorIs(t, limits.Set(t.Context(), e.Client, "nobody", limits.Limits{Running: 1}), limits.ErrNoKeeper)
}

// TestWhatLimitsCost counts the actions that limits add, the keeper's own included.
func TestWhatLimitsCost(t *testing.T) {
	t.Parallel()
	l := newLimited(t, limits.Limits{Running: 10}, wavespeedtest.Limits{Concurrent: 10}, time.Second)
	l.worker(t)
	keeper := func() int { return l.cost(t, wire.KeeperID(l.account)) }
	finished(t, l.Start(t, pictures, l.account, 1, 1)) // starts the keeper
	for _, c := range []struct {
		items int
		most  float64
	}{{1, 3}, {60, 0.2 * 60}} {
		l.free(t)
		before := keeper()
		run := finished(t, l.Start(t, pictures, l.account, c.items, c.items))
		l.free(t)
		extra := l.cost(t, run.GetID()) - 1 - 3*c.items + keeper() - before
		t.Logf("%d items: %d actions more", c.items, extra)
		require.LessOrEqual(t, float64(extra), c.most)
	}
}

// cost counts a workflow's actions, but not the version of its limits, which Temporal Cloud does
// not bill.
func (l *limited) cost(t *testing.T, workflowID string) int {
	t.Helper()
	history := historyOf(t, l.Client, l.Client.GetWorkflow(t.Context(), workflowID, ""))
	n := actions(history)
	for _, event := range history.Events {
		if event.GetMarkerRecordedEventAttributes().GetMarkerName() == "Version" || event.GetUpsertWorkflowSearchAttributesEventAttributes() != nil {
			n--
		}
	}
	return n
}

// TestKeeperTakesNothingOver from the run that starts it.
func TestKeeperTakesNothingOver(t *testing.T) {
	t.Parallel()
	l := newLimited(t, limits.Limits{Running: 1}, wavespeedtest.Limits{Concurrent: 1}, 100*time.Millisecond)
	l.worker(t)
	request := still("a lighthouse")
	request.Account = l.account
	last := temporal.Priority{PriorityKey: 5, FairnessKey: "tenant-a", FairnessWeight: 7}
	run, err := l.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: l.TaskQueue, Priority: last}, generation.WorkflowName, request)
	require.NoError(t, err)
	require.NoError(t, run.Get(t.Context(), nil))
	described, err := l.Client.DescribeWorkflow(t.Context(), wire.KeeperID(l.account), "")
	require.NoError(t, err)
	info := described.RawResponse.GetWorkflowExecutionInfo()
	require.EqualValues(t, 1, info.GetPriority().GetPriorityKey())
	require.Equal(t, wire.KeeperName, info.GetPriority().GetFairnessKey())
	require.True(t, info.GetVersioningInfo().GetVersioningOverride().GetAutoUpgrade())
}
