package keeper

import (
	"maps"

	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// showPause notes in the keeper's memo whether the account is paused. Submits that have a slot, but
// had to wait since, look there before they are sent.
func (k *keeper) showPause(ctx workflow.Context) {
	names := maps.Keys(workflow.GetInfo(ctx).Memo.GetFields())
	if change := wire.PauseMemos(names, k.state.Paused()); change != nil {
		_ = workflow.UpsertMemo(ctx, change)
	}
}

// hearWorkers takes the limits that workers say they were given.
func (k *keeper) hearWorkers(ctx workflow.Context) {
	workers := workflow.GetSignalChannel(ctx, wire.ConfiguredSignal)
	var told wire.Reconciled
	for workers.ReceiveAsync(&told) {
		k.configure(told)
		told = wire.Reconciled{}
	}
}
