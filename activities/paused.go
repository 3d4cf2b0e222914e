package activities

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

const (
	// pausedFor is how long this process believes what Temporal said about a run.
	pausedFor = time.Second

	// pausedTimeout limits the question.
	pausedTimeout = 3 * time.Second

	// maxPauses is how many runs are remembered.
	maxPauses = 10_000

	// prompt is how soon a worker takes a submit, unless it had to wait for a worker.
	prompt = 500 * time.Millisecond

	// leaseArrives is how soon a run learns that its account is paused.
	leaseArrives = time.Second
)

// checkPaused rejects a submit of a paused run or account. The workflow starts submits only while
// they are not paused, but those may wait for a worker, or for another attempt. Their activities
// can't be canceled instead: a canceled one does not tell how its last attempt ended, so it may
// have been accepted.
func (a *Activities) checkPaused(ctx context.Context, info activity.Info, in wire.SubmitInput) error {
	if info.Attempt == 1 && info.StartedTime.Sub(info.ScheduledTime) < prompt {
		return nil
	}
	if pausable(info) && a.pauses.paused(ctx, a.client(ctx), info.WorkflowExecution) {
		return notSent(in, "the run is paused", 0)
	}
	if in.Leased && a.pauses.paused(ctx, a.client(ctx), workflow.Execution{ID: wire.KeeperID(in.Account)}) {
		return notSent(in, "account "+in.Account+" is paused", leaseArrives)
	}
	return nil
}

// notSent has the workflow wait, not Temporal.
func notSent(in wire.SubmitInput, why string, wait time.Duration) error {
	return temporal.NewApplicationErrorWithOptions(fmt.Sprintf("generation %q: submit of %s was not sent: %s", in.Key, in.Model, why),
		string(generation.ErrorTypeUnavailable), temporal.ApplicationErrorOptions{
			NonRetryable: true, Category: temporal.ApplicationErrorCategoryBenign, Details: []any{wire.Waiting{After: wait}},
		})
}

// pausable reports whether the workflow can be paused.
func pausable(info activity.Info) bool {
	return info.WorkflowType != nil && (info.WorkflowType.Name == pipeline.WorkflowName || info.WorkflowType.Name == runwire.ItemsName)
}

// pauses is what Temporal said about which runs are paused.
type pauses struct {
	mu   sync.Mutex
	runs map[string]*pause // by workflow and run
}

type pause struct {
	turn   chan struct{} // held while Temporal is asked, so that one question serves many
	paused bool
	asked  time.Time
}

// paused reports whether a run is paused. If Temporal does not answer, it is not.
func (p *pauses) paused(ctx context.Context, c client.Client, run workflow.Execution) bool {
	of := p.of(run.ID + "/" + run.RunID)
	select {
	case of.turn <- struct{}{}:
		defer func() { <-of.turn }()
	case <-ctx.Done():
		return false
	}
	if time.Since(of.asked) < pausedFor {
		return of.paused
	}
	ctx, cancel := context.WithTimeout(ctx, pausedTimeout)
	defer cancel()
	described, err := c.DescribeWorkflow(ctx, run.ID, run.RunID)
	if err != nil {
		activity.GetLogger(ctx).Debug("whether the run is paused is not known", "error", err)
		return false
	}
	memo := described.RawResponse.GetWorkflowExecutionInfo().GetMemo().GetFields()
	of.paused, of.asked = wire.IsPaused(maps.Keys(memo)), time.Now()
	return of.paused
}

func (p *pauses) of(run string) *pause {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.runs) >= maxPauses {
		p.runs = nil
	}
	if p.runs == nil {
		p.runs = make(map[string]*pause)
	}
	if p.runs[run] == nil {
		p.runs[run] = &pause{turn: make(chan struct{}, 1)}
	}
	return p.runs[run]
}
