package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

func (p *program) pipelineStatus() *cobra.Command {
	var watch, asJSON bool
	var runID string
	cmd := &cobra.Command{
		Use: "status RUN", Short: "Show how a run stands", Args: cobra.ExactArgs(1),
		RunE: p.connected(func(ctx context.Context, s session, args []string) error {
			if watch {
				return p.finish(ctx, s, s.client.GetWorkflow(ctx, args[0], runID), ending{json: asJSON})
			}
			status, err := askStatus(ctx, s.client, args[0], runID)
			switch {
			case noWorker(err):
				return failure(exitFailure, fmt.Errorf("%s does not answer: no worker is there for it", args[0]))
			case err != nil:
				return failure(exitFailure, missing(args[0], err))
			}
			if asJSON {
				return p.printJSON(status)
			}
			repeated := failingText(failingOf(ctx, s.client, s.options.FailureConverter, args[0], runID))
			_, err = fmt.Fprint(p.Out, runTable(status, time.Now())+repeated+toDo(args[0], status)+s.undecided(ctx, args[0], runID))
			return failure(exitFailure, err)
		}),
	}
	cmd.Flags().BoolVarP(&watch, "watch", "w", false, "watch it to its end; Ctrl-C only leaves off")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the status as one JSON object")
	cmd.Flags().StringVar(&runID, "run-id", "", "an earlier run of the workflow id (default the latest)")
	return cmd
}

func (p *program) pipelineList() *cobra.Command {
	var filter string
	var limit int
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List runs of pipelines, newest first", Args: cobra.NoArgs,
		Long: `List runs of pipelines, newest first. A filter is one of Temporal's list filters, as
'ExecutionStatus = "Failed"' or 'WorkflowId STARTS_WITH "pipeline-film-"'; with search
attributes also 'WavespeedState = "approval"'. STATE is known of runs that have them.`,
		RunE: p.connected(func(ctx context.Context, s session, _ []string) error {
			if limit < 1 {
				return failure(exitUsage, errors.New("--limit: must be at least 1"))
			}
			runs, err := s.list(ctx, filter, limit)
			if err != nil {
				return failure(exitFailure, aboutFilter(err))
			}
			slices.SortStableFunc(runs, func(a, b listed) int { return b.Started.Compare(a.Started) })
			if asJSON {
				return p.printJSON(runs)
			}
			table := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "RUN\tPIPELINE\tSTATUS\tSTATE\tSTARTED\tTIME")
			for _, run := range runs {
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", run.WorkflowID, dash(run.Pipeline), run.Status, dash(run.State),
					run.Started.Local().Format("2006-01-02 15:04:05"), run.took(time.Now()))
			}
			return failure(exitFailure, table.Flush())
		}),
	}
	cmd.Flags().StringVar(&filter, "filter", "", "Temporal list `filter` that runs must match")
	cmd.Flags().IntVar(&limit, "limit", 50, "how many at most")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the list as JSON")
	return cmd
}

// aboutFilter says more of a filter that names a search attribute which is not there.
func aboutFilter(err error) error {
	if strings.Contains(err.Error(), "Wavespeed") {
		return fmt.Errorf("%w; runs have it with PIPELINE_SEARCH_ATTRIBUTES=true, for setup once and for those who start them", err)
	}
	return err
}

// missing says of an error about a run that the run is not there, if that is so.
func missing(id string, err error) error {
	var notFound *serviceerror.NotFound
	if errors.As(err, &notFound) && strings.Contains(err.Error(), "not found") {
		return fmt.Errorf("there is no run %s; pipeline list has those that there are", id)
	}
	return err
}

// listed is a run in a list.
type listed struct {
	WorkflowID string    `json:"workflow_id"`
	RunID      string    `json:"run_id"`
	Pipeline   string    `json:"pipeline,omitempty"`
	Status     string    `json:"status"`
	State      string    `json:"state,omitempty"`
	Started    time.Time `json:"started"`
	Ended      time.Time `json:"ended,omitzero"`
}

func (l listed) took(now time.Time) time.Duration {
	if !l.Ended.IsZero() {
		now = l.Ended
	}
	return now.Sub(l.Started).Round(time.Second)
}

// list asks Temporal's visibility for runs that match a filter.
func (s session) list(ctx context.Context, filter string, limit int) ([]listed, error) {
	query := fmt.Sprintf("WorkflowType = '%s'", pipeline.WorkflowName)
	if filter != "" {
		query += " AND (" + filter + ")"
	}
	var runs []listed
	var next []byte
	for {
		answer, err := s.client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: s.options.Namespace, Query: query, NextPageToken: next, PageSize: int32(min(limit-len(runs), 1000)), // #nosec G115 -- at most 1000
		})
		if err != nil {
			return nil, err
		}
		for _, info := range answer.GetExecutions() {
			runs = append(runs, s.listed(info))
		}
		if next = answer.GetNextPageToken(); len(next) == 0 || len(runs) >= limit {
			return runs, nil
		}
	}
}

func (s session) listed(info *workflowpb.WorkflowExecutionInfo) listed {
	run := listed{
		WorkflowID: info.GetExecution().GetWorkflowId(), RunID: info.GetExecution().GetRunId(), Status: info.GetStatus().String(),
		Started: info.GetStartTime().AsTime(),
	}
	if info.GetCloseTime() != nil {
		run.Ended = info.GetCloseTime().AsTime()
	}
	s.decode(info.GetMemo().GetFields()[memoPipeline], &run.Pipeline)
	// Search attributes are not encoded by the user's converter.
	if state := info.GetSearchAttributes().GetIndexedFields()[pipeline.AttributeState]; state != nil {
		_ = converter.GetDefaultDataConverter().FromPayload(state, &run.State)
	}
	return run
}

// decode reads a payload, if it is there, as the client encodes them.
func (s session) decode(payload *commonpb.Payload, into any) {
	if payload != nil {
		_ = s.converter().FromPayload(payload, into)
	}
}

func (s session) converter() converter.DataConverter {
	if s.options.DataConverter != nil {
		return s.options.DataConverter
	}
	return converter.GetDefaultDataConverter()
}
