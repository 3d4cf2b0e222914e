package simulation

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	campaignFlag = flag.Int("campaign", defaultCampaign, "how many seeds TestCampaign runs")
	fromFlag     = flag.Uint64("from", 1, "its first seed")
)

// defaultCampaign is how many seeds each run of the tests simulates.
const defaultCampaign = 0

// chunk is how many seeds a process runs before it makes room for the next.
const chunk = 250

// TestCampaign runs many seeds on all cores, in processes of one thread each, which is
// faster than one process with many. They have no race detector: in a simulation one
// goroutine runs at a time.
func TestCampaign(t *testing.T) {
	if *campaignFlag == 0 {
		return
	}
	binary := build(t)
	began := time.Now()
	var mu sync.Mutex
	var findings []string
	counts, done := make(map[string]int), 0
	chunks := make(chan uint64)
	var group sync.WaitGroup
	for range runtime.NumCPU() {
		group.Go(func() {
			for first := range chunks {
				n := min(chunk, int(*fromFlag)+*campaignFlag-int(first)) // #nosec G115 -- seeds are small
				got, found := runSeeds(binary, first, n)
				mu.Lock()
				done += n
				findings = append(findings, found...)
				for kind, n := range got {
					counts[kind] += n
				}
				mu.Unlock()
			}
		})
	}
	for first := *fromFlag; first < *fromFlag+uint64(*campaignFlag); first += chunk { // #nosec G115 -- is positive
		chunks <- first
	}
	close(chunks)
	group.Wait()
	took := time.Since(began)
	t.Logf("%d seeds in %v, %.0f per second, %d findings", done, took.Round(time.Second), float64(done)/took.Seconds(), len(findings))
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%8d %s", counts[kind], kind)
	}
	for _, finding := range findings {
		t.Error(finding)
	}
	if len(findings) > 0 {
		t.Log("replay one with: go test ./tests/simulation -run TestSeed -args -seed N -trace")
	}
}

// build makes the test binary of this package without the race detector.
func build(t *testing.T, args ...string) string {
	binary := filepath.Join(t.TempDir(), "simulation.test")
	command := exec.Command("go", append([]string{"test", "-c", "-o", binary}, append(args, ".")...)...)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	return binary
}

// runSeeds runs seeds in a process of their own, and tells how generations ended and what
// was found.
func runSeeds(binary string, first uint64, n int) (counts map[string]int, findings []string) {
	command := exec.Command(binary, "-test.run", "^TestSeed$", "-test.timeout", "20m", "-seed", strconv.FormatUint(first, 10), "-n", strconv.Itoa(n), "-report")
	command.Env = append(os.Environ(), "GOMAXPROCS=1", "GOGC=400")
	var errors strings.Builder
	command.Stderr = &errors
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, []string{err.Error()}
	}
	if err := command.Start(); err != nil {
		return nil, []string{err.Error()}
	}
	counts = make(map[string]int)
	next, rest := first, ""
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var report Report
		text, ours := strings.CutPrefix(lines.Text(), reportPrefix)
		if !ours || json.Unmarshal([]byte(text), &report) != nil {
			rest += lines.Text() + "\n"
			continue
		}
		next = report.Seed + 1
		for kind, n := range report.Counts {
			counts[kind] += n
		}
		for _, finding := range report.Findings {
			findings = append(findings, fmt.Sprintf("seed %d: %s", report.Seed, finding))
		}
	}
	if err := command.Wait(); next < first+uint64(n) { // #nosec G115 -- is positive
		findings = append(findings, fmt.Sprintf("seed %d: the process ended: %v\n%.4000s%.4000s", next, err, rest, errors.String()))
	}
	return counts, findings
}
