// Package chaos runs generations while it kills, stops and cuts everything that they
// depend on, and then holds results and ledger against each other. The connections go
// through toxiproxy, which is why this is a module of its own.
//
//	make chaos N=10000
package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
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
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/figures"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

var (
	number = flag.Int("n", 150, "generations of the campaign")
	seed   = flag.Uint64("seed", 1, "what happens when")
	write  = flag.String("write", "", "a document whose part «chaos» to write anew")
)

func TestMain(m *testing.M) {
	flag.Parse()
	zerolog.SetGlobalLevel(zerolog.Disabled) // toxiproxy's own, of each connection
	code := m.Run()
	stack.Cleanup()
	os.Exit(code)
}

// mix are the provider's faults, as likely as the Internet makes them and more.
var mix = []wavespeedtest.Fault{
	{Kind: wavespeedtest.SubmitError, Status: 503, Probability: 0.025},
	{Kind: wavespeedtest.AcceptedError, Probability: 0.025},
	{Kind: wavespeedtest.AcceptedReset, Probability: 0.02},
	{Kind: wavespeedtest.SubmitLimited, Delay: time.Second, Probability: 0.01},
	{Kind: wavespeedtest.WebhookDuplicated, Probability: 0.10},
	{Kind: wavespeedtest.WebhookLost, Probability: 0.05},
	{Kind: wavespeedtest.WebhookEarly, Probability: 0.05},
	{Kind: wavespeedtest.WebhookLate, Delay: 8 * time.Second, Probability: 0.05},
	{Kind: wavespeedtest.WebhookForged, Probability: 0.01},
	{Kind: wavespeedtest.WebhookMisdirected, Probability: 0.01},
	{Kind: wavespeedtest.ListLag, Delay: 2 * time.Second, Probability: 0.10},
	{Kind: wavespeedtest.ListError, Probability: 0.03},
	{Kind: wavespeedtest.ResultError, Probability: 0.03},
}

// forced are the rare ones once, so that a small campaign has them too.
func forced() []wavespeedtest.Fault {
	var faults []wavespeedtest.Fault
	for i, fault := range mix {
		fault.Probability, fault.Nth, fault.Times = 0, 10+3*i, 1
		if fault.Kind == wavespeedtest.ListError || fault.Kind == wavespeedtest.ResultError {
			fault.Nth = 1
		}
		faults = append(faults, fault)
	}
	return faults
}

const inFlight = 300

// request asks for generation i, whose prompt is nobody else's.
func request(i int) generation.Request {
	return generation.Request{
		Model:   "wavespeed-ai/flux-dev",
		Input:   map[string]any{"prompt": promptOf(i)},
		Timeout: 30 * time.Minute,
		Timing: generation.Timing{
			Submit: 6 * time.Second,
			Settle: 8 * time.Second,
			Grace:  6 * time.Second,
			Poll:   time.Second,
		},
	}
}

func promptIn(input json.RawMessage) string {
	var fields struct {
		Prompt string `json:"prompt"`
	}
	_ = json.Unmarshal(input, &fields)
	return fields.Prompt
}

func promptOf(i int) string { return fmt.Sprintf("scene %d.", i) }

// outcome is what became of one generation.
type outcome struct {
	result generation.Result
	err    error
}

func TestCampaign(t *testing.T) {
	s := start(t, wavespeedtest.Options{Duration: 500 * time.Millisecond, Faults: append(mix, forced()...), Seed: *seed})
	began := time.Now()
	trouble := s.startTrouble(*seed)
	outcomes := s.runAll(*number, request)
	trouble.end()
	r := judge(s, outcomes)
	r.took = time.Since(began)
	table := r.table(trouble.counts())
	t.Log("\n" + table)
	if *write != "" {
		require.NoError(t, figures.Write(*write, "chaos", table))
	}
	require.Zero(t, r.lost, "lost")
	require.Zero(t, r.stuck, "stuck")
	require.Zero(t, r.paidTwice, "paid twice")
	require.Zero(t, r.wrong, "wrong output")
	require.Zero(t, r.forged, "forged accepted")
	for _, fault := range mix {
		require.Positive(t, r.faults[fault.Kind], "%s never happened", fault.Kind)
	}
	for what, n := range trouble.counts() {
		require.Positive(t, n, "%s never happened", what)
	}
}

// TestHundredAcceptedThenReset: the provider accepts, and the answer never comes.
func TestHundredAcceptedThenReset(t *testing.T) {
	s := start(t, wavespeedtest.Options{Duration: time.Second, Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.AcceptedReset, Times: 100}}})
	r := judge(s, s.runAll(100, request))
	require.Equal(t, 100, r.completed)
	require.Zero(t, r.wrong)
	require.Len(t, s.simulator.Ledger(), 100)
	require.Equal(t, 100, r.faults[wavespeedtest.AcceptedReset])
}

// TestHundredKilledAfterAcceptance: the provider has accepted, and every worker dies
// before it knows.
func TestHundredKilledAfterAcceptance(t *testing.T) {
	s := start(t, wavespeedtest.Options{Duration: time.Second, Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.AcceptedStall, Delay: time.Hour, Times: 100}}})
	done := make(chan []outcome)
	go func() { done <- s.runAll(100, request) }()
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

// runAll runs generations 0 to n-1, some hundred at a time, each to its end.
func (s *system) runAll(n int, request func(int) generation.Request) []outcome {
	outcomes := make([]outcome, n)
	var next, done atomic.Int64
	var group sync.WaitGroup
	for range min(n, inFlight) {
		group.Go(func() {
			for {
				i := int(next.Add(1)) - 1
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

// patience is how long one generation may take before it counts as stuck.
const patience = 10 * time.Minute

// run starts a generation and waits for it, with the same workflow id as often as
// it takes: a start whose answer was lost must not become two.
func (s *system) run(i int, request generation.Request) outcome {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var o outcome
	for ctx.Err() == nil {
		run, err := s.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
			ID: workflowID(i), TaskQueue: taskQueue,
			WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
			WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		}, generation.WorkflowName, request)
		if temporal.IsWorkflowExecutionAlreadyStartedError(err) {
			run, err = s.client.GetWorkflow(ctx, workflowID(i), ""), nil
		}
		if err == nil {
			err = run.Get(ctx, &o.result)
		}
		if o.err = err; err == nil || isEnd(err) {
			return o
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
	return outcome{err: errStuck}
}

var errStuck = errors.New("stuck")

// isEnd tells the workflow's own end from a call that failed.
func isEnd(err error) bool {
	var end *temporal.WorkflowExecutionError
	return errors.As(err, &end)
}

func workflowID(i int) string { return fmt.Sprintf("chaos-%d", i) }

// report is what came of all generations.
type report struct {
	total, completed, lost, stuck, paidTwice, wrong, forged int
	failed                                                  map[string]int
	ledger                                                  int
	faults                                                  map[wavespeedtest.Kind]int
	took                                                    time.Duration
}

// judge holds results against the ledger.
func judge(s *system, outcomes []outcome) report {
	ledger := s.simulator.Ledger()
	r := report{total: len(outcomes), failed: map[string]int{}, ledger: len(ledger), faults: s.simulator.Counts().Faults}
	promptOfPrediction := map[string]string{}
	paid := map[string]int{}
	for _, entry := range ledger {
		prompt := promptIn(entry.Input)
		promptOfPrediction[entry.PredictionID] = prompt
		paid[prompt]++
	}
	for i, o := range outcomes {
		r.paidTwice += max(paid[promptOf(i)]-1, 0)
		var failure *temporal.ApplicationError
		switch {
		case errors.Is(o.err, errStuck):
			r.stuck++
		case o.err == nil:
			r.completed++
			if strings.Contains(o.result.URL(0), "forged") {
				r.forged++
			}
			if promptOfPrediction[o.result.PredictionID] != promptOf(i) || !strings.Contains(o.result.URL(0), o.result.PredictionID) {
				r.wrong++
			}
		case errors.As(o.err, &failure) && strings.HasPrefix(failure.Type(), "wavespeed."):
			r.failed[failure.Type()]++
		default:
			s.t.Logf("generation %d: %v", i, o.err)
			r.lost++
		}
	}
	return r
}

func (r report) table(trouble map[string]int) string {
	var text strings.Builder
	row := func(name string, value any) { fmt.Fprintf(&text, "| %s | %v |\n", name, value) }
	text.WriteString("| | |\n| --- | --- |\n")
	row("generations", r.total)
	row("completed", r.completed)
	for kind, n := range r.failed {
		row("failed with "+kind, n)
	}
	row("accepted and billed, by the ledger", r.ledger)
	row("**lost**", r.lost)
	row("**stuck**", r.stuck)
	row("**paid twice**", r.paidTwice)
	row("**wrong output**", r.wrong)
	row("**forged accepted**", r.forged)
	row("time", fmt.Sprintf("%.0f s, %.1f a second", r.took.Seconds(), float64(r.total)/r.took.Seconds()))
	text.WriteString("\n| what happened | how often |\n| --- | --- |\n")
	for _, fault := range mix {
		row(string(fault.Kind), r.faults[fault.Kind])
	}
	for _, what := range troubles {
		row(what, trouble[what])
	}
	return text.String()
}
