package activities

import (
	"context"
	"errors"
	"math"
	"strings"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// countSubmit reports how the provider answered a submit.
func countSubmit(ctx context.Context, err error) {
	answer := "accepted"
	var failure *temporal.ApplicationError
	if errors.As(err, &failure) {
		answer = strings.TrimPrefix(failure.Type(), "wavespeed.")
	}
	if answer == "SubmitUnknown" {
		answer = "unknown"
	}
	activity.GetMetricsHandler(ctx).WithTags(map[string]string{generation.TagAnswer: answer}).Counter(generation.MetricSubmits).Inc(1)
}

func countSpend(ctx context.Context, model string, price *float64) {
	if price == nil {
		return
	}
	activity.GetMetricsHandler(ctx).WithTags(map[string]string{generation.TagModel: model}).
		Counter(generation.MetricSpend).Inc(int64(math.Round(*price * 1e6)))
}
