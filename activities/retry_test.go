package activities_test

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/activities"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/usd"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// later has an activity see an attempt that started so long after it was scheduled.
type later struct {
	interceptor.WorkerInterceptorBase
	by      time.Duration
	attempt int32  // 0 is the first
	of      string // the workflow's type; "" for the environment's own
}

type laterInbound struct {
	interceptor.ActivityInboundInterceptorBase
	later *later
}

type laterOutbound struct {
	interceptor.ActivityOutboundInterceptorBase
	later *later
}

func (l *later) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	inbound := &laterInbound{later: l}
	inbound.Next = next
	return inbound
}

func (l *laterInbound) Init(next interceptor.ActivityOutboundInterceptor) error {
	outbound := &laterOutbound{later: l.later}
	outbound.Next = next
	return l.ActivityInboundInterceptorBase.Init(outbound)
}

func (l *laterOutbound) GetInfo(ctx context.Context) activity.Info {
	info := l.ActivityOutboundInterceptorBase.GetInfo(ctx)
	info.ScheduledTime = info.StartedTime.Add(-l.later.by)
	info.Attempt = max(l.later.attempt, 1)
	info.ScheduleToCloseTimeout = time.Hour
	if l.later.of != "" {
		info.WorkflowType = &workflow.Type{Name: l.later.of}
	}
	return info
}

// executeLater runs an attempt that starts so long after the activity was scheduled, of an
// hour at most.
func executeLater(t *testing.T, by time.Duration, options activities.Options, name string, in any) (converter.EncodedValue, error) {
	t.Helper()
	acts, err := activities.New(options)
	require.NoError(t, err)
	activities.SetClient(acts, &fakeTemporal{alive: true})
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment().SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&later{by: by}}})
	acts.Register(env)
	return env.ExecuteActivity(name, in)
}

// waits is when an activity is to be tried again.
func waits(t *testing.T, err error) time.Duration {
	t.Helper()
	var got *temporal.ApplicationError
	require.ErrorAs(t, err, &got)
	require.False(t, got.NonRetryable(), err)
	require.Positive(t, got.NextRetryDelay())
	return got.NextRetryDelay()
}

// limiting refuses everything, and asks to wait.
func limiting(wait time.Duration) *fake {
	limited := said(provider.Limited, "slow down")
	limited.RetryAfter = wait
	return &fake{
		submit: func(provider.SubmitRequest) (provider.Prediction, error) { return provider.Prediction{}, limited },
		result: func(string) (provider.Prediction, error) { return provider.Prediction{}, limited },
		list:   func(provider.ListOptions) (provider.Page, error) { return provider.Page{}, limited },
		price:  func() (provider.Price, error) { return provider.Price{}, limited },
		models: []provider.Model{{ID: "a/b"}},
	}
}

const forever = time.Duration(math.MaxInt64)

// TestReadsWaitTwoMinutesAtMost whatever the provider asks for: a wait beyond an activity's
// time would end it at once.
func TestReadsWaitTwoMinutesAtMost(t *testing.T) {
	t.Parallel()
	priced := submitInput(`{}`)
	budget := usd.Dollar
	priced.MaxPrice = &budget
	capped := film("a/b", nil)
	capped.Budget = &budget // which needs prices
	for name, in := range map[string]any{
		wire.AwaitName:    wire.AwaitInput{Key: "still", Account: generation.DefaultAccount, PredictionID: "p1", Within: time.Hour},
		wire.SubmitName:   priced, // which asks for the price first
		runwire.CheckName: capped,
	} {
		for _, asked := range []time.Duration{0, time.Second, 90 * time.Second, 2 * time.Minute, 24 * time.Hour, 10 * 365 * 24 * time.Hour, forever} {
			t.Run(name+" "+asked.String(), func(t *testing.T) {
				t.Parallel()
				_, err := execute(t, forProvider(limiting(asked)), name, in)
				got := waits(t, err)
				require.LessOrEqual(t, got, 2*time.Minute)
				require.GreaterOrEqual(t, got, min(asked, 90*time.Second))
			})
		}
	}
	withAddress := forProvider(accepting())
	withAddress.WebhookURL = func(context.Context, wire.Target) (string, error) {
		limited := said(provider.Limited, "")
		limited.RetryAfter = forever
		return "", limited
	}
	_, err := execute(t, withAddress, wire.SubmitName, submitInput(`{}`))
	require.LessOrEqual(t, waits(t, err), 2*time.Minute)
}

// TestNothingIsImpatientAtTheEnd: a read that failed often ends, so that the workflow shows why it
// waits and starts it again, unless no time would be left for that.
func TestNothingIsImpatientAtTheEnd(t *testing.T) {
	t.Parallel()
	question := question(settle)
	question.Within, question.Patience = time.Hour, 1
	for name, in := range map[string]any{
		wire.AwaitName: wire.AwaitInput{Key: "still", Account: generation.DefaultAccount, PredictionID: "p1", Within: time.Hour, Patience: 1},
		wire.FindName:  question,
	} {
		_, err := executeLater(t, 30*time.Minute, forProvider(limiting(time.Minute)), name, in)
		var failure *temporal.ApplicationError
		require.ErrorAs(t, err, &failure, name)
		require.True(t, failure.NonRetryable(), name)
		require.True(t, failure.HasDetails(), name)
		_, err = executeLater(t, time.Hour-90*time.Second, forProvider(limiting(time.Minute)), name, in)
		require.Positive(t, waits(t, err), name)
	}
	_, err := executeLater(t, time.Hour+time.Second, forProvider(limiting(time.Minute)), wire.FindName, question)
	require.LessOrEqual(t, waits(t, err), 10*time.Second, "a search looks a few times more")
}

// TestReadsGetCloserToTheEnd because Temporal ends an activity at once whose next attempt
// would come too late.
func TestReadsGetCloserToTheEnd(t *testing.T) {
	t.Parallel()
	in := wire.AwaitInput{Key: "still", Account: generation.DefaultAccount, PredictionID: "p1", Within: time.Hour}
	for left, most := range map[time.Duration]time.Duration{time.Minute: 30 * time.Second, 10 * time.Second: 5 * time.Second, time.Second: time.Second} {
		_, err := executeLater(t, time.Hour-left, forProvider(limiting(time.Minute)), wire.AwaitName, in)
		require.LessOrEqual(t, waits(t, err), most)
	}
}

func TestASubmitWaitsAsLongAsTheProviderAsks(t *testing.T) {
	t.Parallel()
	for _, asked := range []time.Duration{7 * time.Second, 10 * time.Minute, 29 * time.Minute, 30 * time.Minute} {
		p := limiting(asked)
		in := submitInput(`{}`)
		_, err := executeLater(t, 30*time.Minute, forProvider(p), wire.SubmitName, in) // of an hour
		got := waits(t, err)
		require.GreaterOrEqual(t, got, asked)
		require.LessOrEqual(t, got, min(asked+asked/4+time.Second, 30*time.Minute))
		require.LessOrEqual(t, got, asked+time.Minute)
	}
}

func TestASubmitThatIsToWaitBeyondItsDeadlineFailsNow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		asked, elapsed time.Duration
		names          []string
	}{
		{24 * time.Hour, 0, []string{"24h0m0s", "1h0m0s"}},
		{10 * 365 * 24 * time.Hour, 0, []string{"87600h0m0s"}},
		{forever, 0, []string{"2562047h47m16"}},
		{31 * time.Minute, 30 * time.Minute, []string{"31m0s", "30m0s"}},
	} {
		for _, leased := range []bool{false, true} {
			in := submitInput(`{}`)
			in.Leased = leased
			_, err := executeLater(t, c.elapsed, forProvider(limiting(c.asked)), wire.SubmitName, in)
			requireType(t, err, generation.ErrorTypeRateLimited, false)
			for _, name := range c.names {
				require.ErrorContains(t, err, name)
			}
			require.ErrorContains(t, err, "slow down")
			require.ErrorContains(t, err, "nothing was billed")
		}
	}
}

// TestASubmitEndsWithItsLastFailure when no time is left for another attempt.
func TestASubmitEndsWithItsLastFailure(t *testing.T) {
	t.Parallel()
	unreachable := &provider.Error{Op: "submit", Accepted: provider.NeverSent, Err: errors.New("connection refused")}
	down := &fake{submit: func(provider.SubmitRequest) (provider.Prediction, error) {
		return provider.Prediction{}, unreachable
	}}
	unpriced := submitInput(`{}`)
	budget := usd.Dollar
	unpriced.MaxPrice = &budget
	elsewhere := submitInput(`{}`)
	elsewhere.Account = "studio"
	for name, c := range map[string]struct {
		p    *fake
		in   wire.SubmitInput
		kind generation.ErrorType
		says string
	}{
		"unreachable": {down, submitInput(`{}`), generation.ErrorTypeUnavailable, "connection refused"},
		"limited":     {limiting(0), submitInput(`{}`), generation.ErrorTypeRateLimited, "slow down"},
		"no price":    {limiting(0), unpriced, generation.ErrorTypeRateLimited, "slow down"},
		"no key":      {down, elsewhere, generation.ErrorTypeUnavailable, `no API key for account "studio"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := executeLater(t, time.Hour-time.Minute, forProvider(c.p), wire.SubmitName, c.in)
			require.LessOrEqual(t, waits(t, err), 30*time.Second)
			_, err = executeLater(t, time.Hour-time.Second, forProvider(c.p), wire.SubmitName, c.in)
			requireType(t, err, c.kind, false)
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, `generation "still"`)
			require.ErrorContains(t, err, "nothing was billed")
		})
	}
}

// logs are what an activity logged.
type logs struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logs) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *logs) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), text)
}

func (l *logs) logger() log.Logger {
	return log.NewStructuredLogger(slog.New(slog.NewTextHandler(l, nil)))
}

// TestAWorkerWithoutTheKeyLeavesTheActivityToOthers: during a deploy another worker has it.
func TestAWorkerWithoutTheKeyLeavesTheActivityToOthers(t *testing.T) {
	t.Parallel()
	p := accepting()
	acts, err := activities.New(forProvider(p))
	require.NoError(t, err)
	var logged logs
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(logged.logger())
	env := suite.NewTestActivityEnvironment()
	acts.Register(env)
	submit := submitInput(`{}`)
	submit.Account = "studio"
	for name, in := range map[string]any{
		wire.SubmitName: submit,
		wire.FindName:   wire.FindInput{Account: "studio", Nonce: "n1"},
		wire.AwaitName:  wire.AwaitInput{Account: "studio", PredictionID: "p1", Within: time.Hour},
	} {
		for range 2 {
			_, err := env.ExecuteActivity(name, in)
			requireType(t, err, generation.ErrorTypeUnavailable, true)
			require.ErrorContains(t, err, `this worker has no API key for account "studio"; another worker may have it`, name)
		}
	}
	require.Empty(t, p.submits)
	require.Equal(t, 1, logged.count("level=WARN"), "once per account")
	require.Equal(t, 1, logged.count("account=studio"))
}

// TestACheckWithoutTheKeyReportsItSoon but first gives a worker that has it the chance.
func TestACheckWithoutTheKeyReportsItSoon(t *testing.T) {
	t.Parallel()
	run := film("a/b", nil)
	run.Pipeline.Account = "studio"
	_, err := execute(t, forProvider(shop()), runwire.CheckName, run)
	requireType(t, err, generation.ErrorTypeUnavailable, true)
	require.ErrorContains(t, err, `account "studio"`)
	require.LessOrEqual(t, waits(t, err), 10*time.Second)

	value, err := executeLater(t, 30*time.Second, forProvider(shop()), runwire.CheckName, run)
	require.NoError(t, err)
	var report runwire.Report
	require.NoError(t, value.Get(&report))
	require.Contains(t, report.Problems.Error(), `account "studio"`)
}

// TestRefusalsOfALeasedSubmit are for its workflow, until there were several: then Temporal tries
// again.
func TestRefusalsOfALeasedSubmit(t *testing.T) {
	t.Parallel()
	in := submitInput(`{}`)
	in.Leased = true
	_, err := execute(t, forProvider(limiting(0)), wire.SubmitName, in)
	requireType(t, err, generation.ErrorTypeRateLimited, false)
	in.Insists = true
	_, err = execute(t, forProvider(limiting(0)), wire.SubmitName, in)
	requireType(t, err, generation.ErrorTypeRateLimited, true)
}
