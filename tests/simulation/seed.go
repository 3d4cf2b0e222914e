// Package simulation runs the real workers, workflows, activities and webhook handler in
// one process and in virtual time, against Temporal's frontend and a provider in memory.
// One number, the seed, draws everything that happens.
package simulation

import (
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	sdkworker "go.temporal.io/sdk/worker"
)

// Report is what a seed came to.
type Report struct {
	Seed     uint64
	Findings []string
	Digest   string // of the trace: the same for the same seed
	Steps    int
	Virtual  time.Duration
	Counts   map[string]int // of generations, by how they ended
}

// horizon is by when every generation must have ended.
const horizon = 12 * time.Hour

// Simulate runs a seed to its end and judges it. The trace, if there is a writer for it,
// tells each thing that happened.
func Simulate(t *testing.T, seed uint64, trace io.Writer) (report Report) {
	sdkworker.SetStickyWorkflowCacheSize(0) // each workflow task replays all
	synctest.Test(t, func(*testing.T) {
		w := newWorld(seed, trace)
		jobs := w.scenario()
		w.run(func() bool {
			if time.Since(w.begun) > horizon {
				return true
			}
			for _, j := range jobs {
				if !w.over(j) {
					return false
				}
			}
			return w.books.coming == 0
		})
		w.judge(jobs)
		report = Report{seed, w.findings, fmt.Sprintf("%016x", w.digest.Sum64()), w.steps, time.Since(w.begun), w.counts}
		w.stop()
	})
	return report
}
