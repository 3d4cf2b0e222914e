// Package preflight checks a run of a pipeline with the provider before anything is paid: that
// its models exist and accept the inputs, what the run is likely to cost, and whether the
// balance covers it.
//
// The command line checks before it starts a run. The worker repeats the checks when the run
// starts, so they also apply to runs started through the API.
package preflight
