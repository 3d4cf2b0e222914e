package runs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// NoWorker reports whether a query failed because no worker answers.
func NoWorker(err error) bool {
	var late *serviceerror.DeadlineExceeded
	var canceled *serviceerror.Canceled
	return errors.As(err, &late) || errors.As(err, &canceled) || errors.Is(err, context.DeadlineExceeded)
}

// Status asks a run how it stands, also one that has ended.
func Status(ctx context.Context, s *session.Session, id, runID string) (pipeline.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, AskTimeout)
	defer cancel()
	return pipeline.Open(s.Client, id, runID).Status(ctx)
}

// Describe is what Temporal knows of a workflow.
func Describe(ctx context.Context, s *session.Session, id, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	described, err := s.Client.DescribeWorkflow(ctx, id, runID)
	if err != nil {
		return nil, err
	}
	return described.RawResponse, nil
}

// IsRunning tells whether a workflow is open.
func IsRunning(status enumspb.WorkflowExecutionStatus) bool {
	return status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
}

// IsMissing tells whether an error says that a workflow is not there.
func IsMissing(err error) bool {
	var notFound *serviceerror.NotFound
	return errors.As(err, &notFound) && strings.Contains(err.Error(), "not found")
}

// Missing turns a not-found error into a message about the run.
func Missing(id string, err error) error {
	if IsMissing(err) {
		return fmt.Errorf("there is no run %s. List runs with: wavespeed-temporal pipeline list", id)
	}
	return err
}

// AskTimeout bounds one question to a workflow.
const AskTimeout = 5 * time.Second

// Generations returns a workflow's generations; none if it doesn't make any.
func Generations(ctx context.Context, s *session.Session, info *workflowpb.WorkflowExecutionInfo) (statuses []generation.Status, err error) {
	ctx, cancel := context.WithTimeout(ctx, AskTimeout)
	defer cancel()
	id := info.GetExecution().GetWorkflowId()
	answer, err := s.Client.QueryWorkflow(ctx, id, info.GetExecution().GetRunId(), generation.StatusQuery)
	var failed *serviceerror.QueryFailed
	var unbegun *serviceerror.WorkflowNotReady
	switch {
	case errors.As(err, &failed), errors.As(err, &unbegun):
		return nil, nil
	case err != nil && NoWorker(err):
		return nil, fmt.Errorf("%s does not answer: no worker is running for it", id)
	case err != nil:
		return nil, err
	}
	return statuses, answer.Get(&statuses)
}
