package tests

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// spans is an OpenTelemetry collector that keeps what it gets.
type spans struct {
	mu  sync.Mutex
	all []*trace.Span
}

func (s *spans) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var request collector.ExportTraceServiceRequest
	if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, &request) != nil {
		http.Error(w, "not OTLP", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, resource := range request.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			s.all = append(s.all, scope.GetSpans()...)
		}
	}
}

// named are the spans with this name.
func (s *spans) named(name string) []*trace.Span {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*trace.Span
	for _, span := range s.all {
		if span.GetName() == name {
			found = append(found, span)
		}
	}
	return found
}

// dump is all that the spans say.
func (s *spans) dump() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var text strings.Builder
	for _, span := range s.all {
		text.WriteString(span.String())
	}
	return text.String()
}

// TestTraces: from the submit to the workflow, and from the delivery over the signal to
// the workflow; once each, though a second worker replays the run.
func TestTraces(t *testing.T) {
	t.Parallel()
	collected := &spans{}
	server := httptest.NewServer(collected)
	t.Cleanup(server.Close)
	s := stack.Start(t, stack.Options{
		Simulator: wavespeedtest.Options{Duration: 5 * time.Second},
		Env:       []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + server.URL, "OTEL_BSP_SCHEDULE_DELAY=100"},
	})
	run := s.Generate(still("a lighthouse"))
	s.AwaitState(run, generation.StateWaiting)
	stack.Eventually(t, "the submit's span is missing", func() bool { return len(collected.named("RunActivity:"+wire.SubmitName)) == 1 })
	s.Worker.Kill()
	s.StartWorker()
	_, err := s.Result(run)
	require.NoError(t, err)

	signal := "SignalWorkflow:" + wire.SignalName("still")
	handled := "HandleSignal:" + wire.SignalName("still")
	for _, name := range []string{"webhook", signal, handled, "StartActivity:" + wire.SubmitName, "RunActivity:" + wire.SubmitName} {
		stack.Eventually(t, name+" is missing", func() bool { return len(collected.named(name)) > 0 })
	}
	// A busy server may have a delivery come twice: that is two webhooks.
	requireParent(t, requireParent(t, only(t, collected.named(handled)), collected.named(signal)), collected.named("webhook"))
	submitted := only(t, collected.named("StartActivity:"+wire.SubmitName))
	requireParent(t, only(t, collected.named("RunActivity:"+wire.SubmitName)), []*trace.Span{submitted})
	for _, secret := range []string{"lighthouse", wavespeedtest.DefaultKey, wavespeedtest.DefaultSecret, address(t, s)} {
		require.NotContains(t, collected.dump(), secret)
	}
}

func only(t *testing.T, spans []*trace.Span) *trace.Span {
	t.Helper()
	require.Len(t, spans, 1)
	return spans[0]
}

// requireParent is the one of these that the child belongs under.
func requireParent(t *testing.T, child *trace.Span, among []*trace.Span) *trace.Span {
	t.Helper()
	i := slices.IndexFunc(among, func(span *trace.Span) bool {
		return slices.Equal(span.GetSpanId(), child.GetParentSpanId()) && slices.Equal(span.GetTraceId(), child.GetTraceId())
	})
	require.GreaterOrEqual(t, i, 0, "%s has no parent", child.GetName())
	return among[i]
}

// address is the last part of the webhook's URL.
func address(t *testing.T, s *stack.System) string {
	t.Helper()
	webhook := s.Simulator.Ledger()[0].WebhookURL
	address := webhook[strings.LastIndexByte(webhook, '/')+1:]
	require.NotEmpty(t, address)
	return address
}
