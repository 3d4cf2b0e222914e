package cli_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// saved returns the names of the files in a directory.
func saved(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

// TestRunKeepsTheUsersOwnFile: an output doesn't replace its source picture.
func TestRunKeepsTheUsersOwnFile(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{})
	dir := t.TempDir()
	own := filepath.Join(dir, "still.png")
	require.NoError(t, os.WriteFile(own, []byte("\x89PNG of mine"), 0o600))
	p := written(t, "p.yaml", `
inputs: {photo: file}
steps:
  still: {model: wavespeed-ai/flux-dev, input: {prompt: brighter, image: "${{ inputs.photo }}"}}
`)
	id := newID()
	code, _, err := s.run(t, "pipeline", "run", p, "photo=@"+own, "-o", dir, "--id", id)
	require.Zero(t, code, err)
	require.Equal(t, "\x89PNG of mine", content(t, own))
	require.Equal(t, []string{"still-2.png", "still.png"}, saved(t, dir))
	require.Contains(t, err, fmt.Sprintf("saved %s/still-2.png (%s is another file)", dir, own))

	// The same output is not saved twice.
	code, _, err = s.run(t, "pipeline", "results", id, "-o", dir)
	require.Zero(t, code, err)
	require.Contains(t, err, "still-2.png is already saved")
	require.Len(t, saved(t, dir), 2)

	code, _, err = s.run(t, "pipeline", "results", id, "-o", dir, "--overwrite")
	require.Zero(t, code, err)
	require.True(t, content(t, own) == content(t, dir+"/still-2.png"), "the user asked for it")
}

const shotsFile = `
inputs: {shots: array}
steps:
  shots:
    for_each: {items: "${{ inputs.shots }}", key: item}
    model: wavespeed-ai/flux-dev
    input: {prompt: "${{ item }}", num_images: 2}
  best: {model: wavespeed-ai/flux-dev, input: {prompt: "best of ${{ len(steps.shots.outputs) }}"}}
`

// TestNamesOfFiles carry step, key and position, and are the same for run and results.
func TestNamesOfFiles(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{})
	id, dir := newID(), t.TempDir()
	code, _, err := s.run(t, "pipeline", "run", written(t, "p.yaml", shotsFile), `shots=["mug ivory", "../etc", "CON"]`, "-o", dir, "--id", id)
	require.Zero(t, code, err)
	want := []string{
		"best.png", "shots-0000-mug-ivory-0.png", "shots-0000-mug-ivory-1.png", "shots-0001-etc-0.png", "shots-0001-etc-1.png",
		"shots-0002-CON-0.png", "shots-0002-CON-1.png",
	}
	require.Equal(t, want, saved(t, dir), "all outputs of each item, also where a step's outputs have the first only")
	code, _, err = s.run(t, "pipeline", "results", id, "-o", dir)
	require.Zero(t, code, err)
	require.Equal(t, want, saved(t, dir))
}

// TestDeclaredOutputs are the only ones saved, named after their step and item.
func TestDeclaredOutputs(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{})
	dir := t.TempDir()
	p := written(t, "p.yaml", shotsFile+`
outputs:
  cover: ${{ steps.shots.outputs[1] }}
  nested: {again: "${{ steps.shots.outputs[1] }}", first: ["${{ steps.shots.items[0].outputs[1] }}"]}
  count: ${{ len(steps.shots.outputs) }}
  title: two shots
  keys: ${{ map(steps.shots.items, .key) }}
`)
	code, _, err := s.run(t, "pipeline", "run", p, `shots=["a", "b"]`, "-o", dir)
	require.Zero(t, code, err)
	require.Equal(t, []string{"shots-0000-a-1.png", "shots-0001-b-0.png", "title.txt"}, saved(t, dir))
}

// TestOneOutputIsGone: the others are saved, and the exit code reports the missing one.
func TestOneOutputIsGone(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{
		{Kind: wavespeedtest.OutputGone, Input: `"two"`, Nth: 1},
		{Kind: wavespeedtest.OutputGone, Input: `"three"`, Status: 503, Times: 1},
	}})
	id, dir := newID(), t.TempDir()
	p := written(t, "p.yaml", strings.ReplaceAll(shotsFile, ", num_images: 2", ""))
	code, out, err := s.run(t, "pipeline", "run", p, `shots=["one","two","three"]`, "-o", dir, "--id", id)
	require.Equal(t, 6, code, err)
	require.Contains(t, out, "shots[2]\t")
	require.Equal(t, []string{"best.png", "shots-0000-one.png", "shots-0002-three.png"}, saved(t, dir), "transient errors are retried")
	require.Regexp(t, `1 of 4 outputs could not be saved:\n +shots-0001-two \(prediction [0-9a-f]{32}\): HTTP 404; WaveSpeed keeps files for 7 days\n`, err)
	again := regexp.MustCompile(`Retry with: wavespeed-temporal (.*)`).FindStringSubmatch(err)
	require.NotNil(t, again, err)
	s.Simulator.Heal()
	code, _, err = s.run(t, strings.Fields(again[1])...)
	require.Zero(t, code, err)
	require.Len(t, saved(t, dir), 4)
}

// writer is a shell with a model that returns text.
func writer(t *testing.T, text string) *shell {
	t.Helper()
	return newShell(t, wavespeedtest.Options{
		Models: []wavespeedtest.Model{{ID: "example/writer", Price: 0.001, Type: "text-to-text"}},
		Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.OutputsText, Value: text, Model: "example/writer"}},
	})
}

const writerFile = `
steps:
  poems:
    for_each: {items: [rain, snow], key: item}
    model: example/writer
    input: {prompt: "${{ item }}"}
`

// TestOutputsTooLargeForAHistory are fetched from the provider.
func TestOutputsTooLargeForAHistory(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a long poem ", 100_000)
	s := writer(t, long)
	dir, id := t.TempDir(), newID()
	code, _, err := s.run(t, "generate", "example/writer", "prompt=rain", "-o", dir, "--id", id)
	require.Zero(t, code, err)
	require.Len(t, saved(t, dir), 1)
	require.True(t, content(t, filepath.Join(dir, saved(t, dir)[0])) == long)
	code, _, err = s.run(t, "generate", "result", id)
	require.Zero(t, code, err)
	require.Contains(t, err, "The outputs are too large for a workflow's history. Fetch them with: wavespeed-temporal generate result "+id+" --output DIR")

	for _, outputs := range []string{"", `outputs: {poems: "${{ steps.poems.outputs }}"}`} {
		dir = t.TempDir()
		code, _, err = s.run(t, "pipeline", "run", written(t, "p.yaml", writerFile+outputs), "-o", dir)
		require.Zero(t, code, err)
		require.Equal(t, []string{"poems-0000-rain.txt", "poems-0001-snow.txt"}, saved(t, dir))
		require.True(t, content(t, dir+"/poems-0001-snow.txt") == long)
	}

	// Without the account's key, the error says so.
	keyless := *s
	keyless.env = slices.DeleteFunc(slices.Clone(s.env), func(pair string) bool { return strings.HasPrefix(pair, "WAVESPEED_API_KEY=") })
	code, _, err = keyless.run(t, "generate", "result", id, "-o", t.TempDir())
	require.Equal(t, 6, code, err)
	require.Contains(t, err, "to fetch it, set WAVESPEED_API_KEY")
}

// TestResultTooLarge: outputs that don't fit into a result are saved anyway.
func TestResultTooLarge(t *testing.T) {
	t.Parallel()
	s := writer(t, strings.Repeat("a poem ", 2800))
	dir := t.TempDir()
	p := written(t, "p.yaml", strings.ReplaceAll(writerFile, "items: [rain, snow], key: item", `items: "${{ 1..70 }}", max_parallel: 50`))
	code, _, err := s.run(t, "pipeline", "run", p, "-o", dir)
	require.Zero(t, code, err)
	require.Len(t, saved(t, dir), 70)
	code, _, err = s.run(t, "pipeline", "run", p)
	require.Zero(t, code, err)
	require.Contains(t, err, "The outputs are too large for a result. List them with: wavespeed-temporal pipeline results pipeline-p-")
}

// TestEscapeCodesAreNeutralized wherever the program prints text from a model or another
// person. Saved files keep the text unchanged.
func TestEscapeCodesAreNeutralized(t *testing.T) {
	t.Parallel()
	evil := "\x1b[2J\x1b]0;owned\x07 a poem \u202e\u009b31m\r"
	s := writer(t, evil)
	require.NoError(t, s.Simulator.Inject(wavespeedtest.Fault{Kind: wavespeedtest.Fails, Message: "no" + evil, Input: "unlucky"}))
	p := written(t, "p.yaml", `
steps:
  poems:
    for_each: {items: ["r\e[31mn"]}
    model: example/writer
    input: {prompt: "${{ item }}"}
  look: {approve: {message: "${{ steps.poems.outputs[0] }}", show: "${{ steps.poems.outputs }}", choose: "${{ steps.poems.outputs }}"}}
`)
	id, generated, failed, dir := newID(), newID(), newID(), t.TempDir()
	code, _, err := s.run(t, "pipeline", "run", p, "--detach", "--id", id)
	require.Zero(t, code, err)
	require.Eventually(t, func() bool {
		_, out, _ := s.run(t, "pipeline", "status", id)
		return strings.Contains(out, "look waits for a decision")
	}, 30*time.Second, 100*time.Millisecond)
	for _, command := range [][]string{
		{"generate", "example/writer", "prompt=x", "--wait", "--id", generated},
		{"generate", "example/writer", "prompt=unlucky", "--wait", "--id", failed},
		{"generate", "example/writer", "prompt=unlucky", "--wait", "--json"},
		{"generate", "status", generated}, {"generate", "status", generated, "--json"}, {"generate", "result", generated},
		{"generate", "status", failed}, {"generate", "result", failed}, {"generate", "result", generated, "-o", dir},
		{"pipeline", "status", id}, {"pipeline", "status", id, "--json"}, {"pipeline", "results", id}, {"pipeline", "results", id, "-o", dir},
		{"pipeline", "list"}, {"generate", "list"}, {"resolve", failed}, {"generate", "status", "no\x1b[2J"},
		{"pipeline", "approve", id, "--choose", "0", "--comment", evil}, {"pipeline", "status", id, "--watch"}, {"pipeline", "run", p, "x\x1b[1m=1"},
		{"generate", "example/writer", "prompt=x", "--log-level", evil},
	} {
		_, out, err := s.run(t, command...)
		require.NotRegexp(t, "[\x00-\x08\x0b-\x1f\x7f\u0080-\u009f\u202a-\u202e]", out+err, command)
	}
	require.Equal(t, evil, content(t, dir+"/poems-0000.txt"))
}

// TestPrivateAddressesAreRefused: a model's text must not make this machine call hosts that
// only it can reach.
func TestPrivateAddressesAreRefused(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"http://169.254.169.254/latest/meta-data/iam": "169.254.169.254 is not a public address",
		"http://127.0.0.1:1/":                         "port 1 is neither 80 nor 443",
		"http://localhost/":                           "not a public address",
	} {
		dir := t.TempDir()
		code, _, err := writer(t, address).run(t, "generate", "example/writer", "prompt=x", "-o", dir)
		require.Equal(t, 6, code, err)
		require.Contains(t, err, want)
		require.Empty(t, saved(t, dir))
	}
}

// TestMaxSize limits a file's size.
func TestMaxSize(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{})
	dir := t.TempDir()
	code, _, err := s.run(t, "generate", model, "prompt=x", "-o", dir, "--max-size", "1KiB")
	require.Equal(t, 6, code, err)
	require.Contains(t, err, "it is larger than the limit of 1 KiB")
	require.Empty(t, saved(t, dir))
	code, _, err = s.run(t, "generate", model, "prompt=x", "-o", dir, "--max-size", "lots")
	require.Equal(t, 2, code)
	require.Contains(t, err, `"lots" is not a size such as 4GiB`)
}

// TestLongListsAreNotOneLine.
func TestLongListsAreNotOneLine(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{})
	code, out, err := s.run(t, "pipeline", "run", written(t, "p.yaml", shotsFile), `shots=["a", "b", "c", "d"]`)
	require.Zero(t, code, err)
	require.Regexp(t, `(?m)^shots\[0\]\t`+s.Simulator.URL()+`\S+$`, out)
	require.Regexp(t, `(?m)^shots\[3\]\t`+s.Simulator.URL()+`\S+$`, out)
	require.Regexp(t, `(?m)^best\t\S+$`, out)
}

// TestOutputWithoutWaiting: --output with --detach prints how to download later.
func TestOutputWithoutWaiting(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{})
	id, dir := newID(), t.TempDir()
	code, _, err := s.run(t, "pipeline", "run", written(t, "film.yaml", filmFile), "--detach", "-o", dir, "--id", id)
	require.Zero(t, code, err)
	require.Contains(t, err, "save its outputs with: wavespeed-temporal pipeline results "+id)
	code, _, err = s.run(t, "pipeline", "rerun", "--filter", "WorkflowId = 'x'", "-o", dir)
	require.Equal(t, 2, code)
	require.Contains(t, err, "--output can't be combined with --filter")
}

// TestOutputsOfOtherForms are files too: base64, and objects with a URL.
func TestOutputsOfOtherForms(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{
		{Kind: wavespeedtest.OutputsBase64, Input: "base64"}, {Kind: wavespeedtest.OutputsObject, Input: "object"},
	}})
	id, dir := newID(), t.TempDir()
	p := written(t, "p.yaml", strings.ReplaceAll(shotsFile, ", num_images: 2", ""))
	code, _, err := s.run(t, "pipeline", "run", p, `shots=["base64","object"]`, "--id", id)
	require.Zero(t, code, err)
	code, _, err = s.run(t, "pipeline", "results", id, "-o", dir)
	require.Zero(t, code, err)
	require.Equal(t, []string{"best.png", "shots-0000-base64.png", "shots-0001-object.png"}, saved(t, dir))
	for _, name := range saved(t, dir) {
		require.Equal(t, "\x89PNG", content(t, filepath.Join(dir, name))[:4], name)
	}
}

// TestInterruptedDownload prints how to get the rest.
func TestInterruptedDownload(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.OutputGone, Status: 503}}})
	id, dir := newID(), t.TempDir()
	code, _, err := s.run(t, "generate", model, "prompt=x", "--wait", "--id", id)
	require.Zero(t, code, err)
	ctx, interrupt := context.WithCancel(t.Context())
	l := s.line()
	ended := make(chan int, 1)
	go func() { ended <- l.run(ctx, "generate", "result", id, "-o", dir) }()
	stack.Eventually(t, "no output is requested", func() bool { return s.Simulator.Counts().Faults[wavespeedtest.OutputGone] > 0 })
	interrupt()
	require.Equal(t, 130, <-ended)
	require.Contains(t, l.err.String(), "Interrupted. Save the rest with: wavespeed-temporal generate result "+id+" --output "+dir)
	require.Empty(t, saved(t, dir))
}

// TestFailedRunSavesWhatItMade, because it is paid for.
func TestFailedRunSavesWhatItMade(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{
		{Kind: wavespeedtest.Fails, Input: "waves"}, {Kind: wavespeedtest.OutputGone, Input: "gone"},
	}})
	film, dir := written(t, "film.yaml", filmFile), t.TempDir()
	code, _, err := s.run(t, "pipeline", "run", film, "-o", dir)
	require.Equal(t, 3, code, err)
	require.Equal(t, []string{"still.png"}, saved(t, dir))
	code, _, err = s.run(t, "pipeline", "run", film, "scene=gone", "-o", dir)
	require.Equal(t, 3, code, "the run's own error counts")
	require.Contains(t, err, "1 of 1 output could not be saved")
	require.Contains(t, err, "step clip failed")
}
