package telemetry

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/attribute"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"

	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
)

// buckets are in seconds: from a local response to a video.
var buckets = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 10800}

// Metrics collects metrics for Prometheus.
type Metrics struct {
	registry *prometheus.Registry
	meter    metric.Meter
	logger   *slog.Logger
	answers  metric.Int64Counter
	took     metric.Float64Histogram
}

// NewMetrics creates independent metrics: two daemons in one process share none.
func NewMetrics(logger *slog.Logger) (*Metrics, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(registry), otelprometheus.WithoutScopeInfo(), otelprometheus.WithoutTargetInfo())
	if err != nil {
		return nil, err
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter), sdkmetric.WithView(sdkmetric.NewView(
		sdkmetric.Instrument{Kind: sdkmetric.InstrumentKindHistogram},
		sdkmetric.Stream{Aggregation: sdkmetric.AggregationExplicitBucketHistogram{Boundaries: buckets}},
	)))
	m := &Metrics{registry: registry, meter: provider.Meter("wavespeed-temporal"), logger: logger}
	if m.answers, err = m.meter.Int64Counter("wavespeed_webhook_answers", metric.WithDescription("Deliveries answered, by reason.")); err != nil {
		return nil, err
	}
	m.took, err = m.meter.Float64Histogram("wavespeed_webhook_duration", metric.WithUnit("s"), metric.WithDescription("How long answers to deliveries took."))
	return m, err
}

// Handler returns the metrics handler for Temporal's client, which its workers use too.
func (m *Metrics) Handler() client.MetricsHandler {
	return opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
		Meter:                m.meter,
		UseMonotonicCounters: true,
		// Some of the SDK's names conflict here. A missing metric should not stop the program.
		OnError: func(err error) { m.logger.Warn("metrics", "error", err) },
	})
}

// ServeHTTP serves Prometheus.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}

// Observe counts the webhook handler's answers.
func (m *Metrics) Observe(answer webhook.Answer) {
	ctx := context.Background()
	m.answers.Add(ctx, 1, metric.WithAttributes(attribute.String("reason", answer.Reason), attribute.String("account", answer.Account)))
	m.took.Record(ctx, answer.Took.Seconds(), metric.WithAttributes(attribute.String("reason", answer.Reason)))
}

// countTimeout limits how long a scrape waits.
const countTimeout = 2 * time.Second

// Running reports the number of running standalone generations; count returns it at each
// scrape. Every worker of a namespace reports the same number.
func (m *Metrics) Running(count func(context.Context) (int64, error)) error {
	gauge, err := m.meter.Int64ObservableGauge("wavespeed_generations_running",
		metric.WithDescription("Running workflows wavespeed.Generate in the namespace, by its visibility. Each worker reports all."))
	if err != nil {
		return err
	}
	_, err = m.meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		ctx, cancel := context.WithTimeout(ctx, countTimeout)
		defer cancel()
		n, err := count(ctx)
		if err != nil {
			m.logger.Debug("metrics", "error", err)
			return nil
		}
		o.ObserveInt64(gauge, n)
		return nil
	}, gauge)
	return err
}
