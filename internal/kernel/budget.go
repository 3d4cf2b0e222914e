package kernel

import (
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/usd"
)

// Budget limits the cost of the generations of a run. See [workflows.Budget].
type Budget struct {
	// Limit is required.
	Limit generation.USD

	// Wait holds submits that the limit does not cover until [Budget.Raise].
	Wait bool

	// OnHold is called when what the limit does not cover begins to wait, and when it waits no
	// longer.
	OnHold func(ctx workflow.Context)

	spent      generation.USD
	reserved   generation.USD
	submitting int
	grants     int
	stopped    bool // with Wait: a price does not fit, and all later submits wait
	changes    int
	held       int
	uncovered  generation.USD            // the price that does not fit; 0 while all do
	prices     map[string]generation.USD // the highest seen, by model
}

type budgetKey struct{}

// WithBudget makes the generations of a context draw on a budget.
func WithBudget(ctx workflow.Context, budget *Budget) workflow.Context {
	return workflow.WithValue(ctx, budgetKey{}, budget)
}

// BudgetOf returns the budget of a context; nil without one.
func BudgetOf(ctx workflow.Context) *Budget {
	budget, _ := ctx.Value(budgetKey{}).(*Budget)
	return budget
}

// Raise sets another limit, so waiting submits can continue.
func (b *Budget) Raise(limit generation.USD) {
	b.Limit = limit
	b.change()
}

// change makes all waiting submits check again.
func (b *Budget) change() {
	b.stopped, b.uncovered = false, 0
	b.changes++
}

// Spent returns what accepted submits have cost so far, in USD.
func (b *Budget) Spent() generation.USD { return b.spent }

// Held returns how many generations wait for a higher limit, and the price of the first.
func (b *Budget) Held() (generations int, price generation.USD) { return b.held, b.uncovered }

// Uncovered returns the price that did not fit, in USD; 0 if none.
func (b *Budget) Uncovered() generation.USD { return b.uncovered }

// Expect sets the likely cost of a model's submits, so many can be sent concurrently before the
// first has been priced.
func (b *Budget) Expect(model string, usd generation.USD) {
	if b.prices == nil {
		b.prices = make(map[string]generation.USD)
	}
	b.prices[model] = max(b.prices[model], usd)
}

// Expected returns the likely cost of a model's submits; 0 if unknown.
func (b *Budget) Expected(model string) generation.USD { return b.prices[model] }

// Grant takes up to want out of the budget for a child workflow, or nothing if less than least
// is left. Report what the child spent to [Budget.Settle].
func (b *Budget) Grant(want, least generation.USD) (granted generation.USD, ok bool) {
	granted = min(want, b.free())
	if granted <= 0 || granted < least {
		return 0, false
	}
	b.reserved = usd.Add(b.reserved, granted)
	b.grants++
	return granted, true
}

// Settle ends a grant and records how much of it was spent.
func (b *Budget) Settle(granted, spent generation.USD) {
	b.reserved -= granted
	b.spent = usd.Add(b.spent, spent)
	b.grants--
	b.change()
}

// Busy reports whether part of the budget may be returned without anybody's action: a submit
// has no response yet, or a grant is not settled.
func (b *Budget) Busy() bool { return b.submitting > 0 || b.grants > 0 }

// AwaitChange waits until money is returned or the limit changes.
func (b *Budget) AwaitChange(ctx workflow.Context) error { return workflow.Await(ctx, b.Changes()) }

// Changes returns a function that reports whether money was returned, or the limit changed,
// since the call.
func (b *Budget) Changes() func() bool {
	seen := b.changes
	return func() bool { return b.changes != seen }
}

// Hold is AwaitChange for a price that the limit does not cover.
func (b *Budget) Hold(ctx workflow.Context, price generation.USD) error {
	b.stopped, b.uncovered = true, price
	b.Holds(ctx, 1)
	defer b.Holds(ctx, -1)
	BoardOf(ctx).UpdateDetails(ctx)
	return b.AwaitChange(ctx)
}

// Holds notes that more, or fewer, wait for a larger limit.
func (b *Budget) Holds(ctx workflow.Context, more int) {
	b.held += more
	if b.OnHold != nil {
		b.OnHold(ctx)
	}
}

// Stopped reports whether a price does not fit, so that all later submits wait.
func (b *Budget) Stopped() bool { return b.stopped }

func (b *Budget) free() generation.USD { return max(usd.Sub(usd.Sub(b.Limit, b.spent), b.reserved), 0) }

// Reserve takes the maximum cost of a submit of a model out of the budget, or nothing if the
// submit has to wait. The price is the submit's, if it is known. Report what it cost to
// [Budget.Return].
//
// A submit's price is only known once the provider was asked. So the submit is sent with a
// maximum price: the highest price seen of its model, or else all that is left. Other submits
// wait until the actual price is known.
func (b *Budget) Reserve(model string, price generation.USD) (share generation.USD, ok bool) {
	need := max(price, b.prices[model])
	switch {
	case need > 0 && need <= b.free() && !b.stopped:
		share = need
	case b.submitting > 0 || b.stopped:
		return 0, false
	case price > b.free():
		b.stopped, b.uncovered = b.Wait, price
		return 0, false
	default:
		share = b.free()
	}
	b.reserved = usd.Add(b.reserved, share)
	b.submitting++
	return share, true
}

// Return ends a reservation and records how much of it was spent.
func (b *Budget) Return(share, spent generation.USD) {
	b.reserved -= share
	b.submitting--
	b.spent = usd.Add(b.spent, spent)
	b.changes++
}

// Refund returns what turned out to cost nothing.
func (b *Budget) Refund(spent generation.USD) {
	b.spent = max(b.spent-spent, 0)
	b.change()
}
