package decide

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/runs"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/screen"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/values"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/ballot"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// decisionFlags are the flags shared by all decisions.
type decisionFlags struct {
	generation.Decision
	choose int
}

func (d *decisionFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&d.By, "by", session.UserName(), "name of the person who decides")
	cmd.Flags().StringVar(&d.Comment, "comment", "", "comment to show with the decision")
}

// Approve is pipeline approve.
func Approve(p *session.Program) *cobra.Command {
	var d decisionFlags
	cmd := &cobra.Command{
		Use: "approve RUN [APPROVAL]", Short: "Approve a pending approval of a run", Args: cobra.RangeArgs(1, 2),
		RunE: p.Connected(func(ctx context.Context, s *session.Session, args []string) error {
			d.Verdict = generation.VerdictApprove
			if d.choose >= 0 {
				d.Choice = &d.choose
			}
			return send(ctx, s, args, d.Decision)
		}),
	}
	d.add(cmd)
	cmd.Flags().IntVar(&d.choose, "choose", -1, "`number` of the choice to approve, counting from 0")
	return cmd
}

// Reject is pipeline reject.
func Reject(p *session.Program) *cobra.Command {
	var d decisionFlags
	cmd := &cobra.Command{
		Use: "reject RUN [APPROVAL]", Short: "Reject a pending approval of a run", Args: cobra.RangeArgs(1, 2),
		RunE: p.Connected(func(ctx context.Context, s *session.Session, args []string) error {
			d.Verdict = generation.VerdictReject
			return send(ctx, s, args, d.Decision)
		}),
	}
	d.add(cmd)
	return cmd
}

// Regenerate is pipeline regenerate.
func Regenerate(p *session.Program) *cobra.Command {
	var d decisionFlags
	cmd := &cobra.Command{
		Use: "regenerate RUN STEP [field=value …]", Short: "Regenerate a step that waits for approval, with changed input", Args: cobra.MinimumNArgs(2),
		Long: `Regenerate a step that waits for approval, with changed input. The fields replace those of
the step's input; null removes a field. Dependent steps run again too, and approval is
requested again.`,
		RunE: p.Connected(func(ctx context.Context, s *session.Session, args []string) error {
			changes, err := values.Fields(ctx, s, "", args[1], args[2:])
			if err != nil {
				return exit.With(exit.Usage, err)
			}
			d.Verdict, d.Regenerate, d.Input = generation.VerdictRegenerate, args[1], changes[args[1]]
			return send(ctx, s, args[:1], d.Decision)
		}),
	}
	d.add(cmd)
	cmd.Flags().IntSliceVar(&d.Items, "items", nil, "`numbers` of the items to regenerate, counting from 0 (default all)")
	cmd.Flags().StringVar(&d.Approval, "approval", "", "name of the approval, if several are pending")
	return cmd
}

// send sends a decision; args are the run and, perhaps, the approval.
func send(ctx context.Context, s *session.Session, args []string, d generation.Decision) error {
	if len(args) > 1 {
		d.Approval = args[1]
	}
	status, err := pipeline.Open(s.Client, args[0], "").Decide(ctx, d)
	if err != nil {
		return refused(args[0], err, "")
	}
	switch status.Verdict {
	case "":
		fmt.Fprintf(s.Err, "%s: noted (%s); %d of %d approvals%s\n", status.Key, d.Verdict, ballot.Votes(status, d.Choice), status.Needed, screen.If(d.Choice != nil, " of this choice"))
	case generation.VerdictApprove:
		fmt.Fprintf(s.Err, "%s: approved; the run continues\n", status.Key)
	case generation.VerdictReject:
		fmt.Fprintf(s.Err, "%s: rejected%s\n", status.Key, screen.If(d.Verdict == generation.VerdictApprove, fmt.Sprintf(": no choice can reach %d approvals any more", status.Needed)))
	default:
		fmt.Fprintf(s.Err, "%s: regenerating %s\n", status.Key, d.Regenerate)
	}
	return nil
}

// Budget is pipeline budget.
func Budget(p *session.Program) *cobra.Command {
	return &cobra.Command{
		Use: "budget RUN USD", Short: "Set a run's budget; a held run then continues", Args: cobra.ExactArgs(2),
		RunE: p.Connected(func(ctx context.Context, s *session.Session, args []string) error {
			usd, err := generation.ParseUSD(args[1])
			if err != nil {
				return exit.With(exit.Usage, err)
			}
			if _, err := pipeline.Open(s.Client, args[0], "").SetBudget(ctx, usd); err != nil {
				return refused(args[0], err, " --budget USD")
			}
			fmt.Fprintf(s.Err, "%s: the budget is now %s\n", args[0], usd)
			return nil
		}),
	}
}

// refused says why a run took no decision; flags are for a rerun of one that has ended.
func refused(id string, err error, flags string) error {
	var notFound *serviceerror.NotFound
	var refused *temporal.ApplicationError
	switch {
	case errors.As(err, &notFound) && strings.Contains(err.Error(), "completed"):
		return exit.With(exit.Failure, fmt.Errorf("%s has ended, so there is nothing to decide. Continue with: wavespeed-temporal pipeline rerun %s%s", id, id, flags))
	case errors.As(err, &notFound):
		return exit.With(exit.Failure, runs.Missing(id, err))
	case errors.As(err, &refused):
		return exit.With(exit.Usage, errors.New(refused.Message()))
	default:
		return exit.With(exit.Failure, err)
	}
}
