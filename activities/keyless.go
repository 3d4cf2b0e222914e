package activities

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/activity"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// keyless is the error of a worker without an API key for an account. Another worker on the
// task queue may have the key, for example while a new account is rolled out, so this one
// leaves the activity to the next attempt.
type keyless struct{ account string }

func (e keyless) Error() string {
	return fmt.Sprintf("this worker has no API key for account %q; another worker may have it. Configure the key on every worker, or name another account", e.account)
}

// account returns the account with this name. It fails with an error after which Temporal
// retries.
func (a *Activities) account(ctx context.Context, name string) (*account, error) {
	if account, ok := a.accounts[name]; ok {
		return account, nil
	}
	a.warnKeyless(ctx, name)
	return nil, again(ctx, generation.ErrorTypeUnavailable, "nothing was sent", keyless{name})
}

// keylessSubmit is account's error for a submit, which ends at its generation's deadline.
func keylessSubmit(ctx context.Context, in wire.SubmitInput) error {
	what := fmt.Sprintf("generation %q: submit of %s was not sent", in.Key, in.Model)
	return beforeSubmit(ctx, in, generation.ErrorTypeUnavailable, what, keyless{in.Account})
}

// warnKeyless logs once per account.
func (a *Activities) warnKeyless(ctx context.Context, account string) {
	if _, logged := a.keyless.LoadOrStore(account, true); !logged {
		activity.GetLogger(ctx).Warn("This worker has no API key for the account; its activities are left to other workers", "account", account)
	}
}
