package simulation

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/tests/figures"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/simulation/campaign"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/simulation/provider"
)

var (
	lostFlag = flag.Int("lost", 0, "how many answers TestUndecided loses in each cell; 0 for a few in some cells")
	cellFlag = flag.Int("cell", 0, "the one cell that TestCell runs")
)

// inOneWorld is how many answers are lost in one world.
func (c cell) inOneWorld() int {
	switch {
	case c.first:
		return 1
	case c.together > 1:
		return c.together
	default:
		return 6
	}
}

// TestUndecided counts what becomes of submits whose answers are lost.
func TestUndecided(t *testing.T) {
	cells := slices.Concat(allCells(), hardCells())
	chosen, each := make([]int, 0, len(cells)), *lostFlag
	for i, c := range cells {
		if *lostFlag > 0 || c.certain() && c.busy && (c.workers == 1) == (c.mode == polling) {
			chosen = append(chosen, i)
		}
	}
	if each == 0 {
		each = 2
	}
	results := runCells(t, chosen, each)
	var all lostAnswers
	for i, got := range results {
		all.add(got)
		if cells[i].certain() && got.Undecided > 0 || got.Twice > 0 || got.Wrong > 0 || got.Lost < each {
			t.Errorf("cell %d, %+v: %+v", i, cells[i], got)
		}
	}
	t.Logf("%d generations lost %d answers: %d found, %d proven absent, %d undecided, %d billed twice, %d wrong",
		all.Generations, all.Lost, all.Found, all.Absent, all.Undecided, all.Twice, all.Wrong)
	if *lostFlag == 0 || t.Failed() {
		return
	}
	table := undecidedTable(allCells(), results) + hardTable(results) + totals(all)
	t.Log("\n" + table)
	if *writeFlag != "" {
		require.NoError(t, figures.Write(*writeFlag, "undecided", table))
	}
}

// TestCell runs one cell of TestUndecided: go test ./tests/simulation -run TestCell -v -args -cell 7 -lost 24
func TestCell(t *testing.T) {
	c, got := slices.Concat(allCells(), hardCells())[*cellFlag], lostAnswers{}
	for seed := uint64(1); got.Lost < max(*lostFlag, 1); seed++ {
		got.add(loseAnswers(t, c, seed, c.inOneWorld()))
	}
	t.Logf("%+v", c)
	encoded, err := json.Marshal(got)
	require.NoError(t, err)
	fmt.Printf("%s%s\n", campaign.ReportPrefix, encoded)
}

// runCells runs cells on all cores, in processes without the race detector as a campaign does.
func runCells(t *testing.T, chosen []int, each int) map[int]lostAnswers {
	binary, err := campaign.Build(t.TempDir())
	require.NoError(t, err)
	results := make(map[int]lostAnswers)
	var mu sync.Mutex
	var group sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for _, i := range chosen {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			got, err := runCell(binary, i, each)
			mu.Lock()
			defer mu.Unlock()
			results[i] = got
			if err != nil {
				t.Errorf("cell %d: %v", i, err)
			}
		})
	}
	group.Wait()
	return results
}

func runCell(binary string, i, each int) (got lostAnswers, err error) {
	command := exec.Command(binary, "-test.run", "^TestCell$", "-cell", strconv.Itoa(i), "-lost", strconv.Itoa(each)) // #nosec G204 -- ours
	command.Env = append(os.Environ(), "GOMAXPROCS=1", "GOGC=400")
	output, err := command.CombinedOutput()
	if err != nil {
		return got, fmt.Errorf("%w\n%s", err, output)
	}
	for line := range strings.Lines(string(output)) {
		if text, ours := strings.CutPrefix(line, campaign.ReportPrefix); ours {
			return got, json.Unmarshal([]byte(text), &got)
		}
	}
	return got, fmt.Errorf("no report:\n%s", output)
}

// undecidedTable has a row for each deployment, and a column for each way to list inputs and
// to lose an answer.
func undecidedTable(cells []cell, results map[int]lostAnswers) string {
	names := map[provider.Inputs]string{provider.InputsOmitted: "absent", provider.InputsRewritten: "rewritten", provider.InputsEqual: "echoed"}
	head, line := "| results arrive by | API key | account | workers |", "| --- | --- | --- | --- |"
	const columns = 9
	for _, c := range cells[:columns] {
		head += fmt.Sprintf(" inputs %s, %s |", names[c.inputs], c.how)
		line += " --- |"
	}
	var rows strings.Builder
	for at := 0; at < len(cells); at += columns {
		c := cells[at]
		fmt.Fprintf(&rows, "| %s | %s | %s | %d |", c.mode, choose(c.exclusive, "exclusive", "shared"), choose(c.busy, "busy", "quiet"), c.workers)
		for i := at; i < at+columns; i++ {
			fmt.Fprintf(&rows, " %s |", results[i])
		}
		rows.WriteString("\n")
	}
	return head + "\n" + line + "\n" + rows.String() + "\n"
}

func (a lostAnswers) String() string {
	if a.Undecided == 0 {
		return "0"
	}
	return fmt.Sprintf("**%d** of %d", a.Undecided, a.Lost)
}

// hardTable is of cells that are not in the other table.
func hardTable(results map[int]lostAnswers) string {
	text := "| what tells | 2 lost within 20 s | 5 | 20 | the first submit ever |\n| --- | --- | --- | --- | --- |\n"
	at := len(allCells())
	for _, name := range []string{"an exclusive key", "echoed inputs", "webhooks"} {
		text += fmt.Sprintf("| %s | %s | %s | %s | %s |\n", name, results[at], results[at+1], results[at+2], results[at+3])
		at += 4
	}
	return text + "\n"
}

func totals(all lostAnswers) string {
	return fmt.Sprintf("| | |\n| --- | --- |\n| generations | %d |\n| lost answers | %d |\n| found | %d |\n| proven absent, submitted again | %d |\n| undecided | %d |\n| **billed twice** | %d |\n| **wrong result** | %d |\n",
		all.Generations, all.Lost, all.Found, all.Absent, all.Undecided, all.Twice, all.Wrong)
}

func choose(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}
