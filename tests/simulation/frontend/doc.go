// Package frontend is an in-memory Temporal frontend: enough of it for the real SDK, with
// histories as the server writes them. It answers no call by itself and has no clock and no
// goroutine: its host decides when each thing happens.
//
// It omits visibility, schedules, Nexus, versioning, cron, workflow retry policies and limits.
// Workflow tasks time out as on the server, but each attempt is written to the history, whereas
// the server writes only the first.
package frontend
