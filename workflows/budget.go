package workflows

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/usd"
)

// Budget limits the total cost of generations. Each submit is priced first; one that would
// exceed the limit is not sent. Failed predictions do not count, because the provider refunds
// them.
//
//	ctx = workflows.WithBudget(ctx, &workflows.Budget{Limit: generation.Dollars(2.50)})
//
// A budget belongs to one workflow run. Don't change its fields once it is in use.
type Budget struct {
	// Limit is required.
	Limit generation.USD

	// Wait holds submits that the limit does not cover until [Budget.Raise]. By default, they
	// fail with [generation.ErrorTypeBudgetExceeded].
	Wait bool

	// OnHold is called when what the limit does not cover begins to wait, and when it waits no
	// longer. It must not block. Defaults to nothing.
	OnHold func(ctx workflow.Context)

	spent      generation.USD
	reserved   generation.USD
	submitting int
	grants     int
	stopped    bool // with Wait: a price does not fit, and all later submits wait
	changes    int
	held       int
	needs      generation.USD            // the price that does not fit; 0 while all do
	prices     map[string]generation.USD // the highest seen, by model
}

type budgetKey struct{}

// WithBudget makes the generations of a context draw on a budget.
func WithBudget(ctx workflow.Context, budget *Budget) workflow.Context {
	return workflow.WithValue(ctx, budgetKey{}, budget)
}

func budgetOf(ctx workflow.Context) *Budget {
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
	b.stopped, b.needs = false, 0
	b.changes++
}

// Spent returns what accepted submits have cost so far, in USD.
func (b *Budget) Spent() generation.USD { return b.spent }

// Held returns how many generations wait for a higher limit, and the price of the first.
func (b *Budget) Held() (generations int, price generation.USD) { return b.held, b.needs }

// Needs returns the price that did not fit, in USD; 0 if none.
func (b *Budget) Needs() generation.USD { return b.needs }

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
func (b *Budget) AwaitChange(ctx workflow.Context) error {
	seen := b.changes
	return workflow.Await(ctx, func() bool { return b.changes != seen })
}

// Hold is AwaitChange for a price that the limit does not cover.
func (b *Budget) Hold(ctx workflow.Context, price generation.USD) error {
	b.stopped, b.needs = true, price
	b.hold(ctx, 1)
	defer b.hold(ctx, -1)
	UpdateDetails(ctx)
	return b.AwaitChange(ctx)
}

// hold notes that more, or fewer, wait for a larger limit.
func (b *Budget) hold(ctx workflow.Context, more int) {
	b.held += more
	if b.OnHold != nil {
		b.OnHold(ctx)
	}
}

func (b *Budget) free() generation.USD { return max(usd.Sub(usd.Sub(b.Limit, b.spent), b.reserved), 0) }

// reserve takes the maximum cost of the attempt's submit from the budget; nil without a budget.
//
// A submit's price is only known once the provider was asked. So the submit is sent with a
// maximum price: the highest price seen of its model, or else all that is left. Other submits
// wait until the actual price is known.
func (r *run) reserve(ctx workflow.Context, a *attempt) (*generation.USD, error) {
	b := r.budget
	if b == nil {
		return nil, nil
	}
	for {
		share, ok := b.share(r)
		switch {
		case ok:
			b.reserved = usd.Add(b.reserved, share)
			b.submitting++
			return &share, nil
		case !b.Busy() && !b.Wait:
			return nil, r.overBudget(ctx, a)
		}
		if err := r.hold(ctx, a); err != nil {
			return nil, err
		}
	}
}

// share returns how much to reserve for the submit, or false if it has to wait.
func (b *Budget) share(r *run) (generation.USD, bool) {
	need := max(r.price, b.prices[r.request.Model])
	switch {
	case need > 0 && need <= b.free() && !b.stopped:
		return need, true
	case b.submitting > 0 || b.stopped:
		return 0, false
	case r.price > b.free():
		b.stopped, b.needs = b.Wait, r.price
		return 0, false
	default:
		return b.free(), true
	}
}

// hold waits until more of the budget is available. That time does not count towards the
// generation's deadline.
func (r *run) hold(ctx workflow.Context, a *attempt) error {
	b := r.budget
	began, seen := workflow.Now(ctx), b.changes
	if b.stopped {
		b.hold(ctx, 1)
		defer b.hold(ctx, -1)
		r.enter(ctx, a, generation.StateHeld, fmt.Sprintf("the budget of %s does not cover it", b.Limit))
	}
	err := workflow.Await(ctx, func() bool { return b.changes != seen })
	r.deadline = r.deadline.Add(workflow.Now(ctx).Sub(began))
	if err != nil {
		a.State = generation.StateAbsent
		return r.cancel(ctx, a)
	}
	if a.State == generation.StateHeld {
		r.enter(ctx, a, generation.StateSubmitting, "")
	}
	return nil
}

func (r *run) overBudget(ctx workflow.Context, a *attempt) error {
	b := r.budget
	price := ""
	if r.price > 0 {
		price = " of " + r.price.String()
	}
	return r.refuse(ctx, a, generation.ErrorTypeBudgetExceeded, fmt.Sprintf(
		"its price%s would pass the budget of %s, of which %s is spent; nothing was submitted. Raise the budget and start it again",
		price, b.Limit, b.spent))
}

// learn records the price for which a submit was not sent.
func (b *Budget) learn(r *run, price generation.USD) {
	r.price = price
	b.Expect(r.request.Model, price)
}

// settle returns the unspent part of a share.
func (b *Budget) settle(a *attempt, share *generation.USD, spent generation.USD) {
	if b == nil || share == nil {
		return
	}
	b.reserved -= *share
	b.submitting--
	b.spent = usd.Add(b.spent, spent)
	a.charged = spent
	b.changes++
}

func (b *Budget) settleAccepted(a *attempt, share *generation.USD) {
	if b == nil || share == nil {
		return
	}
	price := *share
	if a.Price != nil {
		price = *a.Price
	}
	b.settle(a, share, price)
}

// settleFailed counts a submit that may have been accepted as accepted.
func (b *Budget) settleFailed(a *attempt, share *generation.USD) {
	if b == nil || share == nil {
		return
	}
	var spent generation.USD
	if a.State != generation.StateAbsent && a.State != generation.StateCanceled {
		spent = *share
		if a.Price != nil {
			spent = *a.Price
		}
	}
	b.settle(a, share, spent)
}

// refund returns the cost of an attempt that turned out to cost nothing.
func (b *Budget) refund(a *attempt) {
	if b == nil || a.charged == 0 {
		return
	}
	b.spent = max(b.spent-a.charged, 0)
	a.charged = 0
	b.change()
}

// priceRefused is the price for which a submit was not sent.
func priceRefused(err error) (price generation.USD, refused bool) {
	var failure *temporal.ApplicationError
	if !errors.As(err, &failure) || generation.ErrorTypeOf(failure) != generation.ErrorTypeBudgetExceeded {
		return 0, false
	}
	return price, failure.Details(&price) == nil
}
