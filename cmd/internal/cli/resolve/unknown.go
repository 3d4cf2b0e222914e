package resolve

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/runs"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/screen"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/record"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// unknown is a submit whose response was lost, so that it is not known whether it was accepted.
type unknown struct {
	WorkflowID string             `json:"workflow_id"`
	RunID      string             `json:"run_id"`
	Key        string             `json:"key"`
	Model      string             `json:"model"`
	Account    string             `json:"account"`
	Attempt    generation.Attempt `json:"attempt"`

	// Open is set while a person can decide. Otherwise the generation has failed.
	Open bool `json:"open"`
}

// unknownIn returns the unknown submits of generations.
func unknownIn(workflowID, runID string, closed bool, statuses []generation.Status) (all []unknown) {
	for _, status := range statuses {
		n := len(status.Attempts)
		if n == 0 || status.Attempts[n-1].State != generation.StateUnknown || status.Attempts[n-1].PredictionID != "" {
			continue
		}
		all = append(all, unknown{
			WorkflowID: workflowID, RunID: runID, Key: status.Key, Model: status.Model, Account: status.Account,
			Attempt: *status.Attempts[n-1], Open: !closed && status.State == generation.StateUnknown,
		})
	}
	return all
}

func (u unknown) text(asked string, now time.Time) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s (%s, account %s): attempt %d, submitted at %s, %s ago%s\n", u.Key, u.Model, u.Account, u.Attempt.Number,
		u.Attempt.Started.Local().Format("2006-01-02 15:04:05"), now.Sub(u.Attempt.Started).Round(time.Second), screen.If(!u.Open, "; given up"))
	if u.Attempt.Reason != "" {
		fmt.Fprintf(&text, "  %s\n", u.Attempt.Reason)
	}
	fmt.Fprintf(&text, "  it may be prediction: %s\n", screen.Dash(strings.Join(u.Attempt.Candidates, ", ")))
	fmt.Fprintf(&text, "  webhooks to its address named: %s\n", screen.Dash(strings.Join(u.Attempt.Delivered, ", ")))
	if u.WorkflowID != asked {
		fmt.Fprintf(&text, "  in workflow: %s\n", u.WorkflowID)
	}
	return text.String()
}

// maxFamily is the maximum number of workflows to query; each costs a query.
const maxFamily = 200

// family is a workflow with the unknown submits in it and in its children, and with the
// generations of its children that wait for a slot of their account.
type family struct {
	info    *workflowpb.WorkflowExecutionInfo
	unknown []unknown
	waiting []generation.Status
	left    int // workflows that may still be queried
}

func (f family) id() string { return f.info.GetExecution().GetWorkflowId() }

func (f family) open() bool { return runs.IsRunning(f.info.GetStatus()) }

func (f family) kind() string { return f.info.GetType().GetName() }

// familyOf asks a workflow, and its children while it is open.
func familyOf(ctx context.Context, s *session.Session, id string) (family, error) {
	f := family{left: maxFamily}
	info, _, err := f.ask(ctx, s, id, "")
	f.info = info
	if err == nil && !f.open() && f.kind() == pipeline.WorkflowName {
		f.unknown, err = unknownInResults(ctx, s, f.info)
	}
	return f, err
}

// ask asks a workflow, then its children, and returns the workflow's own generations.
func (f *family) ask(ctx context.Context, s *session.Session, id, runID string) (*workflowpb.WorkflowExecutionInfo, []generation.Status, error) {
	if f.left--; f.left < 0 {
		return nil, nil, fmt.Errorf("it has more than %d descendants; name the workflow with the unknown submit", maxFamily)
	}
	described, err := runs.Describe(ctx, s, id, runID)
	if err != nil {
		return nil, nil, err
	}
	info := described.GetWorkflowExecutionInfo()
	statuses, err := runs.Generations(ctx, s, info)
	if err != nil {
		return info, nil, err
	}
	f.unknown = append(f.unknown, unknownIn(id, info.GetExecution().GetRunId(), !runs.IsRunning(info.GetStatus()), statuses)...)
	for _, child := range described.GetPendingChildren() {
		if child.GetWorkflowTypeName() == wire.KeeperName { // which a run only starts
			continue
		}
		_, below, err := f.ask(ctx, s, child.GetWorkflowId(), child.GetRunId())
		var notFound *serviceerror.NotFound
		if err != nil && !errors.As(err, &notFound) { // it has ended in the meantime, or not started
			return info, nil, err
		}
		for _, status := range below {
			if record.WaitsForSlot(status) {
				f.waiting = append(f.waiting, status)
			}
		}
	}
	return info, statuses, nil
}

// Notes are what is to be known of an open run and its children that the run itself doesn't tell.
type Notes struct {
	Undecided string // the unknown submits, and how to decide
	Queued    string // what waits for a slot of its account in children
}

func (n Notes) String() string { return n.Undecided + n.Queued }

// Below asks an open run and its children. It leaves out anything that can't be read.
func Below(ctx context.Context, s *session.Session, id, runID string) Notes {
	f, err := familyOf(ctx, s, id)
	if err != nil || !f.open() || runID != "" && runID != f.info.GetExecution().GetRunId() {
		return Notes{}
	}
	return Notes{f.undecided(), f.queued()}
}

// undecided lists the unknown submits and how to decide; "" for none.
func (f family) undecided() string {
	var keys []string
	for _, u := range f.unknown {
		if u.Open {
			keys = append(keys, u.Key)
		}
	}
	if len(keys) == 0 {
		return ""
	}
	return fmt.Sprintf("\nunknown whether accepted: %s. Look and decide with:\n  wavespeed-temporal resolve %s\n",
		strings.Join(keys[:min(len(keys), maxShownKeys)], ", "), f.id())
}

// queued says what waits for a slot in children; "" if nothing does.
func (f family) queued() string {
	if len(f.waiting) == 0 {
		return ""
	}
	first := f.waiting[0]
	return fmt.Sprintf("\nin child workflows, %s. See the account with:\n  wavespeed-temporal limits show%s\n", record.Waiting(f.waiting),
		screen.If(first.Account != generation.DefaultAccount, " --account "+screen.Quote(first.Account)))
}

// maxShownKeys is how many keys are listed on a line.
const maxShownKeys = 5

// unknownInResults returns the unknown submits of an ended pipeline run, including its
// children.
func unknownInResults(ctx context.Context, s *session.Session, info *workflowpb.WorkflowExecutionInfo) (all []unknown, err error) {
	id, runID := info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId()
	steps, err := runs.Results(ctx, s, id, runs.Filter{RunID: runID})
	if err != nil {
		return nil, err
	}
	for _, step := range steps {
		for _, item := range step.Items {
			if n := len(item.Generations); n > 0 {
				all = append(all, unknownIn(id, runID, true, item.Generations[n-1:])...)
			}
		}
	}
	return all, nil
}
