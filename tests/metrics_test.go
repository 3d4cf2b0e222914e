package tests

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// sample is one line of Prometheus' form.
var sample = regexp.MustCompile(`(?m)^([a-z_0-9]+)(\{[^}]*\})? (\S+)$`)

// scrape reads a daemon's metrics.
func scrape(t *testing.T, admin string) string {
	t.Helper()
	response, err := http.Get("http://" + admin + "/metrics")
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(body)
}

// sum adds up the samples with this name that have all of these labels.
func sum(metrics, name string, labels ...string) float64 {
	total := 0.0
	for _, match := range sample.FindAllStringSubmatch(metrics, -1) {
		if match[1] != name {
			continue
		}
		has := true
		for _, label := range labels {
			has = has && strings.Contains(match[2], label)
		}
		if value, err := strconv.ParseFloat(match[3], 64); err == nil && has {
			total += value
		}
	}
	return total
}

// TestMetrics: each thing that happens is counted once, under labels that hold no id.
func TestMetrics(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Simulator: wavespeedtest.Options{
		// The webhook of a prediction that ended at once would be early, and say nothing of time.
		Duration: 1500 * time.Millisecond,
		Behavior: listing,
		Faults: []wavespeedtest.Fault{
			{Kind: wavespeedtest.WebhookLost, Nth: 2, Times: 1},
			{Kind: wavespeedtest.AcceptedReset, Nth: 3, Times: 1},
			{Kind: wavespeedtest.Fails, Nth: 4, Times: 1},
		},
	}})
	var ids []string
	for _, request := range []generation.Request{still("a lighthouse"), soon(still("a lighthouse")), still("a lighthouse")} {
		run := s.Generate(request)
		result, err := s.Result(run)
		require.NoError(t, err)
		ids = append(ids, run.GetID(), result.PredictionID)
	}
	_, err := s.Result(s.Generate(still("a lighthouse")))
	require.Error(t, err)
	response, err := http.Post(s.WebhookURL+"/forged", "application/json", bytes.NewReader([]byte("{}")))
	require.NoError(t, err)
	response.Body.Close()
	s.AwaitState(s.Generate(soon(neverEnds(t, s))), generation.StatePolling)

	// The unknown one may have been found in the list before its webhook came. A delivery that
	// Temporal kept waiting too long is answered as unavailable, and comes again.
	answers := func(metrics string) (delivered, postponed float64) {
		postponed = sum(metrics, "wavespeed_webhook_answers_total", `reason="unavailable"`)
		return sum(metrics, "wavespeed_webhook_answers_total", `account="default"`) - postponed, postponed
	}
	var handler string
	stack.Eventually(t, "a delivery is missing", func() bool {
		handler = scrape(t, s.HookAdmin)
		delivered, postponed := answers(handler)
		return delivered >= 3 && sum(handler, "wavespeed_webhook_duration_seconds_count") >= 1+delivered+postponed
	})
	worker := scrape(t, s.Admin)
	delivered, postponed := answers(handler)
	require.EqualValues(t, 3, delivered, handler)
	require.EqualValues(t, 4+postponed, sum(handler, "wavespeed_webhook_duration_seconds_count"), handler)
	// What a workflow task did is done, and counted, again where Temporal refuses the task's
	// answer, since something came in meanwhile.
	refused := sum(worker, "temporal_request_failure_total", `operation="RespondWorkflowTaskCompleted"`)
	for _, want := range []struct {
		metrics, name string
		labels        []string
		value         float64
	}{
		{worker, "wavespeed_generations_started_total", nil, 5},
		{worker, "wavespeed_generations_ended_total", []string{`outcome="completed"`}, 3},
		{worker, "wavespeed_generations_ended_total", []string{`outcome="PredictionFailed"`}, 1},
		{worker, "wavespeed_submits_total", []string{`answer="accepted"`}, 4},
		{worker, "wavespeed_submits_total", []string{`answer="unknown"`}, 1},
		{worker, "wavespeed_unknown_submits_total", nil, 1},
		{handler, "wavespeed_webhook_answers_total", []string{`reason="unknown_address"`}, 1},
	} {
		got := sum(want.metrics, want.name, want.labels...)
		require.GreaterOrEqual(t, got, want.value, "%s%v in\n%s", want.name, want.labels, want.metrics)
		require.LessOrEqual(t, got, want.value+refused, "%s%v in\n%s", want.name, want.labels, want.metrics)
	}
	require.Positive(t, sum(worker, "wavespeed_generations_ended_total", `via="webhook"`))
	require.Positive(t, sum(worker, "wavespeed_generations_ended_total", `via="poll"`))
	require.Positive(t, sum(worker, "wavespeed_resume_latency_seconds_count"))
	require.Positive(t, sum(handler, "wavespeed_webhook_answers_total", `reason="signaled"`))
	require.Positive(t, sum(worker, "wavespeed_spend_microdollars_total", `model="`+model+`"`))
	require.Positive(t, sum(worker, "temporal_request_total"), "the SDK's own")
	require.Positive(t, sum(worker, "process_resident_memory_bytes"))
	stack.Eventually(t, "the running one is not counted", func() bool {
		return sum(scrape(t, s.Admin), "wavespeed_generations_running") >= 1
	})
	for _, id := range append(ids, "lighthouse", wavespeedtest.DefaultKey) {
		require.NotContains(t, worker+handler, id)
	}
}

// neverEnds asks for a prediction that continues for ever.
func neverEnds(t *testing.T, s *stack.System) generation.Request {
	t.Helper()
	require.NoError(t, s.Simulator.Inject(wavespeedtest.Fault{Kind: wavespeedtest.NeverEnds}))
	return still("a lighthouse")
}
