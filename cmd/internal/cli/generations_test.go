package cli_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// TestGenerationIsFetchedLater with the command that generate prints.
func TestGenerationIsFetchedLater(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{Duration: time.Second})
	code, out, err := s.run(t, "generate", model, "prompt=a cat", "num_images=2")
	require.Zero(t, code, err)
	require.Empty(t, out)
	fetch := regexp.MustCompile(`Fetch its result with: wavespeed-temporal (generate result (generate-\S+))\n`).FindStringSubmatch(err)
	require.NotNil(t, fetch, err)
	id := fetch[2]
	code, out, err = s.run(t, "generate", "status", id)
	require.Zero(t, code, err)
	require.Contains(t, out, id+" · Running · ")

	dir := t.TempDir()
	code, out, err = s.run(t, append(strings.Fields(fetch[1]), "--output", dir)...)
	require.Zero(t, code, err)
	require.Len(t, strings.Fields(out), 2, "it waits for the result")
	prediction := s.Simulator.Ledger()[0].PredictionID
	require.Equal(t, []string{"generation-" + prediction + "-0.png", "generation-" + prediction + "-1.png"}, saved(t, dir))

	code, out, err = s.run(t, "generate", "status", id)
	require.Zero(t, code, err)
	require.Regexp(t, `generation  completed  `+model+`  1 +`+prediction+`  http\S+/1.png\n +http\S+/2.png\n`, out)
	code, out, _ = s.run(t, "generate", "status", id, "--json")
	require.Zero(t, code)
	var status struct {
		Status      string
		Generations []struct{ State string }
	}
	require.NoError(t, json.Unmarshal([]byte(out), &status))
	require.Equal(t, "Completed", status.Status)
	require.Equal(t, "completed", status.Generations[0].State)
	require.Len(t, s.Simulator.Ledger(), 1, "looking costs nothing")
}

func TestGenerateListAndCancel(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.NeverEnds, Input: "never"}}})
	open, done := newID(), newID()
	code, _, err := s.run(t, "generate", model, "prompt=never ends", "--id", open)
	require.Zero(t, code, err)
	code, _, err = s.run(t, "generate", model, "prompt=x", "--id", done, "--wait")
	require.Zero(t, code, err)
	filter := fmt.Sprintf(`WorkflowId IN ("%s", "%s")`, open, done)
	stack.Eventually(t, "they are not listed, newest first", func() bool {
		_, out, _ := s.run(t, "generate", "list", "--filter", filter)
		return regexp.MustCompile(`(?s)^ID .*\n` + done + ` +` + model + ` +Completed .*\n` + open + ` +` + model + ` +Running `).MatchString(out)
	})
	_, out, _ := s.run(t, "generate", "list", "--filter", filter, "--limit", "1")
	require.Contains(t, out, done)
	require.NotContains(t, out, open)

	code, _, err = s.run(t, "generate", "cancel", open)
	require.Zero(t, code, err)
	require.Contains(t, err, "cancellation requested")
	code, _, err = s.run(t, "generate", "result", open)
	require.Equal(t, 5, code, err)
	code, _, err = s.run(t, "generate", "cancel", open)
	require.Equal(t, 2, code)
	require.Contains(t, err, "has already ended (Canceled)")
}

// TestGenerationsWithoutWorker: showing an ended generation needs no worker.
func TestGenerationsWithoutWorker(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.Fails, Message: "no luck", Input: "unlucky"}}})
	good, bad := newID(), newID()
	code, _, err := s.run(t, "generate", model, "prompt=x", "--wait", "--id", good)
	require.Zero(t, code, err)
	code, _, err = s.run(t, "generate", model, "prompt=unlucky", "--wait", "--id", bad)
	require.Equal(t, 3, code, err)
	s.worker.Stop()
	code, out, err := s.run(t, "generate", "status", good)
	require.Zero(t, code, err)
	require.Regexp(t, `generation  completed  `+model+`  1 +[0-9a-f]{32}  http`, out)
	code, out, err = s.run(t, "generate", "status", bad)
	require.Zero(t, code, err)
	require.Regexp(t, `generation  failed  `+model+`  1 +[0-9a-f]{32}  –\ngeneration: .*no luck`, out)
	code, _, err = s.run(t, "generate", "result", good, "-o", t.TempDir())
	require.Zero(t, code, err)
}

// TestGenerateCommandsSayWhatIsMissing.
func TestGenerateCommandsSayWhatIsMissing(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{})
	id := newID()
	code, _, err := s.run(t, "pipeline", "run", written(t, "film.yaml", filmFile), "--id", id, "--detach")
	require.Zero(t, code, err)
	for _, command := range []string{"status", "result", "cancel"} {
		code, _, err := s.run(t, "generate", command, "nobody")
		require.Equal(t, 1, code)
		require.Contains(t, err, "there is no generation nobody. List them with: wavespeed-temporal generate list")
		code, _, err = s.run(t, "generate", command, id)
		require.Equal(t, 2, code)
		require.Contains(t, err, id+" is a run of a pipeline. Use: wavespeed-temporal pipeline status "+id)
	}
	code, _, err = s.run(t, "generate", "reslut", "x")
	require.Equal(t, 2, code)
	require.Contains(t, err, `"reslut" is neither a command nor a model; did you mean result?`)
}

// TestPipelineListMarksRunsThatWait, and lists the newest first, whatever their states.
func TestPipelineListMarksRunsThatWait(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{})
	film, review := written(t, "film.yaml", filmFile), written(t, "review.yaml", reviewFile)
	waits, first, last := "cli-waits-"+newID(), newID(), newID()
	ids := []string{waits, first, last}
	for i, args := range [][]string{{review, "--detach"}, {film}, {film}} {
		code, _, err := s.run(t, append([]string{"pipeline", "run", "--id", ids[i]}, args...)...)
		require.Zero(t, code, err)
	}
	filter := fmt.Sprintf(`WorkflowId IN ("%s")`, strings.Join(ids, `", "`))
	stack.Eventually(t, "the run that waits is not marked, below newer ones", func() bool {
		_, out, err := s.run(t, "pipeline", "list", "--filter", filter)
		return regexp.MustCompile(`(?s)\n`+last+` +film +Completed +– .*\n`+first+` +film +Completed .*\n`+waits+` +review +Running +\* approval \(look\) `).MatchString(out) &&
			strings.Contains(err, "* 1 run waits for a person. See what to decide with: wavespeed-temporal pipeline status RUN")
	})
	_, out, _ := s.run(t, "pipeline", "list", "--filter", filter, "--json")
	require.Contains(t, out, `"waits": true`)
	_, out, _ = s.run(t, "pipeline", "list", "--filter", filter, "--limit", "2")
	require.NotContains(t, out, waits, "the two newest are not the running ones")
}

// TestMessagesNameNoOtherProgram: users may not have Temporal's command line.
func TestMessagesNameNoOtherProgram(t *testing.T) {
	t.Parallel()
	programs := os.DirFS("../..")
	require.NoError(t, fs.WalkDir(programs, ".", func(file string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		text, err := fs.ReadFile(programs, file)
		require.NoError(t, err)
		require.NotRegexp(t, `(^|[^-\w])temporal (workflow|operator|schedule|server|task-queue|env) `, string(text), file)
		return nil
	}))
}

func TestConfigShowsTemporal(t *testing.T) {
	t.Parallel()
	file := written(t, "temporal.toml", "[profile.cloud]\naddress = \"cloud.example.com:7233\"\nnamespace = \"media\"\napi_key = \"hunter2hunter2\"\n")
	l := &line{env: []string{"TEMPORAL_CONFIG_FILE=" + file, "TEMPORAL_PROFILE=cloud", "TEMPORAL_TLS_SERVER_NAME=x.example.com"}}
	require.Zero(t, l.run(t.Context(), "config", "--namespace", "other"), l.err.String())
	for _, row := range []string{
		`TEMPORAL_PROFILE +cloud +TEMPORAL_PROFILE`, `TEMPORAL_ADDRESS +cloud.example.com:7233 +` + file + `, profile cloud`,
		`TEMPORAL_NAMESPACE +other +--namespace`, `TEMPORAL_API_KEY +\*{8} +` + file, `TEMPORAL_TLS +true +`,
		`TEMPORAL_TLS_SERVER_NAME +x.example.com +TEMPORAL_TLS_SERVER_NAME`,
	} {
		require.Regexp(t, `(?m)^`+row, l.out.String())
	}
	require.NotContains(t, l.out.String(), "hunter2")
	var defaults line
	require.Zero(t, defaults.run(t.Context(), "config"))
	require.Regexp(t, `TEMPORAL_ADDRESS +localhost:7233 +default`, defaults.out.String())
}
