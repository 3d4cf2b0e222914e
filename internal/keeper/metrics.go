package keeper

import (
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/quota"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// pools are all limits, by the words in which people set them.
var pools = []struct {
	pool quota.Pool
	name string
}{{quota.Running, "running"}, {quota.Starts, "per-minute"}, {quota.Images, "images"}, {quota.Videos, "videos"}}

// metrics reports the account, except during a replay.
type metrics struct {
	limits, used             []client.MetricsGauge // of each pool
	waiting, others, updated client.MetricsGauge
	refused                  total
}

// total is a counter of what the state counts.
type total struct {
	client.MetricsCounter
	counted int
}

func (t *total) add(now int) {
	t.Inc(int64(max(now-t.counted, 0)))
	t.counted = now
}

// newMetrics counts from what the state has counted already.
func newMetrics(ctx workflow.Context, account string, state *wire.KeeperState) *metrics {
	handler := workflow.GetMetricsHandler(ctx).WithTags(map[string]string{wire.TagAccount: account})
	m := &metrics{
		waiting: handler.Gauge(wire.MetricLimitWaiting), others: handler.Gauge(wire.MetricLimitOthers), updated: handler.Gauge(wire.MetricLimitUpdated),
		refused: total{handler.Counter(wire.MetricLimitRefused), state.Refused},
	}
	for _, p := range pools {
		of := handler.WithTags(map[string]string{wire.TagLimit: p.name})
		m.limits, m.used = append(m.limits, of.Gauge(wire.MetricLimit)), append(m.used, of.Gauge(wire.MetricLimitUsed))
	}
	return m
}

// noLimit is what the metric of a limit says where there is none.
const noLimit = -1

func (m *metrics) report(now time.Time, state *wire.KeeperState) {
	for i, p := range pools {
		limit, limited := state.Limit(p.pool)
		if !limited {
			limit = noLimit
		}
		m.limits[i].Update(float64(limit))
		m.used[i].Update(float64(state.Granted(p.pool, now)))
	}
	m.waiting.Update(float64(state.InLine(now)))
	m.others.Update(float64(state.Others()))
	m.updated.Update(float64(now.Unix()))
	m.refused.add(state.Refused)
}
