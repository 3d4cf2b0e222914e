package workflows_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/kernel"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

// purse is a provider that accepts as many submits as there is credit for, at $1 each.
type purse struct {
	*provider
	credit  int
	refused []time.Time
}

func newPurse(t *testing.T, credit int) (*purse, *testsuite.TestWorkflowEnvironment) {
	t.Helper()
	p := &purse{provider: accepts(), credit: credit}
	env := newEnv(t, p.provider)
	p.provider.submit = func(call int, in wire.SubmitInput) (wire.Submitted, error) {
		if p.credit == 0 {
			p.refused = append(p.refused, env.Now())
			return wire.Submitted{}, temporal.NewNonRetryableApplicationError(fmt.Sprintf("generation %q: submit was refused: insufficient credits", in.Key), string(generation.ErrorTypeInsufficientCredits), nil)
		}
		p.credit--
		return wire.Submitted{PredictionID: fmt.Sprintf("%032x", call)}, nil
	}
	p.await = func(_ int, in wire.AwaitInput) (wire.Outcome, error) {
		outcome := completed("https://cdn.test/1.png")
		outcome.PredictionID = in.PredictionID
		return outcome, nil
	}
	return p, env
}

func (p *purse) topUp(env *testsuite.TestWorkflowEnvironment, after time.Duration, credit int) {
	env.RegisterDelayedCallback(func() { p.credit += credit }, after)
}

func patient() generation.Request {
	r := request()
	r.OnInsufficientCredits = generation.WaitForCredits
	return r
}

// TestCredits: by default a generation fails without credit. It can wait for a top-up, and says
// so; its checks get rarer.
func TestCredits(t *testing.T) {
	t.Parallel()
	p, env := newPurse(t, 0)
	env.ExecuteWorkflow(generation.WorkflowName, request())
	err, status := failure(t, env)
	require.Equal(t, generation.ErrorTypeInsufficientCredits, generation.ErrorTypeOf(err))
	require.Equal(t, generation.StateAbsent, status.Attempts[0].State)
	require.Len(t, p.submits, 1)

	p, env = newPurse(t, 0)
	p.topUp(env, 4*time.Hour, 1)
	env.RegisterDelayedCallback(func() { status = queried(t, env)[0] }, 3*time.Hour)
	began := env.Now()
	env.ExecuteWorkflow(generation.WorkflowName, patient())
	got := result(t, env)
	require.Equal(t, generation.StateUnpaid, status.State)
	require.Contains(t, status.Attempts[0].Reason, "waits for a top-up: submit was refused: insufficient credits (at ")
	require.Empty(t, status.Attempts[0].Nonce, "nobody needs to search for it")
	require.Len(t, got.Attempts, 1)
	require.Equal(t, generation.StateCompleted, got.Attempts[0].State)
	var waits []time.Duration
	for _, at := range p.refused {
		waits = append(waits, at.Sub(began).Round(time.Minute))
	}
	require.Equal(t, []time.Duration{0, 5 * time.Minute, 15 * time.Minute, 35 * time.Minute, 65 * time.Minute, 95 * time.Minute, 125 * time.Minute, 155 * time.Minute, 185 * time.Minute, 215 * time.Minute}, waits)
	nonces := make(map[string]bool)
	for _, in := range p.submits {
		nonces[in.Nonce] = true
	}
	require.Len(t, nonces, len(p.submits))
}

// TestNoTopUp: the generation fails at its deadline, after a last check.
func TestNoTopUp(t *testing.T) {
	t.Parallel()
	p, env := newPurse(t, 0)
	began := env.Now()
	r := patient()
	r.Timeout = 40 * time.Minute
	env.ExecuteWorkflow(generation.WorkflowName, r)
	err, status := failure(t, env)
	require.Equal(t, generation.ErrorTypeInsufficientCredits, generation.ErrorTypeOf(err))
	require.Equal(t, generation.StateAbsent, status.Attempts[0].State)
	require.InDelta(t, 40*time.Minute, env.Now().Sub(began), float64(15*time.Second))
	require.Len(t, p.submits, 5)
	require.InDelta(t, 40*time.Minute, p.refused[4].Sub(began), float64(15*time.Second))
}

// all makes so many pictures at once, each with its own timeout.
func (p *purse) all(env *testsuite.TestWorkflowEnvironment, n int, timeout func(i int) time.Duration) (failures map[generation.ErrorType]int) {
	failures = make(map[generation.ErrorType]int)
	play(env, func(ctx workflow.Context) error {
		onSignal(ctx, "pause", kernel.BoardOf(ctx).Pause)
		onSignal(ctx, "resume", kernel.BoardOf(ctx).Resume)
		_, err := workflows.ForEach(ctx, make([]int, n), workflows.ForEachOptions{MaxParallel: n, Tolerate: n}, func(ctx workflow.Context, i, _ int) (generation.Result, error) {
			r := patient()
			r.Key, r.Timeout = fmt.Sprint(i), timeout(i)
			result, err := workflows.Generate(ctx, r)
			if err != nil {
				failures[typeOf(err)]++
			}
			return result, err
		})
		return err
	})
	return failures
}

func sixHours(int) time.Duration { return 6 * time.Hour }

// TestOneChecksForAll: of many that wait, one at a time is submitted to find out. After a
// top-up all continue, as far as it lasts.
func TestOneChecksForAll(t *testing.T) {
	t.Parallel()
	p, env := newPurse(t, 5)
	p.topUp(env, 2*time.Hour, 8)
	p.topUp(env, 4*time.Hour, 100)
	during := make(map[generation.State]int)
	env.RegisterDelayedCallback(func() {
		for _, status := range queried(t, env) {
			during[status.State]++
		}
	}, 3*time.Hour)
	require.Empty(t, p.all(env, 20, sixHours))
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, map[generation.State]int{generation.StateCompleted: 13, generation.StateUnpaid: 7}, during)
	// 15 at first, 6 in the first two hours, 7 after the first top-up, and some until the second.
	require.Less(t, len(p.refused), 40)
	require.Equal(t, 20+len(p.refused), len(p.submits))
}

// TestResumeChecksNow, and so does a pause that ends. Time paused does not count.
func TestResumeChecksNow(t *testing.T) {
	t.Parallel()
	p, env := newPurse(t, 0)
	p.topUp(env, 100*time.Minute, 3)
	submits := 0
	signals(env, map[time.Duration]string{
		101 * time.Minute: "resume", 110 * time.Minute: "pause", 100 * time.Hour: "resume",
	})
	env.RegisterDelayedCallback(func() { require.Equal(t, 0, p.credit) }, 102*time.Minute)
	env.RegisterDelayedCallback(func() { submits = len(p.submits) }, 111*time.Minute)
	env.RegisterDelayedCallback(func() {
		require.Len(t, p.submits, submits, "paused")
		p.credit = 10
	}, 99*time.Hour)
	require.Empty(t, p.all(env, 10, sixHours))
	require.NoError(t, env.GetWorkflowError())
	require.Len(t, p.submits, submits+7)
}

// TestDeadlinesOfThoseThatWait are their own, though one timer serves all.
func TestDeadlinesOfThoseThatWait(t *testing.T) {
	t.Parallel()
	p, env := newPurse(t, 0)
	p.topUp(env, 100*time.Minute, 10)
	left := make(map[time.Duration]int)
	for _, at := range []time.Duration{41 * time.Minute, 62 * time.Minute, 83 * time.Minute} {
		env.RegisterDelayedCallback(func() {
			for _, status := range queried(t, env) {
				if status.State == generation.StateUnpaid {
					left[at]++
				}
			}
		}, at)
	}
	failures := p.all(env, 5, func(i int) time.Duration { return time.Duration(5-i) * 20 * time.Minute }) // 100, 80, 60, 40, 20
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, map[generation.ErrorType]int{generation.ErrorTypeInsufficientCredits: 5}, failures)
	require.Equal(t, map[time.Duration]int{41 * time.Minute: 3, 62 * time.Minute: 2, 83 * time.Minute: 1}, left)
}

// TestOnlyARefusalWaits: a submit that may have been accepted is searched for.
func TestOnlyARefusalWaits(t *testing.T) {
	t.Parallel()
	p, env := newPurse(t, 0)
	refuse := p.provider.submit
	p.provider.submit = func(call int, in wire.SubmitInput) (wire.Submitted, error) {
		if call == 2 {
			return wire.Submitted{}, temporal.NewNonRetryableApplicationError("lost", string(generation.ErrorTypeSubmitUnknown), nil, wire.Lost{Over: true})
		}
		return refuse(call, in)
	}
	p.find = func(int, wire.FindInput) (wire.Found, error) {
		return wire.Found{Conclusion: wire.ConclusionFound, PredictionID: predictionID}, nil
	}
	env.ExecuteWorkflow(generation.WorkflowName, patient())
	require.Equal(t, predictionID, result(t, env).PredictionID)
	require.Len(t, p.submits, 2)
	require.Equal(t, p.submits[1].Nonce, p.finds[0].Nonce)
}

func TestCancelWhileUnpaid(t *testing.T) {
	t.Parallel()
	p, env := newPurse(t, 0)
	env.RegisterDelayedCallback(env.CancelWorkflow, time.Hour)
	env.ExecuteWorkflow(generation.WorkflowName, patient())
	var canceled *temporal.CanceledError
	require.ErrorAs(t, env.GetWorkflowError(), &canceled)
	var status generation.Status
	require.NoError(t, canceled.Details(&status))
	require.Contains(t, status.Attempts[0].Reason, "before anything was submitted")
	require.Empty(t, status.Attempts[0].Nonce)
	require.Len(t, p.submits, 4)
}

// TestBudgetWhileUnpaid: what waits for a top-up takes nothing of the budget.
func TestBudgetWhileUnpaid(t *testing.T) {
	t.Parallel()
	s, env := newTill(t, map[string]generation.USD{"a/b": dollars(1)})
	accept := s.provider.submit
	s.provider.submit = func(call int, in wire.SubmitInput) (wire.Submitted, error) {
		if in.Account == "poor" && *in.MaxPrice >= dollars(1) {
			return wire.Submitted{}, temporal.NewNonRetryableApplicationError("no credit", string(generation.ErrorTypeInsufficientCredits), nil)
		}
		return accept(call, in)
	}
	budget := &workflows.Budget{Limit: dollars(1)}
	types := make(map[string]generation.ErrorType)
	play(env, func(ctx workflow.Context) error {
		ctx = workflows.WithBudget(ctx, budget)
		group := workflow.NewWaitGroup(ctx)
		for _, account := range []string{"poor", "rich"} {
			group.Go(ctx, func(ctx workflow.Context) {
				r := of("a/b", account)
				r.Account, r.Timeout, r.OnInsufficientCredits = account, time.Hour, generation.WaitForCredits
				_, err := workflows.Generate(ctx, r)
				types[account] = typeOf(err)
			})
		}
		group.Wait(ctx)
		return nil
	})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, map[string]generation.ErrorType{"poor": generation.ErrorTypeBudgetExceeded, "rich": ""}, types)
	require.Equal(t, dollars(1), budget.Spent())
}
