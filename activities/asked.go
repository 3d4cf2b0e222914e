package activities

import (
	"context"
	"sync"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// asked are workflow runs that were asked, with their answers. One search asks at a time,
// so that the next one knows the answers.
type asked struct {
	now  func() time.Time
	turn chan struct{}

	mu      sync.Mutex
	answers map[string]toldBy

	// The runs that were listed last, and since when they ran. Only the search that has the turn uses them.
	runs   []*workflowpb.WorkflowExecutionInfo
	since  time.Time
	listed time.Time
}

// listedFor is for how long a list of runs serves all searches of an account, which would
// keep Temporal busy otherwise.
const listedFor = 10 * time.Second

// ran are the runs since a time, and when they were listed.
func (a *asked) ran(since time.Time, list func(time.Time) ([]*workflowpb.WorkflowExecutionInfo, error)) ([]*workflowpb.WorkflowExecutionInfo, time.Time, error) {
	if now := a.now(); a.listed.IsZero() || now.Sub(a.listed) >= listedFor || a.since.After(since) {
		runs, err := list(since)
		if err != nil {
			return nil, time.Time{}, err
		}
		a.runs, a.since, a.listed = runs, since, now
	}
	return a.runs, a.listed, nil
}

// toldBy is what a run answered, without its predictions: memory has them.
type toldBy struct {
	known  wire.KnownPredictions
	when   time.Time // it was asked
	final  bool      // the run had ended
	silent bool      // it did not answer
}

func newAsked(now func() time.Time) asked {
	return asked{now: now, turn: make(chan struct{}, 1), answers: make(map[string]toldBy)}
}

// begin waits for the turn, and tells whether it came.
func (a *asked) begin(ctx context.Context) bool {
	select {
	case a.turn <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (a *asked) end() { <-a.turn }

// answer is the one that a run gave since a time.
func (a *asked) answer(runID string, since time.Time) (told toldBy, fresh bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	told, ok := a.answers[runID]
	return told, ok && !told.silent && (told.final || !told.when.Before(since))
}

func (a *asked) isFinal(run *workflowpb.WorkflowExecutionInfo) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.answers[run.GetExecution().GetRunId()].final
}

// isSilent tells whether a run did not answer when it was last asked.
func (a *asked) isSilent(runID string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.answers[runID].silent
}

// when is when a run was last asked, whether or not it answered; zero if it was not.
func (a *asked) when(run *workflowpb.WorkflowExecutionInfo) time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.answers[run.GetExecution().GetRunId()].when
}

func (a *asked) keep(runID string, t toldBy) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.answers) >= maxAskedRuns {
		a.answers = make(map[string]toldBy)
	}
	a.answers[runID] = t
}
