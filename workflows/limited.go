package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/quota"
)

// kinds are what a run has decided for a model of an account, by the version of its change less
// one. What they mean never changes.
var kinds = []quota.Kind{quota.Other, quota.Image, quota.Video, quota.Unknown}

// choice is what a run has decided for a model of an account.
type choice struct {
	kind    quota.Kind
	limited bool
}

// limited tells whether submits of a model wait for a slot of the account. A run decides once: what
// its worker says at the first submit holds in every replay and on every worker.
//
// The decision is a version of the run, since that alone can be recorded where limits are kept
// and leaves no trace where they aren't: without limits a run costs what it always did.
func (b *board) limited(ctx workflow.Context, account, model string) (quota.Kind, bool) {
	id := "limits/" + account + "/" + model
	decided, known := b.choices[id]
	if !known {
		decided = b.choose(ctx, id, account, model)
		b.choices[id] = decided
	}
	return decided.kind, decided.limited
}

func (b *board) choose(ctx workflow.Context, id, account, model string) choice {
	most := workflow.Version(len(kinds))
	if !workflow.IsReplaying(ctx) {
		if b.limits == nil {
			return choice{}
		}
		kind, limited := b.limits(account, model)
		if !limited {
			return choice{}
		}
		most = workflow.Version(slices.Index(kinds, kind) + 1)
	}
	// In a replay it adds nothing to a history that has no such version.
	version := workflow.GetVersion(ctx, id, workflow.DefaultVersion, most)
	if version == workflow.DefaultVersion {
		return choice{}
	}
	return choice{kinds[version-1], true}
}
