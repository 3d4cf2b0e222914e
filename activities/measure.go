package activities

import (
	"context"
	"errors"
	"strings"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/usd"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// countSubmit counts how the provider answered a submit.
func countSubmit(ctx context.Context, err error) {
	answer := "accepted"
	var failure *temporal.ApplicationError
	if errors.As(err, &failure) {
		answer = strings.TrimPrefix(failure.Type(), "wavespeed.")
	}
	if answer == "SubmitUnknown" {
		answer = "unknown"
	}
	activity.GetMetricsHandler(ctx).WithTags(map[string]string{wire.TagAnswer: answer}).Counter(wire.MetricSubmits).Inc(1)
}

// microDollar is the unit in which spending is counted.
const microDollar = usd.Dollar / 1e6

func countSpend(ctx context.Context, model string, price *generation.USD) {
	if price == nil {
		return
	}
	activity.GetMetricsHandler(ctx).WithTags(map[string]string{wire.TagModel: model}).
		Counter(wire.MetricSpend).Inc(int64((*price + microDollar/2) / microDollar))
}

// isUnknown reports whether an error leaves open whether a submit was accepted.
func isUnknown(err error) bool {
	return generation.ErrorTypeOf(err) == generation.ErrorTypeSubmitUnknown
}
