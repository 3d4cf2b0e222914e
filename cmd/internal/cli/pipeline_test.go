package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

const filmFile = `
name: film
inputs:
  scene: {default: a lighthouse}
  seconds: {type: integer, default: 5}
steps:
  still:
    model: wavespeed-ai/flux-dev
    input: {prompt: "${{ inputs.scene }}"}
  clip:
    model: wavespeed-ai/wan-2.1/i2v-480p
    input: {prompt: waves, image: "${{ steps.still.output }}", duration: "${{ inputs.seconds }}"}
outputs:
  still: ${{ steps.still.output }}
  clip: ${{ steps.clip.output }}
`

// written writes a file in the test's own directory.
func written(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func newID() string { return "cli-" + uuid.NewString() }

// TestPipelineRun shows progress, prints and saves the outputs.
func TestPipelineRun(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{Duration: 200 * time.Millisecond})
	dir := t.TempDir()
	film := written(t, "film.yaml", filmFile)
	code, out, progress := s.run(t, "pipeline", "run", film, "scene=a harbour", "seconds=10", "--output", dir)
	require.Zero(t, code, progress)
	require.Regexp(t, `(?m)^clip\t`+s.Simulator.URL(), out)
	require.Regexp(t, `(?m)^still\t`, out)
	for _, text := range []string{"/workflows/pipeline-film-", "STEP", "still  completed  wavespeed-ai/flux-dev", "saved " + dir + "/clip.gif"} {
		require.Contains(t, progress, text)
	}
	require.NotContains(t, progress, "\033", "no line is rewritten where there is no terminal")
	require.FileExists(t, dir+"/still.png")
	require.Contains(t, string(s.Simulator.Ledger()[0].Input), "a harbour")
	require.Contains(t, string(s.Simulator.Ledger()[1].Input), `"duration":10`)

	// A second run's outputs don't replace the first one's.
	before, err := os.ReadFile(dir + "/still.png")
	require.NoError(t, err)
	code, out, progress = s.run(t, "pipeline", "run", film, "scene=a forest", "--output", dir, "--json")
	require.Zero(t, code)
	var result pipeline.Result
	require.NoError(t, json.Unmarshal([]byte(out), &result))
	require.Len(t, result.Steps, 2)
	after, err := os.ReadFile(dir + "/still.png")
	require.NoError(t, err)
	require.True(t, bytes.Equal(before, after))
	require.FileExists(t, dir+"/still-2.png")
	require.Contains(t, progress, "saved "+dir+"/clip-2.gif ("+dir+"/clip.gif is another file)")
}

// TestPipelineProblems reports every problem with its location, and submits nothing.
func TestPipelineProblems(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{})
	film := written(t, "film.yaml", `inputs: {scene: string}
steps:
  still:
    model: wavespeed-ai/flux-devv
    input: {prompt: "${{ inputs.scene }}"}
  clip:
    modle: x
    model: wavespeed-ai/wan-2.1/i2v-480p
    input: {prompt: waves, imgae: "${{ steps.sitll.output }}", duration: 60}
`)
	for _, command := range [][]string{{"validate", film}, {"run", film, "scene=secret prompt"}, {"price", film}, {"schedule", film, "--every", "1h"}} {
		code, _, problems := s.run(t, append([]string{"pipeline"}, command...)...)
		require.Equal(t, 2, code, problems)
		for _, text := range []string{
			film + `:4:5: steps.still.model: WaveSpeedAI has no model "wavespeed-ai/flux-devv"; did you mean wavespeed-ai/flux-dev?`,
			film + `:7:5: steps.clip.modle: is not known; did you mean model?`,
			film + `:9:28: steps.clip.input.imgae: wavespeed-ai/wan-2.1/i2v-480p has no such field; did you mean image?`,
			`steps.clip.input.imgae: there is no step "sitll"; did you mean still?`,
			film + `:9:64: steps.clip.input.duration: must be at most 10`,
		} {
			require.Contains(t, problems, text)
		}
		require.NotContains(t, problems, "secret prompt")
	}
	code, out, _ := s.run(t, "pipeline", "validate", film, "--json")
	require.Equal(t, 2, code)
	var report runwire.Report
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	require.Len(t, report.Problems, 6)

	good := written(t, "good.yaml", filmFile)
	for want, args := range map[string][]string{
		"inputs.seconds: must be a whole number":            {"run", good, "seconds=ten"},
		"inputs.sceen: the pipeline has no such input; did": {"run", good, "sceen=x"},
		"no such file":   {"run", "/none.yaml"},
		"the balance of": {"run", good},
		"steps.clip.input.duration: must be at most 10":      {"validate", good, "seconds=60"},
		"give --cron or --every":                             {"schedule", good},
		"--format: \"dot\" is neither":                       {"graph", good, "--format", "dot"},
		"give a RUN or a --filter":                           {"rerun"},
		`"abc" is not an amount of US dollars`:               {"budget", "x", "abc"},
		"must be more than 0 US dollars":                     {"run", good, "--budget", "0"},
		`unknown command "stop"`:                             {"stop", "x"},
		"inputs.scene: is given more than once":              {"run", good, "scene=a", "scene=b"},
		"--output: mkdir /proc/none":                         {"run", good, "--output", "/proc/none"},
		`"prompt" does not have the form field=value`:        {"regenerate", "x", "still", "prompt"},
		"an expression that starts with ${{ must end with }": {"validate", written(t, "open.yaml", "steps: {a: {model: a/b, input: {prompt: '${{ 1'}}}")},
	} {
		sh := s
		if want == "the balance of" {
			sh = newShell(t, wavespeedtest.Options{Accounts: []wavespeedtest.Account{{Balance: 0.1}}})
		}
		code, _, problems := sh.run(t, append([]string{"pipeline"}, args...)...)
		require.Equal(t, 2, code, problems)
		require.Contains(t, problems, want)
	}
	require.Empty(t, s.Simulator.Ledger())
}

// TestPipelineWithoutKey: the form is checked anyway.
func TestPipelineWithoutKey(t *testing.T) {
	t.Parallel()
	l := &line{}
	require.Zero(t, l.run(t.Context(), "pipeline", "validate", written(t, "film.yaml", filmFile)), l.err.String())
	require.Contains(t, l.out.String(), "is valid: 2 steps")
	require.Contains(t, l.err.String(), "warning: models, inputs and prices were not checked")
	require.Equal(t, 2, l.run(t.Context(), "pipeline", "price", written(t, "film.yaml", filmFile)))
	var schema line
	require.Zero(t, schema.run(t.Context(), "pipeline", "schema"))
	require.True(t, json.Valid([]byte(schema.out.String())))
}

func TestPipelinePriceAndGraph(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{})
	film := written(t, "film.yaml", filmFile)
	code, out, err := s.run(t, "pipeline", "price", film, "seconds=10")
	require.Zero(t, code, err)
	require.Regexp(t, `clip +wavespeed-ai/wan-2.1/i2v-480p +1 +\$0.40 +\$0.40`, out)
	require.Contains(t, out, "Total: about $0.412. The balance is $1000000.00.")
	code, out, _ = s.run(t, "pipeline", "validate", film)
	require.Zero(t, code)
	require.Contains(t, out, "is valid: 2 steps, about $0.212, balance $1000000.00")
	_, out, _ = s.run(t, "pipeline", "graph", film)
	require.Contains(t, out, "clip  wavespeed-ai/wan-2.1/i2v-480p  ← still")
	_, out, _ = s.run(t, "pipeline", "graph", film, "--format", "mermaid")
	require.Contains(t, out, "flowchart TD")
	require.Contains(t, out, "s_still --> s_clip")
}

// TestPipelineCatalogueIsCached, because it is several megabytes.
func TestPipelineCatalogueIsCached(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{})
	s.env = append(s.env, "XDG_CACHE_HOME="+t.TempDir())
	film := written(t, "film.yaml", filmFile)
	for range 3 {
		code, _, err := s.run(t, "pipeline", "validate", film)
		require.Zero(t, code, err)
	}
	require.Equal(t, 1, s.Simulator.Counts().Requests["models"])
}

// TestPipelineInputs: lists from CSV, JSON and YAML, strings from files, uploaded files.
func TestPipelineInputs(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{})
	p := written(t, "p.yaml", `
inputs: {rows: array, text: string, picture: file, factor: {type: number, default: 2}}
steps:
  shots:
    for_each: {items: "${{ inputs.rows }}", key: item.sku}
    model: wavespeed-ai/flux-dev
    input: {prompt: "${{ item.title }}: ${{ inputs.text }}", image: "${{ inputs.picture }}"}
outputs: {keys: "${{ map(steps.shots.items, .key) }}"}
`)
	picture := written(t, "cat.png", "\x89PNG")
	text := written(t, "text.txt", "in the rain\n")
	for _, rows := range []string{
		written(t, "rows.csv", "\ufeffsku,title\nA-1,\"a cat, sitting\"\nA-2,a dog\n"),
		written(t, "rows.json", `[{"sku":"A-1","title":"a cat, sitting"},{"sku":"A-2","title":"a dog"}]`),
		written(t, "rows.yaml", "- {sku: A-1, title: 'a cat, sitting'}\n- {sku: A-2, title: a dog}\n"),
		written(t, "rows.csv", "sku,title\rA-1,\"a cat, sitting\"\rA-2,a dog\r"),
		written(t, "rows.json", "\ufeff[{\"sku\":\"A-1\",\"title\":\"a cat, sitting\"},\r\n{\"sku\":\"A-2\",\"title\":\"a dog\"}]"),
		written(t, "rows.yaml", "\ufeff- {sku: A-1, title: 'a cat,\r\n    sitting'}\r\n- {sku: A-2, title: a dog}\r\n"),
	} {
		code, out, err := s.run(t, "pipeline", "run", p, "rows=@"+rows, "text=@"+text, "picture=@"+picture)
		require.Zero(t, code, err)
		require.Equal(t, "keys\t[\"A-1\",\"A-2\"]\n", out)
	}
	for _, entry := range s.Simulator.Ledger() {
		require.Regexp(t, `"prompt":"a (cat, sitting|dog): in the rain"`, string(entry.Input))
		require.Contains(t, string(entry.Input), s.Simulator.URL()+"/media/")
	}
}

// TestPipelineDetach: interrupting the command does not end the run.
func TestPipelineDetach(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.NeverEnds, Input: "waves"}}})
	film, id := written(t, "film.yaml", filmFile), newID()
	ctx, interrupt := context.WithCancel(t.Context())
	l := s.line()
	ended := make(chan int, 1)
	go func() { ended <- l.run(ctx, "pipeline", "run", film, "--id", id) }()
	stack.Eventually(t, "the clip does not run", func() bool { return strings.Contains(l.err.String(), "clip         running") })
	interrupt()
	require.Equal(t, 130, <-ended)
	require.Contains(t, l.err.String(), "the run continues")
	code, out, err := s.run(t, "pipeline", "status", id)
	require.Zero(t, code, err)
	require.Regexp(t, `clip +running`, out)
	code, _, err = s.run(t, "pipeline", "run", film, "--id", id)
	require.Equal(t, 2, code, "the id is taken, and nothing is doubled")
	require.Contains(t, err, "already exists; nothing was started")
	code, _, err = s.run(t, "pipeline", "rerun", id)
	require.Equal(t, 2, code)
	require.Contains(t, err, "is still running")
	require.Len(t, s.Simulator.Ledger(), 2)
}

const reviewFile = `
name: review
budget: 0.1
steps:
  still:
    model: wavespeed-ai/flux-dev
    input: {prompt: first}
  look:
    approve: {message: "Good?", show: "${{ steps.still.output }}", approvers: [art, brand], needed: 2}
  clip:
    needs: [look]
    model: wavespeed-ai/wan-2.1/i2v-480p
    input: {prompt: waves, image: "${{ steps.still.output }}"}
`

// TestPipelineDecisions: a waiting run shows the commands to continue, and they work.
func TestPipelineDecisions(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.Fails, Input: "unlucky"}}})
	id := newID()
	l := s.line()
	ended := make(chan int, 1)
	go func() {
		ended <- l.run(t.Context(), "pipeline", "run", written(t, "review.yaml", reviewFile), "--id", id, "--budget", "0.1")
	}()
	asked := fmt.Sprintf("wavespeed-temporal pipeline approve %s look --by NAME", id)
	stack.Eventually(t, "nobody is asked", func() bool { return strings.Contains(l.err.String(), asked) })
	require.Contains(t, l.err.String(), fmt.Sprintf("wavespeed-temporal pipeline regenerate %s still field=value", id))

	do := func(want int, text string, args ...string) {
		t.Helper()
		code, _, err := s.run(t, append([]string{"pipeline"}, args...)...)
		require.Equal(t, want, code, err)
		require.Contains(t, err, text)
	}
	do(2, `"boss" is not among the approvers: art, brand`, "approve", id, "--by", "boss")
	do(0, "look: regenerating still", "regenerate", id, "still", "prompt=second", "--by", "brand")
	stack.Eventually(t, "it is not asked again", func() bool {
		_, out, _ := s.run(t, "pipeline", "status", id, "--json")
		var status pipeline.Status
		return json.Unmarshal([]byte(out), &status) == nil && status.State == pipeline.StateApproval && len(s.Simulator.Ledger()) == 2
	})
	require.Contains(t, string(s.Simulator.Ledger()[1].Input), "second")
	do(0, "look: regenerating still", "regenerate", id, "still", "prompt=unlucky", "--by", "art")
	stack.Eventually(t, "it is not asked again, and why", func() bool {
		return strings.Contains(l.err.String(), "asked again: still was to be regenerated, and failed: ")
	})
	do(0, "look: noted (approve); 1 of 2 approvals", "approve", id, "look", "--by", "art")
	do(0, "look: approved", "approve", id, "--by", "brand", "--comment", "fine")
	stack.Eventually(t, "it is not held", func() bool {
		return strings.Contains(l.err.String(), fmt.Sprintf("wavespeed-temporal pipeline budget %s USD", id))
	})
	do(0, id+": paused; running predictions are collected", "pause", id)
	stack.Eventually(t, "it does not say that it is paused", func() bool {
		return strings.Contains(l.err.String(), "nothing new is submitted. Continue with:\n  wavespeed-temporal pipeline resume "+id)
	})
	_, shown, _ := s.run(t, "pipeline", "status", id)
	require.Regexp(t, `^review · paused · `, shown)
	_, listed, _ := s.run(t, "pipeline", "list")
	require.Regexp(t, id+` +review +Running +\* paused`, listed)
	do(0, id+": resumed", "resume", id)
	do(2, "more than 0", "budget", id, "0")
	do(0, "the budget is now $1.00", "budget", id, "1")
	require.Zero(t, <-ended, l.err.String())
	do(1, "has ended, so there is nothing to decide", "approve", id)
	do(1, "there is no run nobody", "approve", "nobody")
	do(1, "has ended, so there is nothing to decide", "pause", id)
	_, out, _ := s.run(t, "pipeline", "status", id)
	require.Regexp(t, `Decided: look\n  brand: regenerate still, 20.*\n  art: regenerate still, 20.*\n  art: approve, 20.*\n  brand: approve, 20.*, fine\n`, out)
	ledger := s.Simulator.Ledger()
	require.Len(t, ledger, 4)
	require.Contains(t, string(ledger[3].Input), ledger[1].PredictionID, "the clip is made of the still that was good")
}

// TestPipelineWaitsForATopUp: the run says what it waits for, and the command that it shows makes it
// check.
func TestPipelineWaitsForATopUp(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.SubmitError, Status: 402}}})
	id := newID()
	l := s.line()
	ended := make(chan int, 1)
	file := written(t, "p.yaml", "steps: {still: {model: wavespeed-ai/flux-dev, input: {prompt: x}}}")
	go func() { ended <- l.run(t.Context(), "pipeline", "run", file, "--id", id) }()
	stack.Eventually(t, "it does not say what it waits for", func() bool {
		return strings.Contains(l.err.String(), "The run waits for a top-up of account default. It checks from time to time. Check now with:\n  wavespeed-temporal pipeline resume "+id)
	})
	_, listed, _ := s.run(t, "pipeline", "list")
	require.Regexp(t, id+` +p +Running +\* held`, listed)
	s.Simulator.Heal()
	code, _, err := s.run(t, "pipeline", "resume", id)
	require.Zero(t, code, err)
	require.Zero(t, <-ended, l.err.String())
	require.Len(t, s.Simulator.Ledger(), 1)

	require.NoError(t, s.Simulator.Inject(wavespeedtest.Fault{Kind: wavespeedtest.SubmitError, Status: 402}))
	code, _, err = s.run(t, "pipeline", "rerun", id, "--from", "still", "--on-insufficient-credits", "hope")
	require.Equal(t, 2, code)
	require.Contains(t, err, `--on-insufficient-credits: "hope" is not one of fail and wait`)
	code, _, err = s.run(t, "pipeline", "rerun", id, "--from", "still", "--on-insufficient-credits", "fail")
	require.Equal(t, 3, code, err)
	require.Equal(t, "fail", s.startedWith(t, id).Pipeline.Steps[0].Value.OnInsufficientCredits)
}

// TestPipelineChoicesByKey: their files often have the same names.
func TestPipelineChoicesByKey(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{})
	id := newID()
	code, _, err := s.run(t, "pipeline", "run", "--detach", "--id", id, written(t, "p.yaml", `
steps:
  title: {model: wavespeed-ai/flux-dev, input: {prompt: a title}}
  styles:
    for_each: {items: [oil, ink], key: item}
    model: wavespeed-ai/flux-dev
    input: {prompt: "a lighthouse, ${{ item }}", num_images: 2}
  pick:
    approve:
      show: ${{ steps.title.output }}
      choose: ${{ concat(steps.styles.outputs, [steps.styles.items[1].outputs[1]], ["none of them"]) }}
      regenerate: [title, styles]
`))
	require.Zero(t, code, err)
	url := s.Simulator.URL() + `/outputs/\S+`
	stack.Eventually(t, "nobody is asked", func() bool {
		_, out, _ := s.run(t, "pipeline", "status", id)
		return strings.Contains(out, "pick waits for a decision")
	})
	_, out, _ := s.run(t, "pipeline", "status", id)
	require.Regexp(t, `\n  title  `+url+`\n  0  styles\[oil\] 0  `+url+`\n  1  styles\[ink\] 0  `+url+`\n  2  styles\[ink\] 1  `+url+`\n  3  none of them\n`, out)
	require.Contains(t, out, "pipeline regenerate "+id+" title field=value\n")
	require.Contains(t, out, "pipeline regenerate "+id+" styles --items N field=value\n")
	require.NoError(t, s.Client.TerminateWorkflow(t.Context(), id, "", "test"))
}

// TestPipelineRerun repairs one run, and many by a filter.
func TestPipelineRerun(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.Fails, Input: "waves"}}})
	film := written(t, "film.yaml", filmFile)
	ids := []string{newID(), newID(), newID()}
	for _, id := range ids {
		code, _, err := s.run(t, "pipeline", "run", film, "--id", id)
		require.Equal(t, 3, code, err)
		require.Contains(t, err, "step clip failed")
		require.Contains(t, err, "Continue with: wavespeed-temporal pipeline rerun "+id)
	}
	require.Len(t, s.Simulator.Ledger(), 6)
	s.Simulator.Heal()
	for want, args := range map[string][]string{
		`--from: there is no step "clop"; did you mean clip?`:                                           {"--from", "clop"},
		`--set: there is no generation step "clop"`:                                                     {"--set", "clop.prompt=x"},
		`steps.clip.input.promt: wavespeed-ai/wan-2.1/i2v-480p has no such field; did you mean prompt?`: {"--set", "clip.promt=x"},
		`steps.clip.input.duration: is of type string`:                                                  {"--set", "clip.duration=long"},
		`a --filter takes neither a RUN nor inputs`:                                                     {"--filter", "x"},
		`does not have the form step.field=value`:                                                       {"--set", "prompt=x"},
		`the pipeline has no such input`:                                                                {"other=x"},
	} {
		code, _, err := s.run(t, append([]string{"pipeline", "rerun", ids[0]}, args...)...)
		require.Equal(t, 2, code)
		require.Contains(t, err, want)
	}
	code, out, err := s.run(t, "pipeline", "rerun", ids[0], "--set", `clip.prompt=slow waves`)
	require.Zero(t, code, err)
	require.Contains(t, err, "still  completed, kept")
	require.Contains(t, out, "clip\t")
	require.Len(t, s.Simulator.Ledger(), 7)
	require.Contains(t, string(s.Simulator.Ledger()[6].Input), "slow waves")

	filter := fmt.Sprintf(`WorkflowId IN ("%s")`, strings.Join(ids, `", "`))
	stack.Eventually(t, "the failed runs are not listed", func() bool {
		_, out, _ = s.run(t, "pipeline", "rerun", "--filter", filter)
		return !strings.Contains(out, ids[0]) && strings.Contains(out, ids[1]) && strings.Contains(out, ids[2])
	})
	require.Len(t, s.Simulator.Ledger(), 7, "without --yes nothing is run")
	code, out, err = s.run(t, "pipeline", "rerun", "--filter", filter, "--yes")
	require.Zero(t, code, err)
	require.ElementsMatch(t, ids[1:], strings.Fields(out))
	for _, id := range ids[1:] {
		code, _, err := s.run(t, "pipeline", "status", id, "--watch")
		require.Zero(t, code, err)
	}
	require.Len(t, s.Simulator.Ledger(), 9, "only what had failed is paid for")

	_, out, _ = s.run(t, "pipeline", "list", "--filter", filter, "--json")
	require.Contains(t, out, `"pipeline": "film"`)

	// A pipeline that was mended.
	mended := written(t, "mended.yaml", strings.ReplaceAll(filmFile, "prompt: waves", "prompt: calm sea"))
	code, _, err = s.run(t, "pipeline", "rerun", ids[0], "--file", mended, "--from", "clip")
	require.Zero(t, code, err)
	require.Len(t, s.Simulator.Ledger(), 10)
}

func TestPipelineSchedule(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{})
	id := newID()
	code, _, err := s.run(t, "pipeline", "schedule", written(t, "film.yaml", filmFile), "scene=x", "--cron", "0 6 * * *", "--every", "1s", "--id", id)
	require.Zero(t, code, err)
	require.Regexp(t, `created; next run \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \w+; each run costs `, err)
	described, failed := s.Client.ScheduleClient().GetHandle(t.Context(), id).Describe(t.Context())
	require.NoError(t, failed)
	require.Equal(t, 10*time.Minute, described.Schedule.Policy.CatchupWindow)
	stack.Eventually(t, "it does not run", func() bool {
		_, out, _ := s.run(t, "pipeline", "list", "--filter", fmt.Sprintf(`WorkflowId STARTS_WITH "%s" AND ExecutionStatus = "Completed"`, id))
		return strings.Contains(out, "film")
	})
	stack.Eventually(t, "it is not listed", func() bool {
		_, out, _ := s.run(t, "pipeline", "schedule", "--list")
		return strings.Contains(out, id)
	})
	code, _, err = s.run(t, "pipeline", "schedule", "--delete", id)
	require.Zero(t, code, err)
}

// TestScheduleOfAnotherDialect: Temporal doesn't read the first of six fields as seconds.
func TestScheduleOfAnotherDialect(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{})
	file := written(t, "film.yaml", filmFile)
	for cron, want := range map[string]string{
		"0 0 6 * * MON": `--cron "0 0 6 * * MON" has six fields; give five: minute, hour, day of month, month, day of week. Without seconds it is "0 6 * * MON"`,
		"0 6 * *":       `--cron "0 6 * *" has 4 fields; give five: minute, hour, day of month, month, day of week, such as "0 6 * * MON-FRI"`,
		"":              `--cron "" has 0 fields`,
	} {
		code, _, err := s.run(t, "pipeline", "schedule", file, "scene=x", "--cron", cron)
		require.Equal(t, 2, code)
		require.Contains(t, err, want)
	}
	code, _, err := s.run(t, "pipeline", "schedule", file, "scene=x", "--every", "6h", "--catch-up", "1s")
	require.Equal(t, 2, code)
	require.Contains(t, err, "--catch-up: 1s is less than 10s")
	for _, cron := range []string{"CRON_TZ=Europe/Berlin 0 6 * * *", "@daily"} {
		id := newID()
		code, _, err := s.run(t, "pipeline", "schedule", file, "scene=x", "--cron", cron, "--id", id, "--paused")
		require.Zero(t, code, err)
		require.Contains(t, err, "paused")
		code, _, err = s.run(t, "pipeline", "schedule", "--delete", id)
		require.Zero(t, code, err)
	}
}

// TestPipelineSearchAttributes are set if configured, and lists can be filtered by them.
func TestPipelineSearchAttributes(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{})
	s.env = append(s.env, "PIPELINE_SEARCH_ATTRIBUTES=true")
	stack.Eventually(t, "setup fails", func() bool {
		code, _, err := s.run(t, "setup")
		return code == 0 && strings.Contains(err, "search attribute WavespeedState: already exists")
	})
	id := newID()
	code, _, err := s.run(t, "pipeline", "run", written(t, "review.yaml", reviewFile), "--id", id, "--detach")
	require.Zero(t, code, err)
	filter := fmt.Sprintf(`WavespeedPipeline = "review" AND WavespeedState = "approval" AND WavespeedModels = "wavespeed-ai/flux-dev" AND WavespeedCost > 0.01 AND WorkflowId = "%s"`, id)
	stack.Eventually(t, "the run is not found by its attributes", func() bool {
		_, out, _ := s.run(t, "pipeline", "list", "--filter", filter)
		return strings.Contains(out, id)
	})
}

// TestPipelineInputFiles: invalid inputs are reported before anything is uploaded.
func TestPipelineInputFiles(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{})
	p := written(t, "p.yaml", `
inputs: {rows: {type: array, default: []}, text: {default: x}, picture: file, loud: {type: boolean, default: false}}
steps:
  shots:
    for_each: ${{ inputs.rows }}
    model: wavespeed-ai/flux-dev
    input: {prompt: "${{ item.title }}", image: "${{ inputs.picture }}"}
`)
	picture := written(t, "cat.png", "\x89PNG")
	for want, args := range map[string][]string{
		"a.csv:2:2: byte 0xf6 is not UTF-8":        {"rows=@" + written(t, "a.csv", "title\nb\xf6wl\n")},
		`two columns are named "title"`:            {"rows=@" + written(t, "b.csv", "title,title\na,b\n")},
		"row 1 has 1 fields, but the header has 2": {"rows=@" + written(t, "c.csv", "a,b\n1\n")},
		"is not a .csv, .json or .yaml file":       {"rows=@" + picture},
		"no such file":                             {"rows=@/none.csv"},
		`must be a list, such as ["a", "b"]`:       {"rows=a"},
		"inputs.text: ":                            {"text=@" + picture},
		"must be true or false":                    {"loud=yes"},
	} {
		code, _, problems := s.run(t, append([]string{"pipeline", "run", p, "picture=@" + picture}, args...)...)
		require.Equal(t, 2, code, problems)
		require.Contains(t, problems, want)
	}
	code, _, problems := s.run(t, "pipeline", "run", p, "picture=cat.png")
	require.Equal(t, 2, code)
	require.Contains(t, problems, "inputs.picture: is not a file URL")
	code, out, _ := s.run(t, "pipeline", "validate", p, "picture=@"+picture)
	require.Zero(t, code)
	require.Contains(t, out, "is valid")
	require.Zero(t, s.Simulator.Counts().Requests["upload"], "nothing is uploaded for what is only looked at")
	code, out, _ = s.run(t, "pipeline", "validate", p, "loud=yes", "--json")
	require.Equal(t, 2, code)
	require.True(t, json.Valid([]byte(out)))

	code, _, err := s.run(t, "pipeline", "run", p, "picture=@"+picture, "text=@@home", `rows=[{"title":"a"}]`)
	require.Zero(t, code, err)
	require.Equal(t, 1, s.Simulator.Counts().Requests["upload"])
	require.Len(t, s.Simulator.Ledger(), 1)
}

// TestPipelineResults lists and saves the results of a run, even of a failed one.
func TestPipelineResults(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.Fails, Code: 1200, Message: "flagged", Input: "item 7\""}}})
	p := written(t, "many.yaml", `
inputs: {n: integer}
steps:
  shots:
    for_each: {items: "${{ 1..inputs.n }}", key: item, max_parallel: 100, tolerate: 0}
    model: wavespeed-ai/flux-dev
    input: {prompt: "item ${{ item }}"}
`)
	for _, n := range []int{10, 60} { // in the run, and in a child
		id, dir := newID(), t.TempDir()
		code, _, err := s.run(t, "pipeline", "run", p, fmt.Sprint("n=", n), "--id", id)
		require.Equal(t, 3, code, err)
		code, out, err := s.run(t, "pipeline", "results", id, "--output", dir)
		require.Zero(t, code, err)
		require.Regexp(t, `shots +7 +failed +wavespeed-ai/flux-dev +[0-9a-f]{32} +.*flagged`, out)
		require.Regexp(t, `shots +3 +completed .*/outputs/`, out)
		require.FileExists(t, dir+"/shots-0002-3.png")
		code, out, _ = s.run(t, "pipeline", "results", id, "--failed", "--json")
		require.Zero(t, code)
		var steps []pipeline.StepResults
		require.NoError(t, json.Unmarshal([]byte(out), &steps))
		require.Len(t, steps[0].Items, 1)
		require.Equal(t, "7", steps[0].Items[0].Key)
	}
}

func TestPipelineCancelCommand(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.Slow, Delay: 5 * time.Second, Input: "waves"}}})
	id, film := newID(), written(t, "film.yaml", filmFile)
	code, out, err := s.run(t, "pipeline", "run", film, "--id", id, "--detach", "--json")
	require.Zero(t, code, err)
	require.Contains(t, out, `"workflow_id": "`+id)
	stack.Eventually(t, "the clip is not submitted", func() bool { return len(s.Simulator.Ledger()) == 2 })
	code, _, err = s.run(t, "pipeline", "cancel", id)
	require.Zero(t, code, err)
	code, _, err = s.run(t, "pipeline", "status", id, "--watch")
	require.Equal(t, 5, code)
	require.Contains(t, err, "the run was canceled; paid results are kept")
	code, _, err = s.run(t, "pipeline", "cancel", id)
	require.Equal(t, 2, code)
	require.Contains(t, err, "has already ended (Canceled)")
	code, _, err = s.run(t, "pipeline", "rerun", id)
	require.Zero(t, code, err)
	require.Len(t, s.Simulator.Ledger(), 2, "the prediction under way is awaited")
}

// TestPipelineRerunDropsChanges: changes for one rerun apply to the next, until they are
// discarded.
func TestPipelineRerunDropsChanges(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{})
	id, film := newID(), written(t, "film.yaml", filmFile)
	picture := written(t, "cat.png", "\x89PNG")
	clip := func(wantSubmits int, args ...string) string {
		t.Helper()
		code, _, err := s.run(t, append([]string{"pipeline"}, args...)...)
		require.Zero(t, code, err)
		require.Len(t, s.Simulator.Ledger(), wantSubmits)
		code, out, err := s.run(t, "pipeline", "results", id)
		require.Zero(t, code, err)
		return out
	}
	original := clip(2, "run", film, "--id", id)
	changed := clip(3, "rerun", id, "--set", "clip.image=@"+picture)
	require.NotEqual(t, original, changed)
	require.Contains(t, string(s.Simulator.Ledger()[2].Input), "/media/", "a file is uploaded")
	require.Equal(t, changed, clip(3, "rerun", id), "a change stays")
	require.Equal(t, original, clip(3, "rerun", id, "--reset"), "what was made without the change is found again")
	remade := clip(4, "rerun", id, "--from", "clip", "--set", "clip.prompt=other waves")
	require.NotEqual(t, original, remade)
	require.Equal(t, original, clip(4, "rerun", id, "--reset"), "what was made before is found again")
	dropped := written(t, "dropped.yaml", strings.NewReplacer("  scene: {default: a lighthouse}\n", "", "${{ inputs.scene }}", "a lighthouse").Replace(filmFile))
	require.Equal(t, original, clip(4, "rerun", id, "--file", dropped), "an input that the new file lacks is dropped")
}

// TestPipelineRerunOfARerunThatNeverBegan does what that rerun was meant to do.
func TestPipelineRerunOfARerunThatNeverBegan(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{})
	id, film := newID(), written(t, "film.yaml", filmFile)
	code, _, err := s.run(t, "pipeline", "run", film, "--id", id)
	require.Zero(t, code, err)
	nobody := *s
	nobody.env = append(slices.Clone(s.env), "TEMPORAL_TASK_QUEUE=nobody-"+uuid.NewString())
	code, _, err = nobody.run(t, "pipeline", "rerun", id, "--from", "still", "--set", "clip.prompt=slow waves", "--detach")
	require.Zero(t, code, err)
	require.NoError(t, s.Client.TerminateWorkflow(t.Context(), id, "", "test"))
	code, _, err = s.run(t, "pipeline", "rerun", id, "--set", "still.seed=7")
	require.Zero(t, code, err)
	ledger := s.Simulator.Ledger()
	require.Len(t, ledger, 4, "both are regenerated")
	require.Contains(t, string(ledger[2].Input), `"seed":7`)
	require.Contains(t, string(ledger[3].Input), "slow waves")
}

// TestPipelineWithoutWorker reports that no worker is running.
func TestPipelineWithoutWorker(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{})
	s.env = append(s.env, "TEMPORAL_TASK_QUEUE=nobody-"+uuid.NewString())
	ctx, interrupt := context.WithCancel(t.Context())
	l := s.line()
	ended := make(chan int, 1)
	go func() { ended <- l.run(ctx, "pipeline", "run", written(t, "film.yaml", filmFile)) }()
	stack.Eventually(t, "nothing is said", func() bool { return strings.Contains(l.err.String(), "waiting for a worker on the task queue nobody-") })
	interrupt()
	require.Equal(t, 130, <-ended)
}
