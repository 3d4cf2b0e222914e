// Package daemon runs what wavespeed-temporal runs: a worker, a webhook handler, or
// both, beside an admin listener with health and readiness.
//
// It is not ready until Temporal answers, and no longer once it is told to stop. Then
// deliveries in flight are answered, activities in flight end and are recorded, and
// only then it ends.
package daemon
