package tests

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

var (
	// documented is a pipeline of the document, with its file's name and what it is given.
	documented = regexp.MustCompile("(?s)<!-- run ([a-z]+\\.yaml)(?:: ([^\n]*))? -->\n```yaml\n(.*?)```")

	// yamlBlock finds every block, so that none is left out.
	yamlBlock = regexp.MustCompile("(?m)^```yaml$")

	shellCommand = regexp.MustCompile(`(?m)^wavespeed-temporal ([^#\n]*)`)
)

func pipelineDocument(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(stack.Root(), "docs", "pipelines.md"))
	require.NoError(t, err)
	return string(text)
}

// TestPipelineDocument runs every pipeline of docs/pipelines.md to its end.
func TestPipelineDocument(t *testing.T) {
	t.Parallel()
	text := pipelineDocument(t)
	blocks := documented.FindAllStringSubmatch(text, -1)
	require.Len(t, blocks, len(yamlBlock.FindAllString(text, -1)))
	for _, block := range blocks {
		name, given, source := block[1], block[2], block[3]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPipelinesWith(t, wavespeedtest.Options{})
			path := filepath.Join(t.TempDir(), name)
			require.NoError(t, os.WriteFile(path, []byte(source), 0o600))
			id := "document-" + p.TaskQueue
			args := []string{"pipeline", "run", path, "--id", id}
			if given != "" {
				args = append(args, given)
			}
			ended := make(chan string, 1)
			go func() {
				code, out := p.command(args...)
				if code != 0 {
					out = "failed: " + out
				}
				ended <- out
			}()
			p.help(id)
			out := <-ended
			require.NotContains(t, out, "failed: ")
			require.Contains(t, out, "/outputs/")
		})
	}
}

// help decides and raises the budget for a run that waits, until it has ended.
func (p *pipelines) help(id string) {
	p.t.Helper()
	run := p.Client.GetWorkflow(p.t.Context(), id, "")
	stack.Eventually(p.t, "the run does not end", func() bool {
		described, err := p.Client.DescribeWorkflow(p.t.Context(), id, "")
		if err != nil || described.RawResponse.GetWorkflowExecutionInfo().GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
			return err == nil
		}
		status, _ := p.status(run)
		switch status.State {
		case pipeline.StateHeld:
			_ = p.update(run, wire.RunBudgetUpdate, 10)
		case pipeline.StateApproval:
			choice := 1
			for _, by := range []string{"art", "legal"} {
				_ = p.decide(run, generation.Decision{Verdict: generation.VerdictApprove, Choice: &choice, By: by})
			}
		}
		return false
	})
}

// TestPipelineDocumentCommands: each command of the document is one that there is, with
// flags that there are.
func TestPipelineDocumentCommands(t *testing.T) {
	t.Parallel()
	commands := shellCommand.FindAllStringSubmatch(pipelineDocument(t), -1)
	require.Greater(t, len(commands), 15)
	p := &pipelines{Embedded: &stack.Embedded{Simulator: newSimulator(t)}, t: t}
	for _, command := range commands {
		words := regexp.MustCompile(`'[^']*'|"[^"]*"|[^ '"]+`).FindAllString(command[1], -1)
		code, out := p.command(append(words, "--help")...)
		require.Zero(t, code, command[0])
		for _, word := range words {
			if strings.HasPrefix(word, "--") {
				require.Contains(t, out, word+" ", command[0])
			}
		}
	}
}

func newSimulator(t *testing.T) *wavespeedtest.Server {
	t.Helper()
	simulator, err := wavespeedtest.New(wavespeedtest.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = simulator.Close() })
	return simulator
}
