package resolve

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/runs"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/screen"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// Command is resolve.
func Command(p *session.Program) *cobra.Command {
	var r generation.Resolution
	var asJSON bool
	cmd := &cobra.Command{
		Use: "resolve WORKFLOW_ID [KEY]", Short: "Decide whether an unknown submit was accepted",
		Long: `Decide whether an unknown submit was accepted. A submit is unknown if its response was
lost. Without a decision, the command shows the unknown submits of a workflow and its
children: a generation, a run of a pipeline, or a workflow of your own.

  wavespeed-temporal resolve WORKFLOW_ID
  wavespeed-temporal resolve WORKFLOW_ID --prediction 8aed6dd5cadde6cd5d9e1c92fb6a445f
  wavespeed-temporal resolve WORKFLOW_ID 'shots[7]' --absent --comment "not in the list"

Look for the submit in WaveSpeed's list of predictions, by model and time.
--prediction awaits the prediction you name. --absent submits again, which is billed. If the
first submit was accepted after all, you pay twice.

With --on-unknown ask (on_unknown: ask in a pipeline), a generation waits for your decision
until its timeout. Otherwise you may decide during the search.

` + exit.Codes,
		Args: cobra.RangeArgs(1, 2),
		RunE: p.Connected(func(ctx context.Context, s *session.Session, args []string) error {
			if len(args) > 1 {
				r.Key = args[1]
			}
			f, err := familyOf(ctx, s, args[0])
			switch {
			case runs.IsMissing(err):
				return exit.With(exit.Failure, fmt.Errorf("there is no workflow %s", args[0]))
			case err != nil:
				return exit.With(exit.Failure, err)
			}
			if r.PredictionID == "" && !r.Absent {
				return showUnknown(s, f, r.Key, asJSON)
			}
			if err := wire.CheckResolution(r); err != nil {
				return exit.With(exit.Usage, err)
			}
			return decideUnknown(ctx, s, f, r)
		}),
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&r.PredictionID, "prediction", "", "the submit was accepted: `id` of its prediction")
	flags.BoolVar(&r.Absent, "absent", false, "the submit was not accepted: submit again")
	flags.StringVar(&r.By, "by", session.UserName(), "name of the person who decides")
	flags.StringVar(&r.Comment, "comment", "", "comment to show with the decision")
	flags.BoolVar(&asJSON, "json", false, "print the unknown submits as JSON")
	return cmd
}

// showUnknown prints the unknown submits, and how to decide.
func showUnknown(s *session.Session, f family, key string, asJSON bool) error {
	shown := []unknown{}
	for _, u := range f.unknown {
		if key == "" || key == u.Key {
			shown = append(shown, u)
		}
	}
	if asJSON {
		return s.PrintJSON(shown)
	}
	if len(shown) == 0 {
		fmt.Fprintf(s.Err, "%s has no unknown submit%s\n", f.id(), screen.If(key != "", " with the key "+key))
		return nil
	}
	for _, u := range shown {
		fmt.Fprint(s.Out, u.text(f.id(), time.Now()))
		fmt.Fprint(s.Out, howTo(f, u))
	}
	return nil
}

// howTo returns the commands for a decision.
func howTo(f family, u unknown) string {
	if !u.Open {
		return "  " + strings.ReplaceAll(instead(f, u), "\n", "\n  ") + "\n"
	}
	id := "ID"
	if len(u.Attempt.Candidates) == 1 {
		id = u.Attempt.Candidates[0]
	}
	command := "  wavespeed-temporal resolve " + f.id() + " " + screen.Quote(u.Key)
	return fmt.Sprintf("%s --prediction %s\n%s --absent    # submits again, which is billed\n", command, id, command)
}

// instead says what to do about a generation that has failed because its submit is unknown.
func instead(f family, u unknown) string {
	switch {
	case f.open():
		return "its generation has failed, and the workflow continues without it"
	case f.kind() == generation.WorkflowName:
		id := "ID"
		if len(u.Attempt.Candidates) == 1 {
			id = u.Attempt.Candidates[0]
		}
		return fmt.Sprintf("if it was accepted, await its prediction: wavespeed-temporal generate %s --adopt %s --wait\nif it was not, start it again", u.Model, id)
	case f.kind() == pipeline.WorkflowName:
		return fmt.Sprintf("search again, and keep all other results: wavespeed-temporal pipeline rerun %s\n"+
			"decide in the rerun with resolve: wavespeed-temporal pipeline rerun %s --on-unknown ask\n"+
			"if nothing was accepted: wavespeed-temporal pipeline rerun %s --resubmit-unknown", f.id(), f.id(), f.id())
	case f.kind() == runwire.ItemsName:
		parent := f.info.GetParentExecution().GetWorkflowId()
		return fmt.Sprintf("it is part of a run: wavespeed-temporal resolve %s", parent)
	default:
		return "start the workflow again; set Adopt in its request to await an accepted prediction"
	}
}
