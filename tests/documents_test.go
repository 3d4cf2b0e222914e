package tests

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// block is a fenced block of a document. The comment in the line before it says how it is
// tested:
//
//	<!-- examples/clip/clip.go -->     a part of that file; a YAML file is also written, for commands
//	<!-- run film.yaml: scene=dusk --> a pipeline, written and run with these inputs (TestPipelineDocument)
//	<!-- file products.csv -->         written, for commands
//	<!-- on RUN: film.yaml -->         commands; RUN is a run of that pipeline, started for them
//	<!-- request: generate -->         an argument of that workflow (internal/reference tests it)
//	<!-- elsewhere: TestCompose -->    shown by that test
//
// Commands without a comment are run as they are, and must succeed.
type block struct {
	comment, language, text string
}

var (
	fenced    = regexp.MustCompile("(?ms)(?:^ *<!-- ([^>\n]*) -->\n)?^ *```([a-z]+)\n(.*?)^ *```$")
	elsewhere = regexp.MustCompile(`^elsewhere: (Test\w+)$`)
	onRun     = regexp.MustCompile(`^on RUN: (\S+) ?(.*)$`)
	argument  = regexp.MustCompile(`^request: (?:generate|pipeline)$`)
	written   = regexp.MustCompile(`^(?:run|file) ([\w.]+)`)
)

func blocksOf(t *testing.T, document string) (blocks []block) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(stack.Root(), document))
	require.NoError(t, err)
	for _, match := range fenced.FindAllStringSubmatch(string(text), -1) {
		blocks = append(blocks, block{match[1], match[2], match[3]})
	}
	return blocks
}

// reader does what a reader of a document does, in a directory.
type reader struct {
	t     *testing.T
	dir   string
	env   []string
	begin func(file, inputs string) (id string) // starts a pipeline, and waits until it ends or needs a person
	run   string                                // what RUN is

	executed int // commands
}

func (r *reader) read(b block) {
	r.t.Helper()
	var name, text string
	switch match := written.FindStringSubmatch(b.comment); {
	case match != nil:
		name, text = match[1], b.text
	case b.language == "yaml":
		name, text = filepath.Base(b.comment), b.text
	}
	if name != "" {
		require.NoError(r.t, os.WriteFile(filepath.Join(r.dir, name), []byte(text), 0o600))
		return
	}
	if b.language != "sh" || elsewhere.MatchString(b.comment) {
		return
	}
	if on := onRun.FindStringSubmatch(b.comment); on != nil {
		r.run = r.begin(on[1], on[2])
	}
	for _, command := range commandsOf(b.text) {
		r.execute(command)
	}
}

// commandsOf are the lines of a block, of which one may continue in the next.
func commandsOf(text string) (commands []string) {
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", " ")) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			commands = append(commands, line)
		}
	}
	return commands
}

var runName = regexp.MustCompile(`\bRUN\b`)

func (r *reader) execute(command string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 3*time.Minute)
	defer cancel()
	command = runName.ReplaceAllString(command, r.run)
	shell := exec.CommandContext(ctx, "bash", "-c", command)
	shell.Dir, shell.Env = r.dir, append(os.Environ(), r.env...)
	output, err := shell.CombinedOutput()
	require.NoError(r.t, err, "%s\n%s", command, output)
	r.executed++
}

// TestEveryBlockIsTested: each says how, in words that are understood.
func TestEveryBlockIsTested(t *testing.T) {
	t.Parallel()
	documents, err := filepath.Glob(filepath.Join(stack.Root(), "docs", "*.md"))
	require.NoError(t, err)
	code := testCode(t)
	for _, path := range append(documents, filepath.Join(stack.Root(), "README.md")) {
		document, err := filepath.Rel(stack.Root(), path)
		require.NoError(t, err)
		for _, b := range blocksOf(t, document) {
			isQuote := false
			if b.comment != "" {
				_, err := os.Stat(filepath.Join(stack.Root(), b.comment))
				isQuote = err == nil
			}
			switch shown := elsewhere.FindStringSubmatch(b.comment); {
			case shown != nil:
				require.Contains(t, code, "func "+shown[1]+"(t *testing.T)", "in %s", document)
			case isQuote, argument.MatchString(b.comment), written.MatchString(b.comment), b.language == "sh" && (b.comment == "" || onRun.MatchString(b.comment)):
			default:
				require.Fail(t, "nothing tests a block", "in %s, after %q:\n%s", document, b.comment, b.text)
			}
		}
	}
}

// TestCommandsOfDocuments does what the documents say, one after the other.
func TestCommandsOfDocuments(t *testing.T) {
	t.Parallel()
	documents, err := filepath.Glob(filepath.Join(stack.Root(), "docs", "*.md"))
	require.NoError(t, err)
	for _, path := range documents {
		document := filepath.Join("docs", filepath.Base(path))
		blocks := blocksOf(t, document)
		if !slices.ContainsFunc(blocks, func(b block) bool { return b.language == "sh" && !elsewhere.MatchString(b.comment) }) {
			continue
		}
		t.Run(filepath.Base(document), func(t *testing.T) {
			t.Parallel()
			p := newPipelinesWith(t, wavespeedtest.Options{})
			r := &reader{t: t, dir: t.TempDir(), env: append(p.environ(), "PATH="+filepath.Dir(programs(t))+":"+os.Getenv("PATH"))}
			r.begin = func(file, inputs string) string {
				id := fmt.Sprintf("%s-%s", strings.TrimSuffix(file, ".yaml"), uuid.NewString()[:8])
				r.execute(fmt.Sprintf("wavespeed-temporal pipeline run %s --id %s --detach %s", file, id, inputs))
				p.awaitRest(id)
				return id
			}
			for _, b := range blocks {
				r.read(b)
			}
		})
	}
}

// programs puts our programs, by their names, into one directory.
func programs(t *testing.T) (program string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"wavespeed-simulator", "wavespeed-temporal"} {
		program = filepath.Join(dir, name)
		require.NoError(t, os.Symlink(stack.Build(t, name), program))
	}
	return program
}

// awaitRest waits until the run has ended or needs a person.
func (p *pipelines) awaitRest(id string) {
	p.t.Helper()
	run := p.Client.GetWorkflow(p.t.Context(), id, "")
	stack.Eventually(p.t, "the run neither ends nor waits for anybody", func() bool {
		described, err := p.Client.DescribeWorkflow(p.t.Context(), id, "")
		if err != nil || described.RawResponse.GetWorkflowExecutionInfo().GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
			return err == nil
		}
		status, _ := p.status(run)
		return status.State == pipeline.StateHeld || status.State == pipeline.StateApproval
	})
}

// TestSimulatorAsTheDocumentShowsIt starts the simulator with the document's flags, and
// changes it as the document does, on a free port.
func TestSimulatorAsTheDocumentShowsIt(t *testing.T) {
	t.Parallel()
	for _, b := range blocksOf(t, filepath.Join("docs", "simulator.md")) {
		if !strings.HasPrefix(b.text, "wavespeed-simulator ") {
			continue
		}
		address := "127.0.0.1:" + stack.FreePorts(t, 1)[0]
		commands := commandsOf(b.text)
		stack.StartProcessIn(t, t.TempDir(), stack.Build(t, "wavespeed-simulator"), append(strings.Fields(commands[0])[1:], "--listen", address), nil)
		r := &reader{t: t, dir: t.TempDir()}
		r.execute("curl --silent --retry 60 --retry-connrefused --retry-delay 1 " + address + "/simulator/")
		for _, command := range commands[1:] {
			r.execute(strings.NewReplacer("curl ", "curl --fail --silent --show-error ", "localhost:8585", address).Replace(command))
		}
		return
	}
	require.Fail(t, "docs/simulator.md does not show the simulator")
}
