package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

func (p *program) resolve() *cobra.Command {
	var r generation.Resolution
	var asJSON bool
	cmd := &cobra.Command{
		Use: "resolve WORKFLOW_ID [KEY]", Short: "Decide whether a submit whose answer was lost was accepted",
		Long: `Decide whether a submit whose answer was lost was accepted. Without a decision it shows
what is unknown in a workflow and its children: a generation, a run of a pipeline, or a
workflow of your own.

  wavespeed-temporal resolve WORKFLOW_ID
  wavespeed-temporal resolve WORKFLOW_ID --prediction 8aed6dd5cadde6cd5d9e1c92fb6a445f
  wavespeed-temporal resolve WORKFLOW_ID 'shots[7]' --absent --comment "not in the list"

Look for the submit in WaveSpeed's list of predictions, by model and time. --prediction
awaits the prediction you name. --absent submits again, which is billed: if the first
submit was accepted after all, it is paid for twice.

A generation waits for your decision until its timeout with --on-unknown ask (on_unknown:
ask in a pipeline). Otherwise you may decide while it is looked for.

` + exitCodes,
		Args: cobra.RangeArgs(1, 2),
		RunE: p.connected(func(ctx context.Context, s session, args []string) error {
			if len(args) > 1 {
				r.Key = args[1]
			}
			f, err := s.family(ctx, args[0])
			if err != nil {
				return failure(exitFailure, noWorkflow(args[0], err))
			}
			if r.PredictionID == "" && !r.Absent {
				return p.showUnknown(f, r.Key, asJSON)
			}
			if err := r.Validate(); err != nil {
				return failure(exitUsage, err)
			}
			return p.decideUnknown(ctx, s, f, r)
		}),
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&r.PredictionID, "prediction", "", "it was accepted: the `id` of its prediction")
	flags.BoolVar(&r.Absent, "absent", false, "it was not accepted: submit again")
	flags.StringVar(&r.By, "by", userName(), "who decides")
	flags.StringVar(&r.Comment, "comment", "", "what is shown beside the decision")
	flags.BoolVar(&asJSON, "json", false, "print what is unknown as JSON")
	return cmd
}

// noWorkflow says of an error about a workflow that the workflow is not there, if that is so.
func noWorkflow(id string, err error) error {
	var notFound *serviceerror.NotFound
	if errors.As(err, &notFound) && strings.Contains(err.Error(), "not found") {
		return fmt.Errorf("there is no workflow %s", id)
	}
	return err
}

// showUnknown prints what is unknown, and how to decide.
func (p *program) showUnknown(f family, key string, asJSON bool) error {
	shown := []unknown{}
	for _, u := range f.unknown {
		if key == "" || key == u.Key {
			shown = append(shown, u)
		}
	}
	if asJSON {
		return p.printJSON(shown)
	}
	if len(shown) == 0 {
		fmt.Fprintf(p.Err, "no submit of %s is unknown%s\n", f.id(), textIf(key != "", " that has the key "+key))
		return nil
	}
	for _, u := range shown {
		fmt.Fprint(p.Out, u.text(f.id(), time.Now()))
		fmt.Fprint(p.Out, howTo(f, u))
	}
	return nil
}

// howTo are the commands with which a person decides.
func howTo(f family, u unknown) string {
	if !u.Open {
		return "  " + strings.ReplaceAll(instead(f, u), "\n", "\n  ") + "\n"
	}
	id := "ID"
	if len(u.Attempt.Candidates) == 1 {
		id = u.Attempt.Candidates[0]
	}
	command := "  wavespeed-temporal resolve " + f.id() + " " + shellQuote(u.Key)
	return fmt.Sprintf("%s --prediction %s\n%s --absent    # submits again, which is billed\n", command, id, command)
}

// instead is what can be done about a generation that has failed since its submit is unknown.
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
		return fmt.Sprintf("look for it again, and keep the rest: wavespeed-temporal pipeline rerun %s\n"+
			"decide in the rerun, with resolve: wavespeed-temporal pipeline rerun %s --on-unknown ask\n"+
			"if nothing was accepted: wavespeed-temporal pipeline rerun %s --resubmit-unknown", f.id(), f.id(), f.id())
	case f.kind() == runwire.ItemsName:
		parent := f.info.GetParentExecution().GetWorkflowId()
		return fmt.Sprintf("it is part of a run: wavespeed-temporal resolve %s", parent)
	default:
		return "start the workflow again; its request's Adopt awaits a prediction that was accepted"
	}
}

// decideUnknown sends the decision to the workflow whose submit it is about.
func (p *program) decideUnknown(ctx context.Context, s session, f family, r generation.Resolution) error {
	u, err := f.addressee(r.Key)
	if err != nil {
		return failure(exitUsage, err)
	}
	if r.PredictionID != "" {
		if err := p.checkPrediction(ctx, s, u, r.PredictionID); err != nil {
			return err
		}
	}
	r.Key, r.Attempt = u.Key, u.Attempt.Number
	var status generation.Status
	handle, err := s.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: u.WorkflowID, RunID: u.RunID, UpdateName: generation.ResolveUpdate, Args: []any{r}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, &status)
	}
	var notFound *serviceerror.NotFound
	var refused *temporal.ApplicationError
	switch {
	case errors.As(err, &notFound):
		return failure(exitFailure, fmt.Errorf("%s ended before it could be told; see: wavespeed-temporal resolve %s", u.WorkflowID, f.id()))
	case errors.As(err, &refused):
		return failure(exitUsage, errors.New(refused.Message()))
	case err != nil:
		return failure(exitFailure, err)
	case r.Absent:
		fmt.Fprintf(p.Err, "%s: was not accepted, so it is submitted again\n", u.Key)
	default:
		fmt.Fprintf(p.Err, "%s: is prediction %s, which is awaited\n", u.Key, r.PredictionID)
	}
	return nil
}

// addressee is the submit that a decision is about.
func (f family) addressee(key string) (unknown, error) {
	var open, found []unknown
	var keys []string
	for _, u := range f.unknown {
		if !u.Open {
			continue
		}
		open = append(open, u)
		keys = append(keys, u.Key)
		if key == "" || key == u.Key {
			found = append(found, u)
		}
	}
	switch {
	case len(open) == 0 && len(f.unknown) > 0:
		return unknown{}, fmt.Errorf("nothing is left to decide in %s:\n%s", f.id(), instead(f, f.unknown[0]))
	case len(open) == 0 && !f.open():
		return unknown{}, fmt.Errorf("%s has ended, and no submit of it is unknown", f.id())
	case len(open) == 0:
		return unknown{}, fmt.Errorf("no submit of %s is unknown now", f.id())
	case len(found) == 0:
		return unknown{}, fmt.Errorf("%s is not unknown; unknown: %s", key, strings.Join(keys, ", "))
	case len(found) > 1 && key == "":
		return unknown{}, fmt.Errorf("name one of those that are unknown: %s", strings.Join(keys, ", "))
	case len(found) > 1:
		return unknown{}, fmt.Errorf("%s is unknown in %d workflows; name one of them in place of %s: %s, %s", key, len(found), f.id(), found[0].WorkflowID, found[1].WorkflowID)
	default:
		return found[0], nil
	}
}

// checkPrediction refuses an id that the account can't read, where there is a key to ask
// with: a mistyped one would be awaited in vain.
func (p *program) checkPrediction(ctx context.Context, s session, u unknown, id string) error {
	key := s.config.Accounts[u.Account].APIKey
	if key == "" {
		fmt.Fprintf(p.Err, "whether there is a prediction %s is not checked, for want of the account's API key\n", id)
		return nil
	}
	provider, err := wavespeed.New(wavespeed.Options{APIKey: key, BaseURL: s.config.BaseURL, AllowHTTP: s.config.AllowHTTP})
	if err != nil {
		return failure(exitUsage, err)
	}
	prediction, err := provider.Result(ctx, id)
	var refused *wavespeed.Error
	switch {
	case errors.As(err, &refused) && refused.Status() == http.StatusNotFound:
		return failure(exitUsage, fmt.Errorf("the account %s has no prediction %s: nothing was decided", u.Account, id))
	case err != nil:
		fmt.Fprintf(p.Err, "whether there is a prediction %s could not be checked: %v\n", id, err)
	case prediction.Model != "" && prediction.Model != u.Model:
		fmt.Fprintf(p.Err, "note: prediction %s is listed under the model %s\n", id, prediction.Model)
	}
	return nil
}

// shellQuote is a text as a shell takes it.
func shellQuote(text string) string {
	if text != "" && !strings.ContainsFunc(text, isShellRune) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

func isShellRune(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-/:@", r))
}
