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

// family is a workflow with the unknown submits in it and in its children.
type family struct {
	info    *workflowpb.WorkflowExecutionInfo
	unknown []unknown
}

func (f family) id() string { return f.info.GetExecution().GetWorkflowId() }

func (f family) open() bool { return runs.IsRunning(f.info.GetStatus()) }

func (f family) kind() string { return f.info.GetType().GetName() }

// familyOf asks a workflow, and its children while it is open.
func familyOf(ctx context.Context, s *session.Session, id string) (f family, err error) {
	left := maxFamily
	f.info, f.unknown, err = unknownOf(ctx, s, id, "", &left)
	if err == nil && !f.open() && f.kind() == pipeline.WorkflowName {
		f.unknown, err = unknownInResults(ctx, s, f.info)
	}
	return f, err
}

func unknownOf(ctx context.Context, s *session.Session, id, runID string, left *int) (*workflowpb.WorkflowExecutionInfo, []unknown, error) {
	if *left--; *left < 0 {
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
	all := unknownIn(id, info.GetExecution().GetRunId(), !runs.IsRunning(info.GetStatus()), statuses)
	for _, child := range described.GetPendingChildren() {
		_, below, err := unknownOf(ctx, s, child.GetWorkflowId(), child.GetRunId(), left)
		var notFound *serviceerror.NotFound
		if err != nil && !errors.As(err, &notFound) { // it has ended in the meantime, or not started
			return info, nil, err
		}
		all = append(all, below...)
	}
	return info, all, nil
}

// Undecided lists the unknown submits of an open run and how to decide; "" for none. It leaves
// out anything that can't be read.
func Undecided(ctx context.Context, s *session.Session, id, runID string) string {
	f, err := familyOf(ctx, s, id)
	if err != nil || !f.open() || runID != "" && runID != f.info.GetExecution().GetRunId() {
		return ""
	}
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
		strings.Join(keys[:min(len(keys), maxShownKeys)], ", "), id)
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
