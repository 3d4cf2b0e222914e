package simulation

import (
	"fmt"
	"hash/fnv"
	"io"
	"testing"
	"testing/synctest"
	"time"

	sdkworker "go.temporal.io/sdk/worker"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/jitter"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/simulation/campaign"
)

// notRandom spreads by the time alone, so that it does not matter who asks first.
func notRandom(seed uint64, most time.Duration) time.Duration {
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, seed, time.Now().UnixNano())
	return time.Duration(h.Sum64() % uint64(most)) // #nosec G115 -- most is positive
}

// undisturbed leaves nothing to chance but the seed.
func undisturbed(seed uint64) {
	sdkworker.SetStickyWorkflowCacheSize(0) // each workflow task replays all
	jitter.Below = func(most time.Duration) time.Duration { return notRandom(seed, most) }
}

// horizon is by when every generation must have ended.
const horizon = 12 * time.Hour

// Simulate runs a seed to its end and judges it. The trace, if there is a writer for it,
// tells each thing that happened.
func Simulate(t *testing.T, seed uint64, trace io.Writer) (report campaign.Report) {
	undisturbed(seed)
	synctest.Test(t, func(*testing.T) {
		w := newWorld(seed, trace)
		jobs := w.scenario()
		w.run(func() bool {
			if time.Since(w.begun) > horizon {
				return true
			}
			for _, j := range jobs {
				if !w.concluded(j) {
					return false
				}
			}
			return w.books.coming == 0
		})
		w.judge(jobs)
		w.checkLimits()
		report = campaign.Report{
			Seed: seed, Findings: w.findings, Digest: fmt.Sprintf("%016x", w.digest.Sum64()),
			Steps: w.steps, Virtual: time.Since(w.begun), Counts: w.counts,
		}
		w.stop()
	})
	return report
}
