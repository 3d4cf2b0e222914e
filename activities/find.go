package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// find consults all evidence once about a submit whose response was lost, and returns a conclusion
// or an error after which Temporal retries. Doubt does not prove anything: a submit is found,
// or absent, only with certainty. Otherwise it ends up undecided.
func (a *Activities) find(ctx context.Context, in wire.FindInput) (wire.Found, error) {
	info := activity.GetInfo(ctx)
	found, err := a.findOnce(ctx, info, in)
	left := timeLeft(info, in.Within)
	return found, by(left, impatient(info, left, in.Patience, err))
}

func (a *Activities) findOnce(ctx context.Context, info activity.Info, in wire.FindInput) (wire.Found, error) {
	account, err := a.account(ctx, in.Account)
	if err != nil {
		return wire.Found{}, err
	}
	ctx, cancel := attempt(ctx)
	defer cancel()
	left := timeLeft(info, in.Within)
	if left <= 0 {
		var done context.CancelFunc
		ctx, done = context.WithTimeout(ctx, lastLook)
		defer done()
	}
	if in.Earlier {
		kept, err := deliveries(ctx, a.client(ctx), in.Nonce)
		if err != nil {
			return wire.Found{}, again(ctx, generation.ErrorTypeUnavailable, fmt.Sprintf("generation %q: webhooks that came between two runs could not be read", in.Key), err)
		}
		for _, signal := range kept {
			if signal.Identified {
				account.memory.know(wire.Known{Nonce: in.Nonce, PredictionID: signal.PredictionID, Model: in.Model})
			}
			if !slices.Contains(in.Delivered, signal.PredictionID) {
				in.Delivered = append(in.Delivered, signal.PredictionID)
			}
		}
	}
	answer := a.newSearch(info, account, in).look(ctx)
	what := fmt.Sprintf("generation %q: whether the submit was accepted", in.Key)
	switch {
	case answer.decided:
		if answer.found.Conclusion == wire.ConclusionFound && !answer.found.Inferred {
			account.memory.know(wire.Known{Nonce: in.Nonce, PredictionID: answer.found.PredictionID, Model: in.Model})
		}
		return answer.found, nil
	case left <= -lastLooks, left <= 0 && answer.down == nil && !answer.ripens:
		return undecided(answer.why, nil).found, nil
	case errors.Is(answer.down, errReading):
		return wire.Found{}, after(firstBackoff, wire.ErrorTypePending, what+" is not known yet", errReading)
	case answer.down != nil:
		return wire.Found{}, unread(ctx, what, answer.down)
	default:
		return wire.Found{}, pending(what + " is not known yet: " + answer.why)
	}
}

// lastLooks is for how long after the deadline a search tries to read what it could not read then,
// or to compare what it has seen only recently: a read that failed once more tells nothing.
const lastLooks = 2 * time.Minute

// lastLook is how long each of them takes at most, all in all.
const lastLook = readFor

// unread means that some evidence could not be read. Reads are free, so they are retried.
func unread(ctx context.Context, what string, err error) error {
	err = readError(ctx, what, err)
	var failure *temporal.ApplicationError
	if errors.As(err, &failure) && generation.ErrorTypeOf(failure) == wire.ErrorTypePending {
		return pending(failure.Message())
	}
	return err
}
