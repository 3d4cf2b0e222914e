// Package chaos runs generations while it kills, stops and disconnects everything that they
// depend on, and then compares results with the ledger. Connections go through toxiproxy, which
// is why this is a separate module.
//
//	make chaos N=10000
package chaos

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/figures"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

var (
	number  = flag.Int("n", 150, "generations of the campaign")
	seed    = flag.Uint64("seed", 1, "what happens when")
	running = flag.Int("running", 0, "how many predictions the account may run at once; 0 is no limit")
	write   = flag.String("write", "", `a document in which to update the part "chaos", if there is no limit`)
)

func TestMain(m *testing.M) {
	flag.Parse()
	zerolog.SetGlobalLevel(zerolog.Disabled) // toxiproxy's own, of each connection
	code := m.Run()
	stack.Cleanup()
	os.Exit(code)
}

const inFlight = 300

// small tells whether this is the campaign that each run of the tests has.
func small() bool { return *number < 1000 }

func TestCampaign(t *testing.T) {
	cut := 95 * time.Second
	if small() {
		cut = 12 * time.Second // which is longer than a submit may take, too
	}
	s := start(t, wavespeedtest.Options{Behavior: behavior(*seed), Duration: 500 * time.Millisecond, Faults: faults(small()), Seed: *seed}, *running)
	began := time.Now()
	trouble := s.newTrouble(cut)
	scenes, frames := *number, *number*2/5
	scenes -= frames
	shot := s.startFilms(trouble, filmsFor(frames))
	trouble.start(*seed)
	least := time.After(cut + 8*time.Second) // for each trouble to happen
	outcomes := s.runAll(scenes, request, func() { <-least; trouble.end() })
	outcomes = append(outcomes, <-shot...)
	r := judge(s, outcomes)
	r.took = time.Since(began)
	if *running > 0 {
		r.slots = s.slots()
	}
	table := r.table(trouble.counts())
	t.Log("\n" + table)
	if *write != "" && *running == 0 {
		require.NoError(t, figures.Write(*write, "chaos", table))
	}
	require.Zero(t, r.lost, "lost")
	require.Zero(t, r.stuck, "stuck")
	require.Zero(t, r.paidTwice, "paid twice")
	require.Zero(t, r.wrong, "wrong output")
	require.Zero(t, r.forged, "forged accepted")
	require.Zero(t, r.undecidedDespite, "undecided though a webhook was delivered or the seed was listed")
	for _, fault := range mix {
		require.Positive(t, r.faults[fault.Kind], "%s never happened", fault.Kind)
	}
	for _, what := range troubles {
		require.Positive(t, trouble.counts()[what], "%s never happened", what)
	}
	if *running > 0 {
		require.LessOrEqual(t, r.slots.most, *running+r.slots.without, "running at once")
		s.checkSlots()
	}
}

// startFilms has pipelines made, a few at a time, and gives what became of their frames.
// The first one is at the provider before it returns.
func (s *system) startFilms(tr *trouble, frames []int) <-chan []outcome {
	done := make(chan []outcome, 1)
	first := tr.shoot(0, frames[0])
	run, err := first.begin(context.Background(), "")
	require.NoError(s.t, err)
	first.awaitSubmitted()
	go func() {
		all := make([][]outcome, len(frames))
		var group sync.WaitGroup
		slots := make(chan struct{}, filmsAtOnce)
		for i, n := range frames {
			slots <- struct{}{}
			group.Go(func() {
				defer func() { <-slots }()
				ctx, cancel := context.WithTimeout(context.Background(), filmPatience)
				defer cancel()
				if i == 0 {
					all[i] = first.outcomes(first.finish(ctx, run, 0))
					return
				}
				film := tr.shoot(i, n)
				run, err := film.begin(ctx, "")
				if err != nil {
					all[i] = film.outcomes(pipeline.Result{}, errStuck)
					return
				}
				all[i] = film.outcomes(film.finish(ctx, run, film.waits(*seed)...))
			})
		}
		group.Wait()
		done <- slices.Concat(all...)
	}()
	return done
}

// listing shows inputs.
var listing = wavespeedtest.Behavior{ListInputs: true}

// TestHundredAcceptedThenReset: the provider accepts, and the answer never comes.
func TestHundredAcceptedThenReset(t *testing.T) {
	s := start(t, wavespeedtest.Options{Behavior: listing, Duration: time.Second, Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.AcceptedReset, Times: 100}}}, 0)
	r := judge(s, s.runAll(100, plainRequest, func() {}))
	require.Equal(t, 100, r.completed)
	require.Zero(t, r.wrong)
	require.Len(t, s.simulator.Ledger(), 100)
	require.Equal(t, 100, r.faults[wavespeedtest.AcceptedReset])
}

// TestHundredKilledAfterAcceptance: the provider has accepted, and every worker dies
// before it knows.
func TestHundredKilledAfterAcceptance(t *testing.T) {
	s := start(t, wavespeedtest.Options{Behavior: listing, Duration: time.Second, Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.AcceptedStall, Delay: time.Hour, Times: 100}}}, 0)
	done := make(chan []outcome)
	go func() { done <- s.runAll(100, plainRequest, func() {}) }()
	stack.Eventually(t, "not all are accepted", func() bool { return len(s.simulator.Ledger()) == 100 })
	for _, worker := range s.workers {
		worker.Kill()
	}
	for _, worker := range s.workers {
		worker.Start()
	}
	r := judge(s, <-done)
	require.Equal(t, 100, r.completed)
	require.Zero(t, r.wrong)
	require.Len(t, s.simulator.Ledger(), 100)
}

// runAll runs generations 0 to n-1, some hundred at a time, each to its end. Started is called
// when the last one is under way.
func (s *system) runAll(n int, request func(int) generation.Request, begun func()) []outcome {
	outcomes := make([]outcome, n)
	var next, done atomic.Int64
	var group sync.WaitGroup
	for range min(n, inFlight) {
		group.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i == n {
					begun()
				}
				if i >= n {
					return
				}
				outcomes[i] = s.run(i, request(i))
				if d := done.Add(1); d%1000 == 0 {
					s.t.Logf("%d of %d", d, n)
				}
			}
		})
	}
	group.Wait()
	return outcomes
}

// patience is how long one generation may take before it counts as stuck, and a film. A
// generation ends at its deadline, after eight minutes, and a search two minutes later; the worker
// that is to end it may be killed, suspended or cut off just then, some times in a row.
const (
	patience     = 17 * time.Minute
	filmPatience = 25 * time.Minute
	filmsAtOnce  = 25
)

// run starts a generation and waits for it, with the same workflow id as often as
// it takes: a start whose answer was lost must not become two.
func (s *system) run(i int, request generation.Request) outcome {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	o := outcome{name: nameOf(i), workflow: workflowID(i), drawn: drawsSeed(request)}
	for ctx.Err() == nil {
		run, err := s.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
			ID: workflowID(i), TaskQueue: taskQueue,
			WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
			WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		}, generation.WorkflowName, request)
		if temporal.IsWorkflowExecutionAlreadyStartedError(err) {
			run, err = s.client.GetWorkflow(ctx, workflowID(i), ""), nil
		}
		var result generation.Result
		if err == nil {
			err = run.Get(ctx, &result)
		}
		if err == nil || isEnd(err) {
			o.url, o.predictionID, o.err = result.URL(0), result.PredictionID, err
			return o
		}
		_ = pause(ctx)
	}
	o.err = errStuck
	return o
}

// isEnd tells the workflow's own end from a call that failed.
func isEnd(err error) bool {
	var end *temporal.WorkflowExecutionError
	return errors.As(err, &end)
}

func workflowID(i int) string { return fmt.Sprintf("chaos-%d", i) }
