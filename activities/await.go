package activities

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/outcome"
)

// maxOutcomeBytes keeps a result well below Temporal's limit of 2 MiB for one
// payload.
const maxOutcomeBytes = 256 << 10

// Await asks once for the prediction and returns its outcome, or an error after
// which Temporal asks again: the prediction was paid for, so no answer of the
// provider but an end is final, not even «not found».
func (a *Activities) Await(ctx context.Context, in generation.AwaitInput) (generation.Outcome, error) {
	provider, err := a.provider(ctx, in.Account)
	if err != nil {
		return generation.Outcome{}, err
	}
	ctx, cancel := withMargin(ctx)
	defer cancel()
	prediction, err := provider.Result(ctx, in.PredictionID)
	if err != nil {
		return generation.Outcome{}, readError(ctx, fmt.Sprintf("generation %q: prediction %s", in.Key, in.PredictionID), err)
	}
	if !prediction.Status.Terminal() {
		return generation.Outcome{}, pending(fmt.Sprintf("generation %q: prediction %s is %s", in.Key, in.PredictionID, prediction.Status))
	}
	return outcome.From(prediction, maxOutcomeBytes), nil
}

// pending is an error that only means «ask again», at the retry policy's pace.
func pending(message string) error {
	return temporal.NewApplicationErrorWithOptions(message, generation.ErrPending, temporal.ApplicationErrorOptions{
		Category: temporal.ApplicationErrorCategoryBenign,
	})
}
