package workflows

import (
	"errors"
	"strings"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// count increments a metric, except during a replay.
func count(ctx workflow.Context, metric string, tags map[string]string) { add(ctx, metric, tags, 1) }

// add adds to a metric, except during a replay. Nothing is added so that it is known: an alert sees
// an increase only from a known value.
func add(ctx workflow.Context, metric string, tags map[string]string, n int64) {
	workflow.GetMetricsHandler(ctx).WithTags(tags).Counter(metric).Inc(n)
}

// measure reports how a generation ended.
func (r *run) measure(ctx workflow.Context, err error) {
	last := r.attempts[len(r.attempts)-1]
	tags := map[string]string{wire.TagOutcome: outcomeOf(err)}
	if err == nil {
		tags[wire.TagVia] = string(last.via)
	}
	count(ctx, wire.MetricEnded, tags)
	if err == nil && last.via == wire.ViaWebhook && !last.sent.IsZero() {
		took := workflow.Now(ctx).Sub(last.sent)
		workflow.GetMetricsHandler(ctx).Timer(wire.MetricResume).Record(max(took, 0))
	}
}

func outcomeOf(err error) string {
	var failure *temporal.ApplicationError
	switch {
	case err == nil:
		return "completed"
	case errors.As(err, &failure):
		return strings.TrimPrefix(failure.Type(), "wavespeed.")
	default:
		return "canceled"
	}
}
