package simulation

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/wavespeed-temporal/wavespeed-temporal/tests/simulation/campaign"
)

var (
	seedFlag   = flag.String("seed", "1", "the seeds that TestSeed runs, separated by commas")
	traceFlag  = flag.Bool("trace", false, "print what happens")
	reportFlag = flag.Bool("report", false, "print a report for each seed, for a campaign")
)

// TestSeed replays seeds: go test ./tests/simulation -run TestSeed -args -seed 123 -trace
func TestSeed(t *testing.T) {
	var trace io.Writer
	if *traceFlag {
		trace = os.Stdout
	}
	for text := range strings.SplitSeq(*seedFlag, ",") {
		seed, err := strconv.ParseUint(text, 10, 64)
		must(err)
		report := Simulate(t, seed, trace)
		if *reportFlag {
			encoded, err := json.Marshal(report)
			must(err)
			fmt.Printf("%s%s\n", campaign.ReportPrefix, encoded)
			continue
		}
		for _, finding := range report.Findings {
			t.Errorf("seed %d: %s", seed, finding)
		}
		t.Logf("seed %d: digest %s, %d steps, %v of virtual time, %v", seed, report.Digest, report.Steps, report.Virtual, report.Counts)
	}
}
