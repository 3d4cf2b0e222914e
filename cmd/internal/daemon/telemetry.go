package daemon

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/telemetry"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// observe makes Temporal's client, and everything built on it, report metrics and traces.
func (d *daemon) observe(ctx context.Context) (err error) {
	if d.metrics, err = telemetry.NewMetrics(d.Logger); err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	if d.traces, err = telemetry.NewTraces(ctx); err != nil {
		return fmt.Errorf("traces (OTEL_EXPORTER_OTLP_ENDPOINT): %w", err)
	}
	interceptors, err := d.traces.Interceptors()
	if err != nil {
		return fmt.Errorf("traces: %w", err)
	}
	d.Temporal.MetricsHandler = d.metrics.Handler()
	d.Temporal.Interceptors = append(d.Temporal.Interceptors, interceptors...)
	return nil
}

// countRunning counts running generation workflows with Temporal's visibility.
func (d *daemon) countRunning(ctx context.Context) (int64, error) {
	answer, err := d.client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: d.Temporal.Namespace,
		Query:     fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Running'", generation.WorkflowName),
	})
	return answer.GetCount(), err
}

// flushTimeout limits sending the last spans.
const flushTimeout = 5 * time.Second

func (d *daemon) flush() {
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	if err := d.traces.Shutdown(ctx); err != nil {
		d.Logger.Warn("traces: could not send the last spans", "error", err)
	}
}
