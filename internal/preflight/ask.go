package preflight

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// How long the provider has to answer. Together this is less than a check may take.
const (
	modelsTimeout = 30 * time.Second
	pricesTimeout = 40 * time.Second
)

// tries is how often a request is sent if it fails for a temporary reason. triesWait is the
// wait after the first attempt, and longestWait limits what the provider may request.
const (
	tries       = 3
	triesWait   = 300 * time.Millisecond
	longestWait = 5 * time.Second
)

// ask sends a request, and retries it if that may help.
func ask[T any](ctx context.Context, question func(context.Context) (T, error)) (answer T, err error) {
	for i, wait := 1, triesWait; ; i, wait = i+1, 3*wait {
		answer, err = question(ctx)
		pause := max(wait, retryAfter(err))
		if err == nil || i == tries || !passing(err) || pause > longestWait {
			return answer, err
		}
		select {
		case <-ctx.Done():
			return answer, err
		case <-time.After(pause):
		}
	}
}

// passing reports whether a failure may be temporary.
func passing(err error) bool {
	var failure *provider.Error
	if !errors.As(err, &failure) {
		return true
	}
	return failure.Kind == provider.Unclear || failure.Kind == provider.Failed || failure.Kind == provider.Limited
}

func retryAfter(err error) time.Duration {
	var failure *provider.Error
	if errors.As(err, &failure) {
		return failure.RetryAfter
	}
	return 0
}

// refusal reports whether the provider rejected the request, instead of failing.
func refusal(err error) bool {
	var failure *provider.Error
	return errors.As(err, &failure) && failure.Answered() && (failure.Kind == provider.Invalid || failure.Kind == provider.NotFound)
}

// unauthorized reports whether the provider rejected the key.
func unauthorized(err error) bool { return provider.KindOf(err) == provider.KeyRefused }

// maxReason is the maximum length of an error in a report.
const maxReason = 500

// note records how a request was answered; step is "" if it was not about a step.
func (c *checker) note(endpoint string, account, step string, err error) {
	if refused, seen := c.refused[account]; !unauthorized(err) {
		c.refused[account] = nil
	} else if !seen || refused != nil {
		c.refused[account] = err
	}
	if err == nil {
		return
	}
	i := slices.IndexFunc(c.unanswered, func(u pipeline.Unanswered) bool { return u.Endpoint == endpoint && u.Account == account })
	if i < 0 {
		i = len(c.unanswered)
		c.unanswered = append(c.unanswered, pipeline.Unanswered{Endpoint: endpoint, Account: account, Reason: plaintext.Clip(err.Error(), maxReason)})
	}
	if step != "" {
		c.unanswered[i].Steps = append(c.unanswered[i].Steps, step)
	}
}

// keyRefused returns an error if every endpoint rejected an account's key.
func (c *checker) keyRefused() error {
	for _, account := range c.payers() {
		if err := c.refused[account]; err != nil {
			return err
		}
	}
	return nil
}

// payers returns the accounts that pay, sorted.
func (c *checker) payers() []string {
	var names []string
	for _, p := range c.priced {
		names = append(names, c.accountOf(p.step))
	}
	slices.Sort(names)
	return slices.Compact(names)
}
