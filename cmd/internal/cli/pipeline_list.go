package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/converter"

	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

func (p *program) pipelineList() *cobra.Command {
	var filter string
	var limit int
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List runs of pipelines, newest first", Args: cobra.NoArgs,
		Long: `List runs of pipelines, newest first. STATE says what open runs wait for: a person's
decision (approval) or a larger budget (held). Those runs are marked with *.

A filter is one of Temporal's list filters, such as 'ExecutionStatus = "Failed"' or
'WorkflowId STARTS_WITH "pipeline-film-"'; with search attributes also
'WavespeedState = "approval"'.

Each open run without search attributes is asked for its state, by one query.`,
		RunE: p.connected(func(ctx context.Context, s session, _ []string) error {
			if limit < 1 {
				return failure(exitUsage, errors.New("--limit: must be at least 1"))
			}
			runs, err := s.list(ctx, filter, limit)
			if err != nil {
				return failure(exitFailure, aboutFilter(err))
			}
			s.addStates(ctx, runs)
			if asJSON {
				return p.printJSON(runs)
			}
			return failure(exitFailure, p.printRuns(runs))
		}),
	}
	addListFlags(cmd, &filter, &limit, &asJSON)
	return cmd
}

// addListFlags adds the flags of commands that list workflows.
func addListFlags(cmd *cobra.Command, filter *string, limit *int, asJSON *bool) {
	cmd.Flags().StringVar(filter, "filter", "", "Temporal list `filter` that runs must match")
	cmd.Flags().IntVar(limit, "limit", 50, "how many at most")
	cmd.Flags().BoolVar(asJSON, "json", false, "print the list as JSON")
}

// aboutFilter says more of a filter that names a search attribute which is not there.
func aboutFilter(err error) error {
	if strings.Contains(err.Error(), "Wavespeed") {
		return fmt.Errorf("%w; runs have it with PIPELINE_SEARCH_ATTRIBUTES=true, for setup once and for those who start them", err)
	}
	return err
}

func (p *program) printRuns(runs []listed) error {
	table := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "RUN\tPIPELINE\tSTATUS\tSTATE\tSTARTED\tTIME")
	waiting := 0
	for _, run := range runs {
		state := dash(run.State)
		if run.Waits {
			waiting++
			state = "* " + state
		}
		if len(run.Approvals) > 0 {
			state += " (" + strings.Join(run.Approvals, ", ") + ")"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", cell(run.WorkflowID), cell(dash(run.Pipeline)), run.Status, cell(state),
			run.Started.Local().Format("2006-01-02 15:04:05"), run.took(time.Now()))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if waiting > 0 {
		verb := "wait"
		if waiting == 1 {
			verb = "waits"
		}
		fmt.Fprintf(p.Err, "* %s %s for people. See what to decide with: wavespeed-temporal pipeline status RUN\n", plural(waiting, "run"), verb)
	}
	return nil
}

// listed is a run in a list.
type listed struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	Pipeline   string `json:"pipeline,omitempty"`
	Model      string `json:"model,omitempty"` // of a generation
	Status     string `json:"status"`
	State      string `json:"state,omitempty"`

	// Waits is set on a run that continues when a person acts; Approvals are what it asks.
	Waits     bool     `json:"waits,omitempty"`
	Approvals []string `json:"approvals,omitempty"`

	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"`
}

func (l listed) took(now time.Time) time.Duration {
	if !l.Ended.IsZero() {
		now = l.Ended
	}
	return now.Sub(l.Started).Round(time.Second)
}

// list are runs of pipelines that match a filter, newest first.
func (s session) list(ctx context.Context, filter string, limit int) ([]listed, error) {
	infos, err := s.newest(ctx, pipeline.WorkflowName, filter, limit)
	if err != nil {
		return nil, err
	}
	runs := make([]listed, len(infos))
	for i, info := range infos {
		runs[i] = s.listed(info)
	}
	return runs, nil
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
	s.decode(info.GetMemo().GetFields()[memoModel], &run.Model)
	// Search attributes are not encoded by the user's converter.
	if state := info.GetSearchAttributes().GetIndexedFields()[pipeline.AttributeState]; state != nil {
		_ = converter.GetDefaultDataConverter().FromPayload(state, &run.State)
	}
	run.Waits = run.Ended.IsZero() && waits(pipeline.RunState(run.State))
	return run
}

// waits tells whether a run in a state continues when a person acts.
func waits(state pipeline.RunState) bool {
	return state == pipeline.RunApproval || state == pipeline.RunHeld
}

const (
	// statesAtOnce is how many runs are asked for their states at a time.
	statesAtOnce = 16

	// statesWithin bounds the time for all of them: without a worker no run answers.
	statesWithin = 5 * time.Second
)

// addStates asks open runs how they stand, where their search attributes don't say that a
// person need not act. What does not answer stays without a state.
func (s session) addStates(ctx context.Context, runs []listed) {
	ctx, cancel := context.WithTimeout(ctx, statesWithin)
	defer cancel()
	var work sync.WaitGroup
	slots := make(chan struct{}, statesAtOnce)
	for i := range runs {
		run := &runs[i]
		if !run.Ended.IsZero() || run.State != "" && !run.Waits {
			continue
		}
		work.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			status, err := askStatus(ctx, s.client, run.WorkflowID, run.RunID)
			if err != nil {
				return
			}
			run.State, run.Waits = string(status.State), waits(status.State)
			for _, approval := range status.Approvals {
				run.Approvals = append(run.Approvals, approval.Key)
			}
		})
	}
	work.Wait()
}
