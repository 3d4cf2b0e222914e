// Package simulation runs the real workers, workflows, activities and webhook handler in one
// process and in virtual time, against an in-memory Temporal frontend and provider. A single
// number, the seed, determines everything that happens:
//
//	make simulate N=25000
//	go test ./tests/simulation -run TestSeed -args -seed 123 -trace
//
// # What is simulated
//
// One to three workers, each with its own memory, run single generations, several in one
// workflow, some with equal requests, and pipelines of a step and a small for_each, with or
// without budgets. Workers crash after any exchange and others start. They and the handler lose
// their connection to Temporal; tasks and responses are lost, late, or duplicated. Codecs fail.
// Workflows are canceled, terminated, re-run with earlier results, reset to any of their tasks,
// and continued as new. A person decides about unknown submits, after a while and correctly, and
// raises budgets that hold a run. The provider rejects submits, leaves them unanswered, or
// accepts them late. Its list and charges lag, have odd pages, change names and inputs, and omit
// inputs, times and keys. Others use the account, even with our key and equal requests. Webhooks
// are lost, late, duplicated, or about somebody else's prediction. The clocks of provider,
// handler and workers are up to ten minutes off. In seeds from a thousand million on, the
// account's limits are kept, with few slots. In some of them, a person pauses the account or
// lowers its limits for a while.
//
// # What is checked
//
// The provider keeps a ledger of all billed submits and who made them. After each seed, no
// generation is billed twice, except by its policy, by a reset to before its nonce, or by an
// acceptance later than the settle time. Each result is a prediction that its workflow paid
// for, and no two are the same. The charges for a pipeline run stay within its budget at each
// submit, counting refunds for failures until then. The recorded state of each submit is true.
// Every generation has ended, and failed ones failed for a reason that occurred. If one is
// undecided, the oracle could not tell either: it enumerates the worlds that fit the visible
// evidence, and shares no code with the product.
//
// Where the account's limits are kept, no more of our predictions run at once than there are
// slots, and no more are accepted within a minute. Those do not count that were submitted while
// the keeper was away, whose answer did not reach their run, or that a reset run submitted. Limits
// that are learned are not checked. When all has ended and nothing goes wrong any more, a late
// workflow gets all slots within two hours. After its end the keeper knows of no run, and counts
// nothing as running or waiting.
//
// # Bounds
//
// An accepted submit shows in the list and charges within the settle time, or is marked as too
// late. Nobody deletes our predictions. If a key is declared exclusive, nobody else has it. If
// only somebody else's prediction is delivered to an address, and nothing shows that it is not
// ours, we are deceived: such seeds are counted.
//
// # How it stays the same
//
// All goroutines live in a bubble of testing/synctest. Every call that leaves a process blocks
// until the driver handles it. The driver acts only while everything is blocked, on one thing
// at a time, at times drawn from the seed. Calls that arrive together are ordered by their
// content. A dead process is one whose calls nobody handles. Random delays in the product
// depend only on the time (internal/jitter); random bytes in request ids and addresses are
// ignored. Each workflow task replays its whole history.
package simulation
