package runs

import (
	"context"
	"fmt"
	"slices"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
)

// manyRuns is the limit above which newest doesn't look for a shorter period with enough runs.
const manyRuns = 1000

// Newest returns executions of a workflow type that match a filter, the latest started first.
// Temporal lists open executions first and orders the rest by close time. So newest finds a
// period with enough executions and reads all that started in it.
func Newest(ctx context.Context, s *session.Session, workflowType, filter string, limit int) ([]*workflowpb.WorkflowExecutionInfo, error) {
	query := fmt.Sprintf("WorkflowType = '%s'", workflowType)
	if filter != "" {
		query += " AND (" + filter + ")"
	}
	total, err := count(ctx, s, query)
	if err != nil {
		return nil, err
	}
	if total > manyRuns {
		if query, err = recent(ctx, s, query, limit); err != nil {
			return nil, err
		}
	}
	infos, err := all(ctx, s, query)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(infos, func(a, b *workflowpb.WorkflowExecutionInfo) int {
		return b.GetStartTime().AsTime().Compare(a.GetStartTime().AsTime())
	})
	return infos[:min(len(infos), limit)], nil
}

// recent narrows a query to the shortest period until now in which enough executions started.
func recent(ctx context.Context, s *session.Session, query string, limit int) (string, error) {
	for _, age := range []time.Duration{time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 4 * 24 * time.Hour, 16 * 24 * time.Hour} {
		narrow := fmt.Sprintf("%s AND StartTime >= '%s'", query, time.Now().Add(-age).UTC().Format(time.RFC3339Nano))
		n, err := count(ctx, s, narrow)
		if err != nil {
			return "", err
		}
		if n >= int64(limit) {
			return narrow, nil
		}
	}
	return query, nil
}

func count(ctx context.Context, s *session.Session, query string) (int64, error) {
	answer, err := s.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: s.Options.Namespace, Query: query})
	return answer.GetCount(), err
}

func all(ctx context.Context, s *session.Session, query string) (infos []*workflowpb.WorkflowExecutionInfo, err error) {
	for next := []byte(nil); ; {
		answer, err := s.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: s.Options.Namespace, Query: query, NextPageToken: next, PageSize: 1000,
		})
		if err != nil {
			return nil, err
		}
		infos = append(infos, answer.GetExecutions()...)
		if next = answer.GetNextPageToken(); len(next) == 0 {
			return infos, nil
		}
	}
}
