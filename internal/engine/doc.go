// Package engine runs pipelines: it is the workflow [pipeline.WorkflowName].
//
// A run first checks its pipeline, in an activity, so that every problem is reported before
// anything is paid. Then each step runs as soon as the steps it refers to have completed: a
// generation with its fallbacks, one per item of a list, or an approval. Each of these is a
// function of package workflows that your own workflows can call too: [workflows.Generate],
// [workflows.Fallback], [workflows.ForEach], [workflows.Approve], [kernel.WithBudget],
// [workflows.WithEarlier].
//
// # Many items
//
// The run itself processes up to a few dozen items. It passes larger lists in chunks to child
// workflows, several at a time, so that every history stays short: the run's own grows by about
// forty events for 250 items. A child that must stop early, because too many items have failed
// or its share of the budget is spent, returns the items that it has not started.
//
// # The journal
//
// A step's journal contains all its known results: those of this run, of its children and of
// earlier runs. The journal answers which result of an item counts, what people regenerated,
// and what it all cost.
//
// # Commands
//
// A replay must issue the commands that the history has. They depend on what users and
// providers gave, and on fixed amounts for records of our own (size.go), never on how large a
// record is or on what is shown.
//
// # Resuming
//
// A run that resumes another queries that run's results, even after its end, and passes them to
// its generations as earlier results. Generations with the same request are not submitted
// again.
package engine
