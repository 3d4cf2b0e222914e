// Package engine runs pipelines: it is the workflow [pipeline.WorkflowName].
//
// A run checks its pipeline first, in an activity, so that whoever starts it learns of
// every mistake before anything is paid. Then each step runs as soon as what it refers to
// is there: a generation with its fallbacks, one for each item of a list, or a question
// to people. Each of them is a function of package workflows, which a workflow of one's
// own can call as well: [workflows.Generate], [workflows.Fallback], [workflows.ForEach],
// [workflows.Approve], [workflows.WithBudget], [workflows.WithEarlier].
//
// # Many items
//
// A few dozen items are made in the run itself. More are handed in chunks to child
// workflows, some at a time, so that the history of each stays short: the run's own grows
// by some forty events for 250 items. A child that must stop early, since too many items
// have failed or its share of the budget is spent, gives back what it has not started.
//
// # The journal
//
// Everything that is known to have been made of a step is in its journal: what was made in
// this run, in its children and in earlier runs. What counts of an item, what people had made
// again, and what it all cost are questions to the journal.
//
// # Commands
//
// A replay must issue the commands that the history has. They depend on what users and
// providers gave, and on fixed amounts for records of our own (size.go), never on how large a
// record is or on what is shown.
//
// # Resuming
//
// A run that resumes another reads by query what that one has made, also after its end,
// and gives it to its generations as earlier results: whatever asks for the same is not
// submitted again.
package engine
