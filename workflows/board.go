package workflows

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/quota"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/record"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// board holds all generations of one workflow run, in the order in which they started.
type board struct {
	statuses []*generation.Status
	keys     map[string]*generation.Status
	render   func() string
	shown    string

	answers   bool                // queries and decisions about submits
	others    []generation.Status // of other runs
	earlier   []earlier           // those not taken up yet
	searches  []*search
	mails     []*mail
	unclaimed []wire.Signal // for attempts that may still be resumed
	approvals []*approval
	decides   bool // the handlers of approvals are set
	limits    func(account, model string) (quota.Kind, bool)
	choices   map[string]choice // of models of accounts
	leases    []*lease
	droughts  []*drought
	unpaid    []string // accounts, as told last
	onUnpaid  func(workflow.Context)
	pauses    pauses
	asking    workflow.Future               // which submits have not been sent; nil for nobody
	queued    map[*generation.Attempt]*slot // in the line of the account's limits

	task  int             // the history's length, which identifies the workflow task
	added int             // bytes that the workflow task has added to the history
	next  workflow.Future // starts another workflow task
}

func newBoard(limits func(account, model string) (quota.Kind, bool)) *board {
	b := &board{keys: make(map[string]*generation.Status), choices: make(map[string]choice), queued: make(map[*generation.Attempt]*slot), limits: limits}
	b.render = func() string { return details(b.placed(), b.approvals) }
	return b
}

// add puts a generation on the board. Its key must be new.
func (b *board) add(ctx workflow.Context, request generation.Request) (*generation.Status, error) {
	if b.keys[request.Key] != nil {
		return nil, fmt.Errorf("key: generation %q already exists in this workflow run; use a unique key", request.Key)
	}
	if err := b.answer(ctx); err != nil {
		return nil, err
	}
	status := &generation.Status{
		Key: request.Key, Model: request.Model, Account: request.Account, State: generation.StateSubmitting,
	}
	b.keys[request.Key] = status
	b.statuses = append(b.statuses, status)
	return status, nil
}

// answer registers the handlers of queries and of decisions about submits, once.
func (b *board) answer(ctx workflow.Context) error {
	if b.answers {
		return nil
	}
	if err := b.answerQueries(ctx); err != nil {
		return err
	}
	if err := b.takeResolutions(ctx); err != nil {
		return err
	}
	b.answers = true // after the SDK has let others run, so generations start in order
	return nil
}

func (b *board) answerQueries(ctx workflow.Context) error {
	err := workflow.SetQueryHandlerWithOptions(ctx, generation.StatusQuery, b.query,
		workflow.QueryHandlerOptions{Description: "the generations of this workflow: their states, attempts and outputs"})
	if err != nil {
		return err
	}
	return workflow.SetQueryHandlerWithOptions(ctx, wire.KnownQuery, b.known,
		workflow.QueryHandlerOptions{Description: "the predictions of this workflow, for searches for unknown submits"})
}

// maxKnown limits the size of an answer.
const maxKnown = 10_000

// known returns which submit each prediction belongs to, and which submits have none.
func (b *board) known(account string) (wire.KnownPredictions, error) {
	var known wire.KnownPredictions
	for i := range b.others {
		known.Add(&b.others[i], account)
	}
	for _, status := range b.statuses {
		known.Add(status, account)
	}
	known.Predictions = known.Predictions[max(0, len(known.Predictions)-maxKnown):]
	return known, nil
}

func (b *board) query() ([]generation.Status, error) {
	statuses := make([]generation.Status, len(b.statuses))
	for i, status := range b.statuses {
		statuses[i] = b.clone(status)
	}
	return append(statuses, b.left()...), nil
}

// clone copies a generation. If its submit waits for a slot, the copy says for how long. The
// generation itself does not, because what it says may be part of an error.
func (b *board) clone(status *generation.Status) generation.Status {
	clone := record.Clone(*status)
	if n := len(status.Attempts); n > 0 {
		if slot := b.queued[status.Attempts[n-1]]; slot != nil {
			clone.Attempts[n-1].Reason = cmp.Or(slot.why(), clone.Attempts[n-1].Reason)
		}
	}
	return clone
}

// maxPlaced is how many generations in details say how long they wait. There is no room for more.
const maxPlaced = 100

// placed are the generations for details.
func (b *board) placed() []*generation.Status {
	if len(b.queued) == 0 {
		return b.statuses
	}
	placed, n := slices.Clone(b.statuses), 0
	for i, status := range b.statuses {
		if n < maxPlaced && status.State == generation.StateSubmitting {
			n++
			clone := b.clone(status)
			placed[i] = &clone
		}
	}
	return placed
}

// newAttempt starts another attempt of a generation.
func (b *board) newAttempt(status *generation.Status, now time.Time) *generation.Attempt {
	attempt := &generation.Attempt{Number: len(status.Attempts) + 1, State: generation.StateSubmitting, Started: now}
	status.State = generation.StateSubmitting
	status.ErrorType = ""
	status.Attempts = append(status.Attempts, attempt)
	return attempt
}

// UpdateDetails writes the board to the workflow's current details, unless the workflow has set
// its own. See [kernel.Board].
func (b *board) UpdateDetails(ctx workflow.Context) {
	if workflow.GetCurrentDetails(ctx) != b.shown {
		return
	}
	b.shown = b.render()
	workflow.SetCurrentDetails(ctx, b.shown)
}

func (b *board) ShowDetails(ctx workflow.Context, render func([]*generation.Status) string) {
	b.render = func() string { return render(b.placed()) }
	b.UpdateDetails(ctx)
}

// Statuses returns the generations of this workflow run so far, in the order in which they
// started. Generations from [WithEarlier] that have not been taken up come last. The query
// [generation.StatusQuery] returns the same. A workflow that continues as new finds here the
// running predictions, for the new run to adopt.
func Statuses(ctx workflow.Context) []generation.Status {
	statuses, _ := boardOf(ctx).query()
	return statuses
}

func (b *board) StatusOf(key string) (generation.Status, bool) {
	if b.keys[key] == nil {
		return generation.Status{}, false
	}
	return b.clone(b.keys[key]), true
}

// Approvals returns the approvals of the workflow run. The query [generation.ApprovalsQuery]
// returns the same.
func Approvals(ctx workflow.Context) []generation.ApprovalStatus {
	return boardOf(ctx).approvalStatuses()
}
