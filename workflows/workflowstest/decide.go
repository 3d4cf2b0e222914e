package workflowstest

import (
	"time"

	"go.temporal.io/sdk/testsuite"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Decide makes a person decide on an approval, this long after the workflow starts, in the
// environment's time. The test fails if the workflow rejects the decision.
func (p *Provider) Decide(after time.Duration, decision generation.Decision) {
	p.update(after, generation.DecideUpdate, decision)
}

// Resolve makes a person decide whether an unknown submit was accepted, for a request whose
// OnUnknown is [generation.AskUnknown]. Otherwise it works like Decide.
func (p *Provider) Resolve(after time.Duration, resolution generation.Resolution) {
	p.update(after, generation.ResolveUpdate, resolution)
}

func (p *Provider) update(after time.Duration, name string, argument any) {
	rejected := func(err error) {
		p.t.Errorf("workflowstest: the update %s, %v after the start, failed: %v", name, after, err)
	}
	p.env.RegisterDelayedCallback(func() {
		p.env.UpdateWorkflow(name, "", &testsuite.TestUpdateCallback{
			OnReject: rejected,
			OnAccept: func() {},
			OnComplete: func(_ any, err error) {
				if err != nil {
					rejected(err)
				}
			},
		}, argument)
	}, after)
}
