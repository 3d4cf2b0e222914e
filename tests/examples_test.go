package tests

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// shownPrice is the price that an example's comment states.
var shownPrice = regexp.MustCompile(`(?m)^# Price: ((at least |about )?\$[0-9.]+( to \$[0-9.]+)?)$`)

// TestExamplePipelines are valid, cost what they say, and run as they are.
func TestExamplePipelines(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(stack.Root(), "examples", "pipelines")
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	require.NoError(t, err)
	require.Len(t, files, 4)
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".yaml")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPipelinesWith(t, wavespeedtest.Options{})
			args := []string{path}
			if name == "catalogue" {
				args = append(args, "products=@"+filepath.Join(dir, "products.csv"))
			}
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			price := shownPrice.FindStringSubmatch(string(text))
			require.NotNil(t, price, "%s states no price", name)
			code, out := p.command(append([]string{"pipeline", "price"}, args...)...)
			require.Zero(t, code, out)
			require.Contains(t, out, "Total: "+price[1]+".")

			id := "example-" + p.TaskQueue
			done := make(chan string, 1)
			go func() {
				code, out := p.command(append([]string{"pipeline", "run", "--id", id}, args...)...)
				if code != 0 {
					out = "failed: " + out
				}
				done <- out
			}()
			if name == "styles" {
				p.chooseStyle(id)
			}
			out = <-done
			require.NotContains(t, out, "failed: ")
			require.Contains(t, out, "/outputs/")
			if name == "catalogue" {
				require.Len(t, p.Simulator.Ledger(), 1000)
			}
		})
	}
}

func (p *pipelines) chooseStyle(id string) {
	run := p.Client.GetWorkflow(p.t.Context(), id, "")
	status := p.awaitState(run, pipeline.StateApproval)
	require.Len(p.t, status.Approvals[0].Choices, 5)
	choice := 2
	require.NoError(p.t, p.decide(run, generation.Decision{Verdict: generation.VerdictApprove, Choice: &choice}))
}

// command runs a command line against the system, and gives what it printed.
func (p *pipelines) command(args ...string) (int, string) {
	cmd := exec.CommandContext(p.t.Context(), stack.Build(p.t, "wavespeed-temporal"), args...)
	cmd.Env = p.environ()
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) {
		require.NoError(p.t, err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// environ is what the command line reads.
func (p *pipelines) environ() []string {
	return []string{
		"TEMPORAL_ADDRESS=" + stack.SharedTemporal(p.t).Address,
		"TEMPORAL_TASK_QUEUE=" + p.TaskQueue,
		"WAVESPEED_API_KEY=" + wavespeedtest.DefaultKey,
		"WAVESPEED_BASE_URL=" + p.Simulator.URL(),
	}
}
