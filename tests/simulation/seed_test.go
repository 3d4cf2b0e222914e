package simulation

import (
	"flag"
	"io"
	"os"
	"testing"
	"time"
)

var (
	seedFlag  = flag.Uint64("seed", 1, "the first seed")
	countFlag = flag.Int("n", 1, "how many seeds to run, one after the other")
	traceFlag = flag.Bool("trace", false, "print what happens")
)

// TestSeed replays seeds: go test ./tests/simulation -run TestSeed -args -seed 123 -trace
func TestSeed(t *testing.T) {
	var trace io.Writer
	if *traceFlag {
		trace = os.Stdout
	}
	began := time.Now()
	counts := make(map[string]int)
	for seed := *seedFlag; seed < *seedFlag+uint64(*countFlag); seed++ {
		report := Simulate(t, seed, trace)
		for _, finding := range report.Findings {
			t.Errorf("seed %d: %s", seed, finding)
		}
		for kind, n := range report.Counts {
			counts[kind] += n
		}
		if *countFlag < 20 {
			t.Logf("seed %d: digest %s, %d steps, %v of virtual time", seed, report.Digest, report.Steps, report.Virtual)
		}
	}
	t.Logf("%d seeds in %v: %v", *countFlag, time.Since(began), counts)
}
