package simulation

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"testing"
)

var (
	seedFlag   = flag.Uint64("seed", 1, "the seed that TestSeed runs, or the first of them")
	countFlag  = flag.Int("n", 1, "how many seeds TestSeed runs, one after the other")
	traceFlag  = flag.Bool("trace", false, "print what happens")
	reportFlag = flag.Bool("report", false, "print a report for each seed, for a campaign")
)

const reportPrefix = "REPORT "

// TestSeed replays seeds: go test ./tests/simulation -run TestSeed -args -seed 123 -trace
func TestSeed(t *testing.T) {
	var trace io.Writer
	if *traceFlag {
		trace = os.Stdout
	}
	for seed := *seedFlag; seed < *seedFlag+uint64(*countFlag); seed++ { // #nosec G115 -- is positive
		report := Simulate(t, seed, trace)
		if *reportFlag {
			encoded, err := json.Marshal(report)
			must(err)
			fmt.Printf("%s%s\n", reportPrefix, encoded)
			continue
		}
		for _, finding := range report.Findings {
			t.Errorf("seed %d: %s", seed, finding)
		}
		t.Logf("seed %d: digest %s, %d steps, %v of virtual time, %v", seed, report.Digest, report.Steps, report.Virtual, report.Counts)
	}
}
