// Package preflight checks a run of a pipeline against the provider before anything is
// paid: that its models exist, that their own schemas take the inputs, what it is likely to
// cost, and whether the balance covers that.
//
// The command line does so before it starts a run, and the worker again when the run
// begins, for whoever started it in another way.
package preflight
