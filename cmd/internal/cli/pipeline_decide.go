package cli

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"strings"

	"github.com/spf13/cobra"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// decisionFlags are those that all decisions have.
type decisionFlags struct {
	generation.Decision
	choose int
}

func (d *decisionFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&d.By, "by", userName(), "who decides")
	cmd.Flags().StringVar(&d.Comment, "comment", "", "what is shown beside the decision")
}

func userName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

func (p *program) pipelineApprove() *cobra.Command {
	var d decisionFlags
	cmd := &cobra.Command{
		Use: "approve RUN [APPROVAL]", Short: "Approve what a run asks for", Args: cobra.RangeArgs(1, 2),
		RunE: p.connected(func(ctx context.Context, s session, args []string) error {
			d.Verdict = generation.Approve
			if d.choose >= 0 {
				d.Choice = &d.choose
			}
			return p.decide(ctx, s, args, d.Decision)
		}),
	}
	d.add(cmd)
	cmd.Flags().IntVar(&d.choose, "choose", -1, "`number` of the choice that is approved, counted from 0")
	return cmd
}

func (p *program) pipelineReject() *cobra.Command {
	var d decisionFlags
	cmd := &cobra.Command{
		Use: "reject RUN [APPROVAL]", Short: "Reject what a run asks for", Args: cobra.RangeArgs(1, 2),
		RunE: p.connected(func(ctx context.Context, s session, args []string) error {
			d.Verdict = generation.Reject
			return p.decide(ctx, s, args, d.Decision)
		}),
	}
	d.add(cmd)
	return cmd
}

func (p *program) pipelineRegenerate() *cobra.Command {
	var d decisionFlags
	cmd := &cobra.Command{
		Use: "regenerate RUN STEP [field=value …]", Short: "Have a step that waits for approval made again, with changed input", Args: cobra.MinimumNArgs(2),
		Long: `Have a step that waits for approval made again, with changed input: fields replace those
of the step, and null removes one. What is made of the step is made again too, and the
approval is asked for again.`,
		RunE: p.connected(func(ctx context.Context, s session, args []string) error {
			changes, err := p.readFields(ctx, s, "", args[1], args[2:])
			if err != nil {
				return failure(exitUsage, err)
			}
			d.Verdict, d.Regenerate, d.Input = generation.Regenerate, args[1], changes[args[1]]
			return p.decide(ctx, s, args[:1], d.Decision)
		}),
	}
	d.add(cmd)
	cmd.Flags().IntSliceVar(&d.Items, "items", nil, "`numbers` of the items to make again, counted from 0 (default all)")
	cmd.Flags().StringVar(&d.Approval, "approval", "", "the approval that it is for, where several wait")
	return cmd
}

func (p *program) decide(ctx context.Context, s session, args []string, d generation.Decision) error {
	if len(args) > 1 {
		d.Approval = args[1]
	}
	var status generation.ApprovalStatus
	if err := s.update(ctx, args[0], generation.DecideUpdate, d, &status); err != nil {
		return err
	}
	switch status.Verdict {
	case "":
		fmt.Fprintf(p.Err, "%s: noted (%s); %d of %d approvals%s\n", status.Key, d.Verdict, status.Votes(d.Choice), status.Needed, textIf(d.Choice != nil, " of this choice"))
	case generation.Approve:
		fmt.Fprintf(p.Err, "%s: approved; the run continues\n", status.Key)
	case generation.Reject:
		fmt.Fprintf(p.Err, "%s: rejected%s\n", status.Key, textIf(d.Verdict == generation.Approve, fmt.Sprintf(": too few are left for a choice to have %d approvals", status.Needed)))
	default:
		fmt.Fprintf(p.Err, "%s: %s is made again\n", status.Key, d.Regenerate)
	}
	return nil
}

func (p *program) pipelineBudget() *cobra.Command {
	return &cobra.Command{
		Use: "budget RUN USD", Short: "Set a run's budget; a run that is held continues", Args: cobra.ExactArgs(2),
		RunE: p.connected(func(ctx context.Context, s session, args []string) error {
			usd, err := generation.ParseUSD(args[1])
			if err != nil {
				return failure(exitUsage, err)
			}
			var status pipeline.Status
			if err := s.update(ctx, args[0], pipeline.BudgetUpdate, usd, &status); err != nil {
				return err
			}
			fmt.Fprintf(p.Err, "%s: the budget is %s now\n", args[0], usd)
			return nil
		}),
	}
}

// update sends a Temporal Update and waits for its answer.
func (s session) update(ctx context.Context, id, name string, arg, answer any) error {
	handle, err := s.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: id, UpdateName: name, Args: []any{arg}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, answer)
	}
	var notFound *serviceerror.NotFound
	var refused *temporal.ApplicationError
	switch {
	case errors.As(err, &notFound) && strings.Contains(err.Error(), "completed"):
		return failure(exitFailure, fmt.Errorf("%s has ended: there is nothing to decide; continue with: wavespeed-temporal pipeline rerun %s%s", id, id, textIf(name == pipeline.BudgetUpdate, " --budget USD")))
	case errors.As(err, &notFound):
		return failure(exitFailure, missing(id, err))
	case errors.As(err, &refused):
		return failure(exitUsage, errors.New(refused.Message()))
	default:
		return failure(exitFailure, err)
	}
}
