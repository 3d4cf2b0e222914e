package activities

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// checkTurn rejects a submit that this attempt must not make: it may have been made before, the
// deadline has passed, or Temporal has given up on the attempt.
func (a *Activities) checkTurn(ctx context.Context, info activity.Info, entered time.Time, in wire.SubmitInput) error {
	if err := a.checkAttempt(ctx, info, entered, in); err != nil {
		return err
	}
	if timeLeft(info, in.Within) <= 0 { // and all attempts until now were refused
		return final(generation.ErrorTypeDeadlineExceeded, fmt.Sprintf("generation %q: the deadline passed before the provider accepted the submit; nothing was billed", in.Key), nil)
	}
	return nil
}

// checkAttempt asks Temporal about an attempt that came late, or after one that this process
// knows nothing of. Each attempt vouches for the one before, so the last vouches for all.
func (a *Activities) checkAttempt(ctx context.Context, info activity.Info, entered time.Time, in wire.SubmitInput) error {
	if in.RunID != info.WorkflowExecution.RunID {
		return lost(in, wire.Lost{}, "was started by the run that this one was reset from")
	}
	late := a.fence.doubtful(info.StartedTime, entered)
	foreign := info.Attempt > 1 && !a.refused.has(in.Nonce, info.Attempt-1)
	mayBeReset := info.Attempt == 1 && info.StartedTime.Sub(info.ScheduledTime) >= prompt // by a person, to its first attempt
	if !late && !foreign && !mayBeReset {
		return nil
	}
	pending, err := pendingAttempt(ctx, a.client(ctx), info)
	what := fmt.Sprintf("generation %q: whether this worker may submit is to be asked of Temporal, which", in.Key)
	switch {
	case err != nil && foreign:
		return again(ctx, wire.ErrorTypePending, what, err) // which is not a refusal
	case err != nil:
		return again(ctx, generation.ErrorTypeUnavailable, what, err)
	case pending == nil:
		return lost(in, wire.Lost{}, "reached its worker too late, and was not sent")
	case foreign && !wasRefused(pending, info.Attempt-1), info.Attempt == 1 && pending.GetLastAttemptCompleteTime() != nil:
		return lost(in, wire.Lost{}, "was tried before, and what ended that attempt does not prove that nothing was accepted")
	default:
		a.fence.learn(info.StartedTime, entered)
		return nil
	}
}

func wasRefused(pending *workflowpb.PendingActivityInfo, attempt int32) bool {
	last := pending.GetLastFailure()
	return wire.ProvesRefusal(last.GetApplicationFailureInfo().GetType(), last.GetMessage(), attempt)
}

func isRefusal(err error) bool {
	var failure *temporal.ApplicationError
	return errors.As(err, &failure) && !failure.NonRetryable() && wire.IsRefusal(failure.Type())
}

// refused are the attempts of submits that were not accepted, as known to this process. It
// forgets the oldest.
type refused struct {
	mu           sync.Mutex
	young, older map[string]int32 // the last attempt, by nonce
}

func (r *refused) add(nonce string, attempt int32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.young == nil || len(r.young) >= rememberedPosts {
		r.young, r.older = make(map[string]int32), r.young
	}
	r.young[nonce] = attempt
}

func (r *refused) has(nonce string, attempt int32) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.young[nonce] == attempt || r.older[nonce] == attempt
}
