// Package campaign runs many seeds on all cores, in processes of one thread each: that is
// faster than one process with many. They have no race detector, since in a simulation one
// goroutine runs at a time.
package campaign

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
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

// ReportPrefix begins the line on which a process reports a seed.
const ReportPrefix = "REPORT "

// Campaign is a number of seeds.
type Campaign struct {
	Binary string   // made by [Build]
	Seeds  []uint64 // each run once
	First  bool     // end at the first finding
}

// Outcome is what all of its seeds came to.
type Outcome struct {
	Seeds    int
	Findings []Finding // by seed
	Counts   map[string]int
	Took     time.Duration
}

// Finding is something that should not be.
type Finding struct {
	Seed uint64
	Text string
}

// Build makes the binary of the simulation's tests in a directory. Args are further ones of
// go test.
func Build(dir string, args ...string) (string, error) {
	binary := filepath.Join(dir, "simulation.test")
	command := exec.Command("go", slices.Concat([]string{"test", "-c", "-vet=off", "-o", binary}, args, []string{"github.com/wavespeed-temporal/wavespeed-temporal/tests/simulation"})...) // #nosec G204 -- ours
	output, err := command.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, output)
	}
	return binary, nil
}

// chunk is how many seeds a process runs before it makes room for the next.
const chunk = 100

// Run runs the seeds.
func (c Campaign) Run() Outcome {
	began := time.Now()
	outcome := Outcome{Counts: make(map[string]int)}
	var mu sync.Mutex
	var group sync.WaitGroup
	chunks := make(chan []uint64)
	for range runtime.NumCPU() {
		group.Go(func() {
			for seeds := range chunks {
				reports, findings := c.process(seeds)
				mu.Lock()
				outcome.Seeds += len(reports)
				outcome.Findings = append(outcome.Findings, findings...)
				for _, report := range reports {
					for kind, n := range report.Counts {
						outcome.Counts[kind] += n
					}
				}
				mu.Unlock()
			}
		})
	}
	for seeds := range slices.Chunk(c.Seeds, chunk) {
		chunks <- seeds
		mu.Lock()
		found := len(outcome.Findings) > 0
		mu.Unlock()
		if found && c.First {
			break
		}
	}
	close(chunks)
	group.Wait()
	slices.SortStableFunc(outcome.Findings, func(a, b Finding) int { return int(int64(a.Seed) - int64(b.Seed)) }) // #nosec G115 -- seeds are small
	outcome.Took = time.Since(began)
	return outcome
}

// process runs seeds in a process of their own.
func (c Campaign) process(seeds []uint64) (reports []Report, findings []Finding) {
	texts := make([]string, len(seeds))
	for i, seed := range seeds {
		texts[i] = strconv.FormatUint(seed, 10)
	}
	command := exec.Command(c.Binary, "-test.run", "^TestSeed$", "-test.timeout", "20m", "-seed", strings.Join(texts, ","), "-report") // #nosec G204 -- ours
	command.Env = append(os.Environ(), "GOMAXPROCS=1", "GOGC=400")
	var crash strings.Builder
	command.Stderr = &crash
	output, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		return nil, []Finding{{seeds[0], err.Error()}}
	}
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var report Report
		text, ours := strings.CutPrefix(lines.Text(), ReportPrefix)
		if !ours || json.Unmarshal([]byte(text), &report) != nil {
			crash.WriteString(lines.Text() + "\n")
			continue
		}
		reports = append(reports, report)
		for _, finding := range report.Findings {
			findings = append(findings, Finding{report.Seed, finding})
		}
	}
	if err := command.Wait(); len(reports) < len(seeds) {
		findings = append(findings, Finding{seeds[len(reports)], fmt.Sprintf("the process ended: %v\n%.8000s", err, crash.String())})
	}
	return reports, findings
}

// LimitedFrom is the first of the seeds in whose worlds the account's limits are kept.
const LimitedFrom = 1_000_000_000

// Range is n seeds from the first on.
func Range(first uint64, n int) []uint64 {
	seeds := make([]uint64, n)
	for i := range seeds {
		seeds[i] = first + uint64(i) // #nosec G115 -- is positive
	}
	return seeds
}
