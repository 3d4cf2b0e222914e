package runs

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/converter"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// MemoModel is the memo that holds the model, which lists show.
const MemoModel = "model"

// AddListFlags adds the flags of commands that list workflows.
func AddListFlags(cmd *cobra.Command, filter *string, limit *int, asJSON *bool) {
	cmd.Flags().StringVar(filter, "filter", "", "Temporal list `filter` that runs must match")
	cmd.Flags().IntVar(limit, "limit", 50, "maximum number to list")
	cmd.Flags().BoolVar(asJSON, "json", false, "print the list as JSON")
}

// AboutFilter adds a hint to an error about an unregistered search attribute.
func AboutFilter(err error) error {
	if strings.Contains(err.Error(), "Wavespeed") {
		return fmt.Errorf("%w. To use it, set PIPELINE_SEARCH_ATTRIBUTES=true for setup, and for commands that start runs", err)
	}
	return err
}

// Entry is a run in a list.
type Entry struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	Pipeline   string `json:"pipeline,omitempty"`
	Model      string `json:"model,omitempty"` // of a generation
	Status     string `json:"status"`
	State      string `json:"state,omitempty"`

	// Waits is set if the run waits for a person to act. Approvals are the pending approvals.
	Waits     bool     `json:"waits,omitempty"`
	Approvals []string `json:"approvals,omitempty"`

	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"`
}

// Took is how long a run has taken so far.
func (e Entry) Took(now time.Time) time.Duration {
	if !e.Ended.IsZero() {
		now = e.Ended
	}
	return now.Sub(e.Started).Round(time.Second)
}

// Pipelines are runs of pipelines that match a filter, newest first.
func Pipelines(ctx context.Context, s *session.Session, filter string, limit int) ([]Entry, error) {
	infos, err := Newest(ctx, s, pipeline.WorkflowName, filter, limit)
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, len(infos))
	for i, info := range infos {
		entries[i] = NewEntry(s, info)
	}
	return entries, nil
}

// NewEntry is what a list of Temporal tells of a run.
func NewEntry(s *session.Session, info *workflowpb.WorkflowExecutionInfo) Entry {
	run := Entry{
		WorkflowID: info.GetExecution().GetWorkflowId(), RunID: info.GetExecution().GetRunId(), Status: info.GetStatus().String(),
		Started: info.GetStartTime().AsTime(),
	}
	if info.GetCloseTime() != nil {
		run.Ended = info.GetCloseTime().AsTime()
	}
	Decode(s, info.GetMemo().GetFields()[MemoPipeline], &run.Pipeline)
	Decode(s, info.GetMemo().GetFields()[MemoModel], &run.Model)
	// Search attributes are not encoded by the user's data converter.
	if state := info.GetSearchAttributes().GetIndexedFields()[wire.AttributeState]; state != nil {
		_ = converter.GetDefaultDataConverter().FromPayload(state, &run.State)
	}
	run.Waits = run.Ended.IsZero() && waits(pipeline.State(run.State))
	return run
}

// waits reports whether a run in this state waits for a person to act.
func waits(state pipeline.State) bool {
	return state == pipeline.StateApproval || state == pipeline.StateHeld || state == pipeline.StatePaused
}

// MemoPipeline is the memo that holds the pipeline's name, which lists show.
const MemoPipeline = "pipeline"
