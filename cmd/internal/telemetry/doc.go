// Package telemetry provides the daemon's metrics and traces, using the SDK's OpenTelemetry
// support.
//
// Metrics are always available on the admin listener, in Prometheus format: those of the
// Temporal SDK, of generations (package generation lists their names), of the webhook handler,
// and of the Go runtime. No label contains an id.
//
// Traces are off unless OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT says
// where to send them, over OTLP/HTTP. Other OTEL variables have their usual meaning. The SDK's
// interceptor creates spans, except during replays. Each delivery has a span, with its signal
// as a child.
package telemetry
