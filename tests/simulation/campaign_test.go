package simulation

import (
	"flag"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/tests/figures"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/simulation/campaign"
)

// defaultSeeds is how many seeds each run of the tests simulates, beside the corpus.
const defaultSeeds = 2000

var (
	seedsFlag = flag.Int("seeds", defaultSeeds, "how many seeds TestCampaign runs")
	fromFlag  = flag.Uint64("from", 1, "the first of them")
	writeFlag = flag.String("write", "", `a document in which to update the part "simulation"`)
)

// TestCampaign runs seeds, with those that ever found something before all others.
func TestCampaign(t *testing.T) {
	binary, err := campaign.Build(t.TempDir())
	require.NoError(t, err)
	corpus := readCorpus(t)
	outcome := campaign.Campaign{Binary: binary, Seeds: slices.Concat(corpus, campaign.Range(*fromFlag, *seedsFlag))}.Run()
	table := "| seeds | per second | findings | generations | undecided |\n| --- | --- | --- | --- | --- |\n| " +
		strings.Join([]string{
			strconv.Itoa(outcome.Seeds), strconv.Itoa(int(float64(outcome.Seeds) / outcome.Took.Seconds())), strconv.Itoa(len(outcome.Findings)),
			strconv.Itoa(total(outcome.Counts)), strconv.Itoa(outcome.Counts["wavespeed.SubmitUnknown"]),
		}, " | ") + " |\n"
	t.Logf("%d seeds in %v, %.0f per second, %d findings", outcome.Seeds, outcome.Took.Round(time.Second), float64(outcome.Seeds)/outcome.Took.Seconds(), len(outcome.Findings))
	for _, kind := range slices.Sorted(maps.Keys(outcome.Counts)) {
		t.Logf("%8d %s", outcome.Counts[kind], kind)
	}
	for _, finding := range outcome.Findings {
		t.Errorf("seed %d: %s", finding.Seed, finding.Text)
	}
	if len(outcome.Findings) > 0 {
		t.Logf("replay one with: go test ./tests/simulation -run TestSeed -args -seed %d -trace", outcome.Findings[0].Seed)
		return
	}
	if *writeFlag != "" {
		require.NoError(t, figures.Write(*writeFlag, "simulation", table))
	}
}

// limitedSeeds is how many seeds with limits each run of the tests simulates.
const limitedSeeds = 150

// TestLimitedCampaign runs seeds in whose worlds the account's limits are kept, by a keeper that
// is as slow and as often cut off as all others.
func TestLimitedCampaign(t *testing.T) {
	binary, err := campaign.Build(t.TempDir())
	require.NoError(t, err)
	outcome := campaign.Campaign{Binary: binary, Seeds: campaign.Range(campaign.LimitedFrom, limitedSeeds)}.Run()
	t.Logf("%d seeds in %v, %v", outcome.Seeds, outcome.Took.Round(time.Second), outcome.Counts)
	require.Greater(t, outcome.Counts[slotsChecked], limitedSeeds/2)
	require.Greater(t, outcome.Counts[overshootChecked], limitedSeeds/2)
	for _, finding := range outcome.Findings {
		t.Errorf("seed %d: %s", finding.Seed, finding.Text)
	}
}

// total is how many generations have ended. Keys of other counters have several words.
func total(counts map[string]int) (n int) {
	for kind, count := range counts {
		if !strings.Contains(kind, " ") {
			n += count
		}
	}
	return n
}

// readCorpus returns the seeds that ever found a bug: one per line, with a note on what.
func readCorpus(t *testing.T) (seeds []uint64) {
	text, err := os.ReadFile("testdata/corpus")
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] == "#" {
			continue
		}
		seed, err := strconv.ParseUint(fields[0], 10, 64)
		require.NoError(t, err)
		seeds = append(seeds, seed)
	}
	return seeds
}
