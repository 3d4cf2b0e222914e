// Package frontend is Temporal's frontend in memory: enough of it for the real SDK, with
// histories as the server writes them. It answers no call by itself and owns no clock and
// no goroutine: its host says when each thing happens.
//
// What it leaves out: visibility, schedules, Nexus, versioning, cron and workflow retry
// policies, limits. A workflow task's times out as on the server, but each of its attempts
// is written to the history, where the server writes the first.
package frontend
