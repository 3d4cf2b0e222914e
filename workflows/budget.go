package workflows

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/kernel"
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

	account *kernel.Budget
}

// WithBudget makes the generations of a context draw on a budget; nil for none.
func WithBudget(ctx workflow.Context, budget *Budget) workflow.Context {
	if budget == nil {
		return kernel.WithBudget(ctx, nil)
	}
	return kernel.WithBudget(ctx, budget.open())
}

// open returns the budget's account, which its first use opens.
func (b *Budget) open() *kernel.Budget {
	if b.account == nil {
		b.account = &kernel.Budget{Limit: b.Limit, Wait: b.Wait, OnHold: b.OnHold}
	}
	return b.account
}

// Raise sets another limit, so waiting submits can continue.
func (b *Budget) Raise(limit generation.USD) {
	b.open().Raise(limit)
	b.Limit = limit
}

// Spent returns what accepted submits have cost so far, in USD.
func (b *Budget) Spent() generation.USD { return b.open().Spent() }

// Held returns how many generations wait for a higher limit, and the price of the first.
func (b *Budget) Held() (generations int, price generation.USD) { return b.open().Held() }

// reserve takes the maximum cost of the attempt's submit from the budget; nil without a budget.
func (r *run) reserve(ctx workflow.Context, a *attempt) (*generation.USD, error) {
	b := r.budget
	if b == nil {
		return nil, nil
	}
	for {
		if err := r.awaitResume(ctx, a); err != nil { // the budget may change until then
			return nil, err
		}
		share, ok := b.Reserve(r.request.Model, r.price)
		switch {
		case ok:
			return &share, nil
		case !b.Busy() && !b.Wait:
			return nil, r.overBudget(ctx, a)
		}
		if err := r.hold(ctx, a); err != nil {
			return nil, err
		}
	}
}

// hold waits until more of the budget is available. That time does not count towards the
// generation's deadline.
func (r *run) hold(ctx workflow.Context, a *attempt) error {
	b := r.budget
	began, changed := workflow.Now(ctx), b.Changes()
	if b.Stopped() {
		b.Holds(ctx, 1)
		defer b.Holds(ctx, -1)
		r.enter(ctx, a, generation.StateHeld, fmt.Sprintf("the budget of %s does not cover it", b.Limit))
	}
	err := workflow.Await(ctx, changed)
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
		price, b.Limit, b.Spent()))
}

// learn records the price for which a submit was not sent.
func (r *run) learn(price generation.USD) {
	r.price = price
	r.budget.Expect(r.request.Model, price)
}

// settle returns the unspent part of a share.
func (r *run) settle(a *attempt, share *generation.USD, spent generation.USD) {
	if share == nil {
		return
	}
	r.budget.Return(*share, spent)
	a.charged = spent
}

func (r *run) settleAccepted(a *attempt, share *generation.USD) {
	if share == nil {
		return
	}
	price := *share
	if a.Price != nil {
		price = *a.Price
	}
	r.settle(a, share, price)
}

// settleFailed counts a submit that may have been accepted as accepted.
func (r *run) settleFailed(a *attempt, share *generation.USD) {
	if share == nil {
		return
	}
	var spent generation.USD
	if a.State != generation.StateAbsent && a.State != generation.StateCanceled {
		spent = *share
		if a.Price != nil {
			spent = *a.Price
		}
	}
	r.settle(a, share, spent)
}

// refund returns the cost of an attempt that turned out to cost nothing.
func (r *run) refund(a *attempt) {
	if r.budget == nil || a.charged == 0 {
		return
	}
	r.budget.Refund(a.charged)
	a.charged = 0
}

// priceRefused is the price for which a submit was not sent.
func priceRefused(err error) (price generation.USD, refused bool) {
	var failure *temporal.ApplicationError
	if !errors.As(err, &failure) || generation.ErrorTypeOf(failure) != generation.ErrorTypeBudgetExceeded {
		return 0, false
	}
	return price, failure.Details(&price) == nil
}
