package activities

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
)

const (
	// outageCalls consecutive failures over outageTime are an outage.
	outageCalls = 3
	outageTime  = 5 * time.Second

	// outageEvery is how often a continuing outage is logged.
	outageEvery = 10 * time.Minute
)

// watched is a provider whose outages are logged, instead of each failed call of thousands.
type watched struct {
	provider.Provider
	account string

	mu     sync.Mutex
	failed int       // consecutive failures
	since  time.Time // the first of them
	logged time.Time // zero while no outage is logged
}

// watchAll watches the providers of all accounts.
func watchAll(accounts map[string]provider.Provider) map[string]provider.Provider {
	all := make(map[string]provider.Provider, len(accounts))
	for name, at := range accounts {
		if at != nil {
			at = &watched{Provider: at, account: name}
		}
		all[name] = at
	}
	return all
}

func (w *watched) Submit(ctx context.Context, request provider.SubmitRequest) (provider.Prediction, error) {
	prediction, err := w.Provider.Submit(ctx, request)
	w.note(ctx, err)
	return prediction, err
}

func (w *watched) Result(ctx context.Context, id string) (provider.Prediction, error) {
	prediction, err := w.Provider.Result(ctx, id)
	w.note(ctx, err)
	return prediction, err
}

func (w *watched) List(ctx context.Context, options provider.ListOptions) (provider.Page, error) {
	page, err := w.Provider.List(ctx, options)
	w.note(ctx, err)
	return page, err
}

func (w *watched) Charges(ctx context.Context, options provider.ChargesOptions) (provider.ChargePage, error) {
	page, err := w.Provider.Charges(ctx, options)
	w.note(ctx, err)
	return page, err
}

func (w *watched) Price(ctx context.Context, model string, input any) (provider.Price, error) {
	price, err := w.Provider.Price(ctx, model, input)
	w.note(ctx, err)
	return price, err
}

func (w *watched) Models(ctx context.Context) ([]provider.Model, error) {
	models, err := w.Provider.Models(ctx)
	w.note(ctx, err)
	return models, err
}

func (w *watched) Balance(ctx context.Context) (generation.USD, error) {
	balance, err := w.Provider.Balance(ctx)
	w.note(ctx, err)
	return balance, err
}

// note records the end of a call.
func (w *watched) note(ctx context.Context, err error) {
	var failure *provider.Error
	switch isError := errors.As(err, &failure); {
	case err == nil, isError && failure.Answered():
		w.answered(ctx)
	case isError && failure.Kind != provider.Invalid && !errors.Is(err, context.Canceled):
		w.unanswered(ctx, err)
	}
}

func (w *watched) answered(ctx context.Context) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.logged.IsZero() && activity.IsActivity(ctx) {
		activity.GetLogger(ctx).Info("WaveSpeed answers again", "account", w.account, "after", time.Since(w.since).Round(time.Second))
	}
	w.failed, w.logged = 0, time.Time{}
}

func (w *watched) unanswered(ctx context.Context, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if w.failed == 0 {
		w.since = now
	}
	w.failed++
	if w.failed < outageCalls || now.Sub(w.since) < outageTime || now.Sub(w.logged) < outageEvery || !activity.IsActivity(ctx) {
		return
	}
	w.logged = now
	activity.GetLogger(ctx).Warn("WaveSpeed does not answer; generations of the account wait",
		"account", w.account, "calls", w.failed, "for", now.Sub(w.since).Round(time.Second), "error", err)
}
