package runs

import (
	"context"
	"sync"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
)

const (
	// statesAtOnce is how many runs are queried concurrently.
	statesAtOnce = 16

	// statesWithin limits the total query time: without a worker, no run answers.
	statesWithin = 5 * time.Second
)

// AddStates queries open runs for their state, unless their search attributes show that no
// person need act. Runs that don't answer get no state.
func AddStates(ctx context.Context, s *session.Session, entries []Entry) {
	ctx, cancel := context.WithTimeout(ctx, statesWithin)
	defer cancel()
	var work sync.WaitGroup
	slots := make(chan struct{}, statesAtOnce)
	for i := range entries {
		run := &entries[i]
		if !run.Ended.IsZero() || run.State != "" && !run.Waits {
			continue
		}
		work.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			status, err := Status(ctx, s, run.WorkflowID, run.RunID)
			if err != nil {
				return
			}
			run.State, run.Waits = string(status.State), waits(status.State)
			for _, approval := range status.Approvals {
				run.Approvals = append(run.Approvals, approval.Key)
			}
		})
	}
	work.Wait()
}
