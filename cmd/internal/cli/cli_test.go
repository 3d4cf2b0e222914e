package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	stack.StopShared()
	stack.Cleanup()
	os.Exit(code)
}

// buffer can be read while a program writes to it.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// line is a command line with its environment and streams.
type line struct {
	env   []string
	stdin string
	out   buffer
	err   buffer
}

func (l *line) run(ctx context.Context, args ...string) int {
	return cli.Run(ctx, args, l.env, cli.Streams{In: strings.NewReader(l.stdin), Out: &l.out, Err: &l.err})
}

// shell runs command lines against a system.
type shell struct {
	*stack.Embedded
	env    []string
	worker sdkworker.Worker
}

func newShell(t *testing.T, options wavespeedtest.Options) *shell {
	t.Helper()
	return newShellOn(t, stack.SharedTemporal(t), options)
}

func newShellOn(t *testing.T, temporal *stack.Temporal, options wavespeedtest.Options) *shell {
	t.Helper()
	e := stack.NewEmbeddedOn(t, temporal, options)
	worker := e.StartWorker(t, sdkworker.Options{}, nil)
	return &shell{Embedded: e, worker: worker, env: []string{
		"TEMPORAL_ADDRESS=" + temporal.Address,
		"TEMPORAL_TASK_QUEUE=" + e.TaskQueue,
		"WAVESPEED_API_KEY=" + wavespeedtest.DefaultKey,
		"WAVESPEED_BASE_URL=" + e.Simulator.URL(),
		"TEMPORAL_UI_URL=http://127.0.0.1:8233/",
	}}
}

func (s *shell) line() *line { return &line{env: s.env} }

func (s *shell) run(t *testing.T, args ...string) (code int, out, err string) {
	t.Helper()
	l := s.line()
	code = l.run(t.Context(), args...)
	return code, l.out.String(), l.err.String()
}

const model = "wavespeed-ai/flux-dev"

func TestGenerateWaits(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{Duration: 100 * time.Millisecond})
	code, out, progress := s.run(t, "generate", model, "prompt=a cat", "num_images=2", "--wait")
	require.Zero(t, code, progress)
	urls := strings.Fields(out)
	require.Len(t, urls, 2, "a value that is a number is one")
	for _, url := range urls {
		require.True(t, strings.HasPrefix(url, s.Simulator.URL()), url)
	}
	require.Contains(t, progress, "http://127.0.0.1:8233/namespaces/default/workflows/generate-")
	require.NotContains(t, progress, "\r", "no line is rewritten where there is no terminal")
	require.Contains(t, progress, s.Simulator.Ledger()[0].PredictionID)
}

func TestGenerateDoesNotWait(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{})
	id := "cli-" + uuid.NewString()
	code, out, _ := s.run(t, "generate", model, "prompt=a cat", "--id", id, "--json")
	require.Zero(t, code)
	var started struct {
		WorkflowID string `json:"workflow_id"`
		RunID      string `json:"run_id"`
	}
	require.NoError(t, json.Unmarshal([]byte(out), &started))
	require.Equal(t, id, started.WorkflowID)
	require.NoError(t, s.Client.GetWorkflow(t.Context(), id, started.RunID).Get(t.Context(), nil))
}

func TestGenerateAsJSON(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{Duration: time.Millisecond})
	l := s.line()
	l.stdin = `{"prompt": "from standard input", "seed": 2147483647}`
	require.Zero(t, l.run(t.Context(), "generate", model, "--input", "-", "prompt=from the pair", "--wait", "--json"), l.err.String())
	var result struct {
		PredictionID string   `json:"prediction_id"`
		Outputs      []string `json:"outputs"`
	}
	require.NoError(t, json.Unmarshal([]byte(l.out.String()), &result))
	entry := s.Simulator.Ledger()[0]
	require.Equal(t, entry.PredictionID, result.PredictionID)
	require.Len(t, result.Outputs, 1)
	require.JSONEq(t, `{"prompt":"from the pair","seed":2147483647}`, string(entry.Input))
	require.Contains(t, string(entry.Input), "2147483647", "a number keeps its digits")
}

// TestGenerateSavesOutputs: a file given with @ is uploaded, outputs are downloaded, and a
// repeated command leaves them unchanged.
func TestGenerateSavesOutputs(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{Duration: time.Millisecond})
	dir := t.TempDir()
	code, out, progress := s.run(t, "generate", model, "prompt=a cat", "--output", dir)
	require.Zero(t, code, progress)
	require.NotEmpty(t, out)
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 1, "and nothing that is partial")
	picture := dir + "/" + files[0].Name()
	require.Contains(t, progress, "saved "+picture)
	content, err := os.ReadFile(picture)
	require.NoError(t, err)
	require.Equal(t, "\x89PNG", string(content[:4]))

	code, _, progress = s.run(t, "generate", "wavespeed-ai/wan-2.1/i2v-480p", "prompt=it runs", "image=@"+picture, "--wait")
	require.Zero(t, code, progress)
	require.Contains(t, string(s.Simulator.Ledger()[1].Input), s.Simulator.URL())
}

func TestGenerateRefusesBeforeAnySpend(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{})
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no model":                {[]string{"generate"}, "requires at least 1 arg"},
		"bad model":               {[]string{"generate", "../balance", "prompt=x"}, "model"},
		"no pair":                 {[]string{"generate", model, "prompt"}, `"prompt" does not have the form key=value`},
		"no file":                 {[]string{"generate", model, "image=@/none"}, "image: open /none: no such file or directory"},
		"no input file":           {[]string{"generate", model, "--input", "/none"}, "--input: open /none"},
		"no object":               {[]string{"generate", model, "--input", "-"}, "--input: stdin:1:1: the file is empty"},
		"on-insufficient-credits": {[]string{"generate", model, "prompt=x", "--on-insufficient-credits", "hope"}, "on_insufficient_credits"},
		"on-unknown":              {[]string{"generate", model, "prompt=x", "--on-unknown", "hope"}, "on_unknown"},
		"unknown flag":            {[]string{"generate", model, "--loud"}, "unknown flag: --loud"},
		"setting":                 {[]string{"generate", model, "prompt=x", "--log-level", "loud"}, "--log-level: "},
		"no command":              {[]string{"generates"}, `unknown command "generates"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, _, err := s.run(t, test.args...)
			require.Equal(t, 2, code, err)
			require.Contains(t, err, test.want)
		})
	}
	t.Cleanup(func() { require.Empty(t, s.Simulator.Ledger()) })
}

// TestExitCodes tell a script the outcome.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{Duration: time.Millisecond, Faults: []wavespeedtest.Fault{
		{Kind: wavespeedtest.Fails, Input: "it fails"},
		{Kind: wavespeedtest.NeverEnds, Input: "never ends"},
	}})
	t.Run("failed", func(t *testing.T) {
		t.Parallel()
		code, out, err := s.run(t, "generate", model, "prompt=it fails", "--wait", "--json")
		require.Equal(t, 3, code)
		require.Contains(t, err, s.Simulator.Ledger()[0].Model)
		require.NotContains(t, err, "it fails", "a prompt is nobody's business")
		var failed struct {
			Error  string          `json:"error"`
			Status json.RawMessage `json:"status"`
		}
		require.NoError(t, json.Unmarshal([]byte(out), &failed))
		require.Contains(t, failed.Error, "wavespeed.")
		require.Contains(t, string(failed.Status), `"attempts"`)
	})
	t.Run("deadline", func(t *testing.T) {
		t.Parallel()
		code, _, err := s.run(t, "generate", model, "prompt=never ends", "--wait", "--timeout", "3s")
		require.Equal(t, 4, code, err)
	})
	t.Run("canceled", func(t *testing.T) {
		t.Parallel()
		id := "cli-" + uuid.NewString()
		l := s.line()
		ended := make(chan int, 1)
		go func() { ended <- l.run(t.Context(), "generate", model, "prompt=never ends", "--wait", "--id", id) }()
		stack.Eventually(t, "it was not submitted", func() bool { return strings.Contains(l.err.String(), "prediction") })
		require.NoError(t, s.Client.CancelWorkflow(t.Context(), id, ""))
		require.Equal(t, 5, <-ended)
	})
	t.Run("interrupted", func(t *testing.T) {
		t.Parallel()
		id := "cli-" + uuid.NewString()
		ctx, interrupt := context.WithCancel(t.Context())
		l := s.line()
		ended := make(chan int, 1)
		go func() { ended <- l.run(ctx, "generate", model, "prompt=never ends", "--wait", "--id", id) }()
		stack.Eventually(t, "it was not submitted", func() bool { return strings.Contains(l.err.String(), "prediction") })
		interrupt()
		require.Equal(t, 130, <-ended)
		require.Contains(t, l.err.String(), "the generation continues")
		described, err := s.Client.DescribeWorkflow(t.Context(), id, "")
		require.NoError(t, err)
		require.Equal(t, "Running", described.Status.String())

		again := s.line()
		require.Zero(t, again.run(t.Context(), "generate", model, "prompt=never ends", "--id", id), again.err.String())
		require.Contains(t, again.err.String(), "joined it, and nothing was submitted")
		require.NoError(t, s.Client.TerminateWorkflow(t.Context(), id, "", ""))
		require.Equal(t, 1, again.run(t.Context(), "generate", model, "prompt=never ends", "--id", id))
		require.Contains(t, again.err.String(), "has ended; nothing was submitted")
	})
	t.Run("no Temporal", func(t *testing.T) {
		t.Parallel()
		l := s.line()
		require.Equal(t, 1, l.run(t.Context(), "generate", model, "prompt=x", "--address", "127.0.0.1:"+stack.FreePorts(t, 1)[0]))
		require.Contains(t, l.err.String(), "no answer from Temporal at 127.0.0.1:")
	})
}

// TestSetup: setup can run repeatedly.
func TestSetup(t *testing.T) {
	t.Parallel()
	namespace := "setup-" + uuid.NewString()
	l := &line{env: []string{"TEMPORAL_ADDRESS=" + stack.SharedTemporal(t).Address, "TEMPORAL_NAMESPACE=" + namespace}}
	attribute := "--search-attribute=Pipeline=Keyword"
	require.Zero(t, l.run(t.Context(), "setup"), l.err.String())
	require.Contains(t, l.err.String(), "namespace "+namespace+": created")
	stack.Eventually(t, "the namespace takes no search attribute", func() bool { return l.run(t.Context(), "setup", attribute) == 0 })
	require.Contains(t, l.err.String(), "search attribute Pipeline: created as Keyword")
	stack.Eventually(t, "the search attribute is not seen", func() bool {
		again := &line{env: l.env}
		return again.run(t.Context(), "setup", attribute) == 0 && strings.Contains(again.err.String(), "search attribute Pipeline: already exists")
	})
	require.Equal(t, 1, l.run(t.Context(), "setup", "--search-attribute=Pipeline=Int"))
	require.Contains(t, l.err.String(), "exists with type Keyword; want Int")
	require.Equal(t, 2, l.run(t.Context(), "setup", "--search-attribute=Pipeline=Word"))
	c, err := client.Dial(client.Options{HostPort: stack.SharedTemporal(t).Address, Namespace: namespace})
	require.NoError(t, err)
	c.Close()
}

func TestConfigIsMasked(t *testing.T) {
	t.Parallel()
	l := &line{env: []string{"WAVESPEED_API_KEY=hunter2hunter2", "LOG_LEVEL=warn", "WEBHOOK_LISTENS=:1"}}
	require.Zero(t, l.run(t.Context(), "config", "--prices=false"), l.err.String())
	require.NotContains(t, l.out.String(), "hunter2")
	require.Regexp(t, `WAVESPEED_API_KEY +\*{8} +WAVESPEED_API_KEY\n`, l.out.String())
	require.Regexp(t, `LOG_LEVEL +warn +LOG_LEVEL\n`, l.out.String())
	require.Regexp(t, `WAVESPEED_PRICES +false +--prices\n`, l.out.String())
	require.Contains(t, l.err.String(), "did you mean WEBHOOK_LISTEN?")
	require.Equal(t, 2, l.run(t.Context(), "config", "--admin-listen=x"))
}

func TestVersionAndCompletion(t *testing.T) {
	t.Parallel()
	var l line
	require.Zero(t, l.run(t.Context(), "version"))
	require.Contains(t, l.out.String(), "wavespeed-temporal ")
	for _, name := range []string{"bash", "zsh", "fish", "powershell"} {
		var l line
		require.Zero(t, l.run(t.Context(), "completion", name))
		require.Contains(t, l.out.String(), "wavespeed-temporal")
	}
	var complete line
	require.Zero(t, complete.run(t.Context(), "__complete", "wor"))
	require.Contains(t, complete.out.String(), "worker\t")
}

func TestHelpNamesEverySetting(t *testing.T) {
	t.Parallel()
	var l line
	require.Zero(t, l.run(t.Context(), "--help"))
	for _, name := range []string{"--api-key", "WAVESPEED_API_KEY", "ADMIN_LISTEN", "Exit codes"} {
		require.Contains(t, l.out.String(), name)
	}
}

func TestBillOfMaterials(t *testing.T) {
	t.Parallel()
	// A program, since a test binary does not know its modules.
	output, err := exec.Command(stack.Build(t, "wavespeed-temporal"), "version", "--sbom").Output()
	require.NoError(t, err)
	var bill struct {
		BOMFormat  string `json:"bomFormat"`
		Components []struct{ Name, Version, PURL string }
	}
	require.NoError(t, json.Unmarshal(output, &bill))
	require.Equal(t, "CycloneDX", bill.BOMFormat)
	for _, c := range bill.Components {
		if c.Name == "go.temporal.io/sdk" {
			require.Equal(t, "pkg:golang/go.temporal.io/sdk@"+c.Version, c.PURL)
			return
		}
	}
	require.Fail(t, "the SDK is not among the components")
}
