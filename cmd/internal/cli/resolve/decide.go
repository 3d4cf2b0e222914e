package resolve

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/models"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

// decideUnknown sends the decision to the workflow that has the unknown submit.
func decideUnknown(ctx context.Context, s *session.Session, f family, r generation.Resolution) error {
	u, err := f.addressee(r.Key)
	if err != nil {
		return exit.With(exit.Usage, err)
	}
	if r.PredictionID != "" {
		if err := checkPrediction(ctx, s, u, r.PredictionID); err != nil {
			return err
		}
	}
	r.Key, r.Attempt = u.Key, u.Attempt.Number
	var status generation.Status
	handle, err := s.Client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: u.WorkflowID, RunID: u.RunID, UpdateName: generation.ResolveUpdate, Args: []any{r}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, &status)
	}
	var notFound *serviceerror.NotFound
	var refused *temporal.ApplicationError
	switch {
	case errors.As(err, &notFound):
		return exit.With(exit.Failure, fmt.Errorf("%s ended before the decision reached it; see: wavespeed-temporal resolve %s", u.WorkflowID, f.id()))
	case errors.As(err, &refused):
		return exit.With(exit.Usage, errors.New(refused.Message()))
	case err != nil:
		return exit.With(exit.Failure, err)
	case r.Absent:
		fmt.Fprintf(s.Err, "%s: submitting again\n", u.Key)
	default:
		fmt.Fprintf(s.Err, "%s: awaiting prediction %s\n", u.Key, r.PredictionID)
	}
	return nil
}

// addressee finds the submit that a decision is about.
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
		return unknown{}, fmt.Errorf("%s has ended, and has no unknown submit", f.id())
	case len(open) == 0:
		return unknown{}, fmt.Errorf("%s has no unknown submit", f.id())
	case len(found) == 0:
		return unknown{}, fmt.Errorf("%s is not unknown; unknown: %s", key, strings.Join(keys, ", "))
	case len(found) > 1 && key == "":
		return unknown{}, fmt.Errorf("several submits are unknown; name one of: %s", strings.Join(keys, ", "))
	case len(found) > 1:
		return unknown{}, fmt.Errorf("%s is unknown in %d workflows; instead of %s, name one of: %s, %s", key, len(found), f.id(), found[0].WorkflowID, found[1].WorkflowID)
	default:
		return found[0], nil
	}
}

// checkPrediction rejects an id that the account can't read, if there is an API key to check
// with. A mistyped id would be awaited in vain.
func checkPrediction(ctx context.Context, s *session.Session, u unknown, id string) error {
	if s.Config.Accounts[u.Account].APIKey == "" {
		fmt.Fprintf(s.Err, "prediction %s was not checked: the account's API key is not set\n", id)
		return nil
	}
	at, err := models.Provider(s, u.Account, wavespeed.Options{})
	if err != nil {
		return exit.With(exit.Usage, err)
	}
	prediction, err := at.Result(ctx, id)
	switch {
	case provider.KindOf(err) == provider.NotFound:
		return exit.With(exit.Usage, fmt.Errorf("the account %s has no prediction %s; nothing was decided", u.Account, id))
	case err != nil:
		fmt.Fprintf(s.Err, "prediction %s could not be checked: %v\n", id, err)
	case prediction.Model != "" && prediction.Model != u.Model:
		fmt.Fprintf(s.Err, "note: prediction %s is listed under the model %s\n", id, prediction.Model)
	}
	return nil
}
