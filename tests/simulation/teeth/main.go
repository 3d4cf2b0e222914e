// Command teeth shows that the simulation finds bugs: it puts faults into the code, most of
// which the project once had, one at a time, and each must be found within 2,000 seeds.
//
//	go run ./tests/simulation/teeth
//
// It doesn't change files: it overlays each fault with go build's -overlay.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/tests/figures"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/simulation/campaign"
)

func main() {
	n := flag.Int("n", 2000, "within how many seeds a fault must be found")
	only := flag.String("only", "", "try only the faults whose names contain this")
	document := flag.String("write", "", `a document in which to update the part "teeth"`)
	flag.Parse()
	if err := run(*n, *only, *document); err != nil {
		fmt.Fprintln(os.Stderr, "teeth:", err)
		os.Exit(1)
	}
}

func run(n int, only, document string) error {
	table := "| fault | found by seed | as |\n| --- | --- | --- |\n"
	missed := 0
	for _, f := range faults {
		if !strings.Contains(f.name, only) {
			continue
		}
		finding, err := f.try(n)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		row := fmt.Sprintf("| %s | none of %d | |\n", f.name, n)
		if finding == nil {
			missed++
		} else {
			row = fmt.Sprintf("| %s | %d | %s |\n", f.name, finding.Seed, f.shows)
		}
		fmt.Print(row)
		table += row
	}
	if missed > 0 {
		return fmt.Errorf("%d faults were not found", missed)
	}
	if document == "" {
		return nil
	}
	return figures.Write(document, "teeth", table)
}

// try looks for the fault with the first n seeds; nil if it is not found.
func (f fault) try(n int) (*campaign.Finding, error) {
	dir, err := os.MkdirTemp("", "teeth-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	overlay, err := f.overlay(dir)
	if err != nil {
		return nil, err
	}
	binary, err := campaign.Build(dir, "-overlay", overlay)
	if err != nil {
		return nil, err
	}
	const step = 200
	for done := 0; done < n; done += step {
		outcome := campaign.Campaign{Binary: binary, Seeds: campaign.Range(f.from()+uint64(done), min(step, n-done))}.Run() // #nosec G115 -- is positive
		for _, finding := range outcome.Findings {
			if strings.Contains(finding.Text, f.shows) {
				return &finding, nil
			}
		}
	}
	return nil, nil
}

// from is the first seed in which the fault may show.
func (f fault) from() uint64 {
	if strings.HasPrefix(f.changes[0].file, "internal/quota/") {
		return campaign.LimitedFrom
	}
	return 1
}

// overlay writes the changed files, and the list of them that the go command reads.
func (f fault) overlay(dir string) (string, error) {
	changed := make(map[string]string)
	for _, c := range f.changes {
		text, begun := changed[c.file]
		if !begun {
			source, err := os.ReadFile(c.file)
			if err != nil {
				return "", err
			}
			text = string(source)
		}
		if n := strings.Count(text, c.from); n != 1 {
			return "", fmt.Errorf("%s holds %q %d times, and should once", c.file, c.from, n)
		}
		changed[c.file] = strings.Replace(text, c.from, c.to, 1)
	}
	replace := make(map[string]string)
	for file, text := range changed {
		path, err := filepath.Abs(file)
		if err != nil {
			return "", err
		}
		replace[path] = filepath.Join(dir, fmt.Sprintf("fault%d.go", len(replace)))
		if err := os.WriteFile(replace[path], []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	encoded, err := json.Marshal(map[string]any{"Replace": replace})
	overlay := filepath.Join(dir, "overlay.json")
	return overlay, errors.Join(err, os.WriteFile(overlay, encoded, 0o600))
}
