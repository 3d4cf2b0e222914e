package workflows

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/record"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/written"
)

// search is an unknown submit that a person may decide about.
type search struct {
	run     *run
	attempt *attempt
}

// search lets people decide about an unknown submit until the returned function is called.
func (b *board) search(ctx workflow.Context, r *run, a *attempt) (stop func()) {
	a.decisions = workflow.NewBufferedChannel(ctx, 1)
	s := &search{run: r, attempt: a}
	b.searches = append(b.searches, s)
	return func() {
		b.searches = slices.DeleteFunc(b.searches, func(other *search) bool { return other == s })
	}
}

func (b *board) takeResolutions(ctx workflow.Context) error {
	return workflow.SetUpdateHandlerWithOptions(ctx, generation.ResolveUpdate,
		func(_ workflow.Context, argument written.Argument[generation.Resolution]) (generation.Status, error) {
			resolution, err := argument.Read()
			if err != nil {
				return generation.Status{}, err
			}
			s, err := b.unknown(resolution.Key)
			if err != nil {
				return generation.Status{}, err
			}
			if !s.attempt.decisions.SendAsync(&resolution) {
				return generation.Status{}, fmt.Errorf("key: %q is already decided", s.run.request.Key)
			}
			return record.Clone(*s.run.status), nil
		},
		workflow.UpdateHandlerOptions{
			Description: `decides whether an unknown submit was accepted: {"key": "…", "prediction_id": "…" | "absent": true, "by": "…", "comment": "…"}`,
			Validator: func(_ workflow.Context, argument written.Argument[generation.Resolution]) error {
				resolution, err := argument.Read()
				if err == nil {
					err = wire.CheckResolution(resolution)
				}
				if err != nil {
					return temporal.NewNonRetryableApplicationError("resolution: "+err.Error(), string(generation.ErrorTypeInvalidInput), nil)
				}
				s, err := b.unknown(resolution.Key)
				if err != nil {
					return err
				}
				if resolution.Attempt != 0 && resolution.Attempt != s.attempt.Number {
					return fmt.Errorf("attempt: the unknown submit is attempt %d of %q", s.attempt.Number, s.run.request.Key)
				}
				if !resolution.Absent && s.run.taken(s.attempt, resolution.PredictionID) {
					return fmt.Errorf("prediction_id: %s belongs to another generation of this workflow", resolution.PredictionID)
				}
				return nil
			},
		})
}

// unknown finds the submit that a decision is about.
func (b *board) unknown(key string) (*search, error) {
	var keys []string
	var found *search
	for _, s := range b.searches {
		keys = append(keys, s.run.request.Key)
		if key == "" || key == s.run.request.Key {
			found = s
		}
	}
	switch {
	case len(keys) == 0:
		return nil, errors.New("this workflow has no unknown submit")
	case found == nil:
		return nil, fmt.Errorf("key: %q is not unknown; unknown: %s", key, strings.Join(keys, ", "))
	case key == "" && len(keys) > 1:
		return nil, fmt.Errorf("key: several submits are unknown; name one of: %s", strings.Join(keys, ", "))
	default:
		return found, nil
	}
}

// apiKeys returns the fingerprints of the keys that a submit may have used: the known one, or
// all that the run has seen.
func (b *board) apiKeys(account, known string) (keys []string) {
	if known != "" {
		return []string{known}
	}
	for _, status := range b.statuses {
		for _, attempt := range status.Attempts {
			if status.Account == account && attempt.APIKey != "" && !slices.Contains(keys, attempt.APIKey) {
				keys = append(keys, attempt.APIKey)
			}
		}
	}
	return keys
}
