// Package telemetry is the daemon's metrics and traces, both through the SDK's own
// OpenTelemetry path.
//
// Metrics are always there, in Prometheus form, on the admin listener: those of the
// Temporal SDK, those of generations (their names are in package generation), those of
// the webhook handler, and those of the Go runtime. No label holds an id.
//
// Traces are off until OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT
// says where to send them, over OTLP/HTTP; OTEL's other variables mean what they mean
// everywhere. Spans are those of the SDK's interceptor, which makes none in a replay,
// and one for each delivery, whose signal is its child.
package telemetry
