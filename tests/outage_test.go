package tests

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/figures"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

var (
	outageSize   = flag.Int("outage-n", 150, "generations in the middle of which the provider goes away")
	outageLength = flag.Duration("outage-for", 0, "how long it is away, with the timing that users have; 0: until all have noticed")
	outageWrite  = flag.String("outage-write", "", `a document in which to update the part "outage"`)
)

// TestOutage: the provider is away while many generations are submitted and awaited.
// They come back spread out, and each is paid once.
func TestOutage(t *testing.T) {
	t.Parallel()
	n := *outageSize
	s := stack.Start(t, stack.Options{PollOnly: true, Simulator: wavespeedtest.Options{Duration: 2 * time.Second}})
	began := time.Now()
	var runs []client.WorkflowRun
	for i := range n {
		if i == n/2 {
			require.NoError(t, s.Simulator.Inject(wavespeedtest.Fault{Kind: wavespeedtest.Outage, Status: 503}))
		}
		runs = append(runs, s.Generate(outageRequest(i)))
	}
	if *outageLength > 0 {
		<-time.After(*outageLength)
	} else {
		stack.Eventually(t, "the outage is not noticed", func() bool { return s.Simulator.Counts().Faults[wavespeedtest.Outage] > 2*n })
	}
	refused := s.Simulator.Counts().Faults[wavespeedtest.Outage]
	peaks := peaksPerSecond(t, s.Simulator)
	s.Simulator.Heal(wavespeedtest.Outage)
	healed := time.Now()
	for _, run := range runs {
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
		require.NoError(t, run.Get(ctx, nil))
		cancel()
	}
	requireAllPaidOnce(t, s, runs)
	after := time.Since(healed)
	most := peaks()
	for what, peak := range most {
		require.LessOrEqual(t, peak, n*2/3, "requests for %s in one second", what)
	}
	if *outageWrite != "" {
		require.NoError(t, figures.Write(*outageWrite, "outage", outageFigures(n, refused, healed.Sub(began), after, most)))
	}
}

// peaksPerSecond watches, until it is asked, how many requests of each kind come in one
// second. How fast generations are started before is the test's own doing.
func peaksPerSecond(t *testing.T, simulator *wavespeedtest.Server) func() map[string]int {
	t.Helper()
	peaks := map[string]int{}
	enough, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		before := simulator.Counts().Requests
		for {
			select {
			case <-enough:
				return
			case <-tick.C:
			}
			now := simulator.Counts().Requests
			for what, n := range now {
				peaks[what] = max(peaks[what], n-before[what])
			}
			before = now
		}
	}()
	return func() map[string]int {
		close(enough)
		<-done
		return peaks
	}
}

func outageRequest(i int) generation.Request {
	request := still(fmt.Sprint("scene ", i))
	if *outageLength > 0 {
		request.Timeout = 2 * time.Hour
		return request
	}
	return soon(request)
}

func outageFigures(n, refused int, away, after time.Duration, peaks map[string]int) string {
	var table strings.Builder
	fmt.Fprintf(&table, "| | |\n| --- | --- |\n| generations, half of them submitted before | %d |\n| from the first submit to the provider's return | %.0f s |\n", n, away.Seconds())
	fmt.Fprintf(&table, "| requests that it refused meanwhile | %d |\n| all completed, each paid once, after its return | %.0f s |\n", refused, after.Seconds())
	for _, what := range slices.Sorted(maps.Keys(peaks)) {
		fmt.Fprintf(&table, "| most requests in one second after its return: %s | %d |\n", what, peaks[what])
	}
	return table.String()
}
