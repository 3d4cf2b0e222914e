// Package simulation runs the real workers, workflows, activities and webhook handler in
// one process and in virtual time, against Temporal's frontend and a provider in memory.
// One number, the seed, draws everything that happens:
//
//	make simulate N=25000
//	go test ./tests/simulation -run TestSeed -args -seed 123 -trace
//
// # What is simulated
//
// One to three workers, each with a memory of its own, run generations one by one, several
// in a workflow, some in the same words, and pipelines of a step and a small list of
// others, with budgets or without. Workers crash after any exchange and others begin; they
// and the handler are cut off from Temporal; tasks and answers are lost, late, or come
// twice. Workflows are canceled, terminated, run again with what they had, reset to any of
// their tasks, and continued as new. A person decides about unknown submits, after a while
// and as the ledger has it, and raises budgets that hold a run. The provider refuses
// submits, leaves them without an answer, accepts them late; its list and charges lag, are
// cut into odd pages, change names and inputs, leave out inputs, times and keys; others
// use the account, even with our key and our words. Webhooks are lost, late, doubled, or
// about somebody else's prediction. The clocks of provider, handler and workers are up to
// ten minutes off.
//
// # What is checked
//
// The provider keeps a ledger of what it has billed and who submitted it. After each seed
// no generation is billed twice, but by its policy, by a reset to before its nonce, or by
// an acceptance later than the settle time. Each result is of a prediction that its
// workflow paid for, and no two have the same. What is billed for a run of a pipeline is
// within its budget at each submit; what had failed by then is refunded. What is said of
// each submit is true. Every generation has ended, and those that failed did so for a
// reason that was given. And where one is undecided, the oracle could not tell either: it
// enumerates the worlds that fit what was to be seen, and shares no code with the product.
//
// # Bounds
//
// What was accepted shows in list and charges within the settle time, or is marked as too
// late. Nobody deletes a prediction of ours. Where a key is said to be exclusive, nobody
// else has it. An address at which somebody else's prediction alone was delivered, with
// nothing to show that it is somebody else's, deceives us: such seeds are counted.
//
// # How it stays the same
//
// All goroutines live in a bubble of testing/synctest. What leaves a process stands still
// until the driver takes it, and the driver acts only while everything stands still, on one
// thing at a time, at times that differ by chance. Calls that arrive together are put in
// order by what they are about. A dead process is one whose calls nobody takes. What is
// random in the product spreads by the time alone (internal/jitter); random bytes in request
// ids and addresses are not looked at. Each workflow task replays its whole history.
package simulation
