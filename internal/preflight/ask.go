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

// How long the provider has to answer. Together they are less than a check may take.
const (
	modelsTimeout = 30 * time.Second
	pricesTimeout = 40 * time.Second
)

// tries are how often a question is asked that got no answer for a reason that may pass;
// triesWait is how long after the first time, and longestWait what the provider may ask for.
const (
	tries       = 3
	triesWait   = 300 * time.Millisecond
	longestWait = 5 * time.Second
)

// ask asks a question, again if that may help.
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

// passing tells whether a failure may pass by itself.
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

// refusal tells whether the provider refused what it was asked, rather than failed.
func refusal(err error) bool {
	var failure *provider.Error
	return errors.As(err, &failure) && failure.Answered() && (failure.Kind == provider.Invalid || failure.Kind == provider.NotFound)
}

// unauthorized tells whether the provider does not accept the key.
func unauthorized(err error) bool { return provider.KindOf(err) == provider.KeyRefused }

// maxReason is how much of an error a report has.
const maxReason = 500

// note notes how a question was answered; step is "" where it was not about one.
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

// keyRefused is the error of an account whose key no endpoint accepts; nil if there is none.
func (c *checker) keyRefused() error {
	for _, account := range c.payers() {
		if err := c.refused[account]; err != nil {
			return err
		}
	}
	return nil
}

// payers are the accounts that pay, sorted.
func (c *checker) payers() []string {
	var names []string
	for _, p := range c.priced {
		names = append(names, c.accountOf(p.step))
	}
	slices.Sort(names)
	return slices.Compact(names)
}
