package keeper

import (
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/quota"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// collected are metrics by name and by their tags account and limit.
type collected struct {
	mu     *sync.Mutex
	values map[string]float64
	tags   map[string]string
}

func (c collected) WithTags(tags map[string]string) client.MetricsHandler {
	all := maps.Clone(c.tags)
	maps.Copy(all, tags)
	return collected{c.mu, c.values, all}
}

func (c collected) key(name string) string {
	return name + " " + c.tags[wire.TagAccount] + " " + c.tags[wire.TagLimit]
}

func (c collected) Counter(name string) client.MetricsCounter {
	return counter(func(n int64) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.values[c.key(name)] += float64(n)
	})
}

func (c collected) Gauge(name string) client.MetricsGauge {
	return gauge(func(value float64) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.values[c.key(name)] = value
	})
}

func (c collected) Timer(string) client.MetricsTimer { return timer{} }

type (
	counter func(int64)
	gauge   func(float64)
	timer   struct{}
)

func (c counter) Inc(n int64)        { c(n) }
func (g gauge) Update(value float64) { g(value) }
func (timer) Record(time.Duration)   {}

// TestMetrics: what the account may and does, and each refusal once, however long the keeper has
// been there.
func TestMetrics(t *testing.T) {
	t.Parallel()
	got := collected{new(sync.Mutex), make(map[string]float64), make(map[string]string)}
	var suite testsuite.WorkflowTestSuite
	suite.SetMetricsHandler(got)
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterWorkflowWithOptions(Keep, workflow.RegisterOptions{Name: wire.KeeperName})
	env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, wire.LeaseSignal("team"), mock.Anything).Return(nil)
	report := quota.Report{WorkflowID: "run", RunID: "run", Group: "run", Seq: 1, Since: 1, Waiting: map[quota.Kind]int{quota.Image: 3}}
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(wire.ReportSignal, report) }, time.Second)
	env.RegisterDelayedCallback(func() {
		report.Seq, report.Seen, report.Slots, report.Refused, report.Ungated = 2, 1, 3, 2, 1 // runs count those
		env.SignalWorkflow(wire.ReportSignal, report)
	}, 2*time.Second)
	var during map[string]float64
	env.RegisterDelayedCallback(func() {
		got.mu.Lock()
		defer got.mu.Unlock()
		during = maps.Clone(got.values)
	}, 3*time.Second)
	env.RegisterDelayedCallback(env.CancelWorkflow, 4*time.Second)

	limits := &wire.Limits{Running: 5, ImagesPerMinute: 2}
	state := &wire.KeeperState{Keeper: quota.NewKeeper(), Configured: limits}
	state.Limits, state.Refused, state.Ungated, state.Foreign = limits.Quota(), 40, 7, 1
	env.ExecuteWorkflow(wire.KeeperName, wire.KeeperInput{Account: "team", State: state})

	require.True(t, env.IsWorkflowCompleted())
	delete(during, "wavespeed_limit_updated_seconds team ")
	maps.DeleteFunc(during, func(name string, _ float64) bool { return !strings.HasPrefix(name, "wavespeed") })
	require.Equal(t, map[string]float64{
		"wavespeed_limit team running": 4, "wavespeed_limit_used team running": 2,
		"wavespeed_limit team per-minute": -1, "wavespeed_limit_used team per-minute": 0,
		"wavespeed_limit team images": 2, "wavespeed_limit_used team images": 2,
		"wavespeed_limit team videos": -1, "wavespeed_limit_used team videos": 0,
		"wavespeed_limit_waiting team ": 1, "wavespeed_limit_others team ": 1,
		"wavespeed_limit_refused team ": 2,
	}, during)
	require.Positive(t, got.values["wavespeed_limit_updated_seconds team "])
}
