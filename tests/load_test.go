package tests

import (
	"sync"
	"testing"

	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
)

// TestManyAtOnce: 500 generations at once are 500 predictions.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	const n = 500
	s := stack.Start(t, stack.Options{})
	runs := make([]client.WorkflowRun, n)
	var starting sync.WaitGroup
	for i := range runs {
		starting.Go(func() { runs[i] = s.Generate(soon(still("a lighthouse"))) })
	}
	starting.Wait()
	requireAllPaidOnce(t, s, runs)
}
