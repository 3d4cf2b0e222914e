// Package daemon runs the daemons of wavespeed-temporal: a worker, a webhook handler, or both,
// plus an admin listener for health and readiness.
//
// The daemon is ready once Temporal answers. It becomes unready when it is told to stop. It
// then answers deliveries in flight, finishes and records running activities, and exits.
package daemon
