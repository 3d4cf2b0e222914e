package workflowstest

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// submit replaces the activity wavespeed.Submit.
func (p *Provider) submit(ctx context.Context, in wire.SubmitInput) (wire.Submitted, error) {
	request := Request{
		WorkflowID: activity.GetInfo(ctx).WorkflowExecution.ID,
		Key:        in.Key, Model: in.Model, Account: in.Account, Input: p.decoded(in.Input),
	}
	answer := p.answer(request)
	switch {
	case answer.refusal != nil:
		return wire.Submitted{}, answer.refusal
	case in.MaxPrice != nil && answer.cost() > *in.MaxPrice:
		return wire.Submitted{}, temporal.NewApplicationErrorWithOptions(
			fmt.Sprintf("generation %q: %s costs %s, more than the %s left for it; nothing was submitted", in.Key, in.Model, answer.cost(), *in.MaxPrice),
			string(generation.ErrorTypeBudgetExceeded), temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{answer.cost()}})
	case answer.fate == absent || answer.fate == undecided:
		return wire.Submitted{}, p.lose(in, answer, "")
	}
	id, started := p.start(request, answer)
	if answer.fate == found {
		return wire.Submitted{}, p.lose(in, answer, id)
	}
	if answer.after < never {
		p.deliver(request, in.Nonce, started, answer)
	}
	return wire.Submitted{PredictionID: id, Webhook: true, Price: answer.price}, nil
}

func (a Answer) cost() generation.USD {
	if a.price == nil {
		return 0
	}
	return *a.price
}

// deliver sends the webhook's signal when the prediction ends.
func (p *Provider) deliver(request Request, nonce string, started prediction, answer Answer) {
	signal := wire.Signal{Nonce: nonce, Sent: started.ends, Outcome: started.outcome}
	p.env.RegisterDelayedCallback(func() {
		// A workflow that has ended in the meantime needs no signal.
		_ = p.env.SignalWorkflowByID(request.WorkflowID, wire.SignalName(request.Key), signal)
	}, answer.after)
}

// lose records what a search will find, and returns the error of a submit whose response was
// lost.
func (p *Provider) lose(in wire.SubmitInput, answer Answer, prediction string) error {
	conclusions := map[fate]wire.Conclusion{
		found: wire.ConclusionFound, absent: wire.ConclusionAbsent, undecided: wire.ConclusionUndecided,
	}
	p.mu.Lock()
	p.lost[in.Nonce] = lost{conclusion: conclusions[answer.fate], prediction: prediction}
	p.mu.Unlock()
	return temporal.NewNonRetryableApplicationError(fmt.Sprintf("generation %q: submit of %s: the response was lost", in.Key, in.Model),
		string(generation.ErrorTypeSubmitUnknown), nil, wire.Lost{Price: answer.price, Over: true})
}

// find replaces the activity wavespeed.Find.
func (p *Provider) find(_ context.Context, in wire.FindInput) (wire.Found, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	lost, ok := p.lost[in.Nonce]
	if !ok { // from a mock, or an earlier run
		return wire.Found{Conclusion: wire.ConclusionUndecided, Why: "this provider did not lose its response"}, nil
	}
	found := wire.Found{Conclusion: lost.conclusion, PredictionID: lost.prediction}
	if found.Conclusion == wire.ConclusionUndecided {
		found.Why = "nothing tells whether it was accepted"
	}
	return found, nil
}

// await replaces the activity wavespeed.Await.
func (p *Provider) await(ctx context.Context, in wire.AwaitInput) (wire.Outcome, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	prediction, ok := p.predictions[in.PredictionID]
	if !ok { // adopted, or named by a mock or a person
		outcome := Outputs("https://outputs.test/" + in.Key).outcome
		outcome.PredictionID = in.PredictionID
		return outcome, nil
	}
	now := p.env.Now()
	left := prediction.ends.Sub(now)
	if left <= 0 {
		return prediction.outcome, nil
	}
	// The environment's activities don't know when they were scheduled.
	if activity.GetInfo(ctx).Attempt == 1 {
		prediction.polled = now
		p.predictions[in.PredictionID] = prediction
	}
	deadline := prediction.polled.Add(in.Within).Sub(now)
	message := fmt.Sprintf("generation %q: prediction %s is processing", in.Key, in.PredictionID)
	if deadline <= 0 {
		return wire.Outcome{}, temporal.NewNonRetryableApplicationError(message, string(generation.ErrorTypeDeadlineExceeded), nil)
	}
	return wire.Outcome{}, temporal.NewApplicationErrorWithOptions(message, string(wire.ErrorTypePending), temporal.ApplicationErrorOptions{
		NextRetryDelay: min(left, deadline), Category: temporal.ApplicationErrorCategoryBenign,
	})
}

// check replaces the activity wavespeed.Check of pipelines.
func (p *Provider) check(context.Context, pipeline.Request) (runwire.Report, error) {
	return runwire.Report{}, nil
}
