package tests

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	sdkworker "go.temporal.io/sdk/worker"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline/file"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// pipelines is a stack on which pipelines are run.
type pipelines struct {
	*stack.Embedded
	t    *testing.T
	kept map[string]bool // histories
}

func newPipelines(t *testing.T, faults ...wavespeedtest.Fault) *pipelines {
	t.Helper()
	return newPipelinesWith(t, wavespeedtest.Options{Faults: faults})
}

func newPipelinesWith(t *testing.T, simulator wavespeedtest.Options) *pipelines {
	t.Helper()
	e := stack.NewEmbedded(t, simulator)
	e.StartWorker(t, sdkworker.Options{}, nil)
	return &pipelines{Embedded: e, t: t, kept: make(map[string]bool)}
}

// parse reads a definition that must be right.
func parse(t *testing.T, text string) pipeline.Definition {
	t.Helper()
	f, err := file.Parse("test.yaml", []byte(text))
	require.NoError(t, err)
	err = f.Check()
	require.NoError(t, err)
	return f.Definition
}

func (p *pipelines) start(text string, inputs map[string]any) client.WorkflowRun {
	p.t.Helper()
	return p.Start(p.t, pipeline.WorkflowName, pipeline.Request{Pipeline: parse(p.t, text), Inputs: inputs})
}

// restart runs the same workflow id again.
func (p *pipelines) restart(run client.WorkflowRun, in pipeline.Request) client.WorkflowRun {
	p.t.Helper()
	if in.Resume == nil {
		in.Resume = &pipeline.Resume{}
	}
	in.Resume.RunID = run.GetRunID()
	next, err := p.Client.ExecuteWorkflow(p.t.Context(), client.StartWorkflowOptions{ID: run.GetID(), TaskQueue: p.TaskQueue}, pipeline.WorkflowName, in)
	require.NoError(p.t, err)
	return next
}

func (p *pipelines) result(run client.WorkflowRun) pipeline.Result {
	p.t.Helper()
	result, err := p.wait(run)
	require.NoError(p.t, err)
	return result
}

func (p *pipelines) wait(run client.WorkflowRun) (pipeline.Result, error) {
	// A search for a submit alone may take two minutes.
	ctx, cancel := context.WithTimeout(p.t.Context(), 5*time.Minute)
	defer cancel()
	var result pipeline.Result
	err := run.Get(ctx, &result)
	return result, err
}

// failure is the error in which a run ended, with its status.
func (p *pipelines) failure(run client.WorkflowRun) (*temporal.ApplicationError, pipeline.Status) {
	p.t.Helper()
	_, err := p.wait(run)
	var failure *temporal.ApplicationError
	require.ErrorAs(p.t, err, &failure)
	var status pipeline.Status
	_ = failure.Details(&status)
	return failure, status
}

func (p *pipelines) status(run client.WorkflowRun) (pipeline.Status, bool) {
	ctx, cancel := context.WithTimeout(p.t.Context(), 2*time.Second)
	defer cancel()
	var status pipeline.Status
	answer, err := p.Client.QueryWorkflow(ctx, run.GetID(), run.GetRunID(), wire.RunStatusQuery)
	return status, err == nil && answer.Get(&status) == nil
}

func (p *pipelines) awaitState(run client.WorkflowRun, state pipeline.State) pipeline.Status {
	p.t.Helper()
	var status pipeline.Status
	stack.Eventually(p.t, "the run does not get to be "+string(state), func() bool {
		var ok bool
		status, ok = p.status(run)
		return ok && status.State == state
	})
	return status
}

func (p *pipelines) update(run client.WorkflowRun, name string, arg any) error {
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	handle, err := p.Client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		UpdateID: uuid.NewString(), WorkflowID: run.GetID(), RunID: run.GetRunID(), UpdateName: name, Args: []any{arg}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		return err
	}
	return handle.Get(ctx, nil)
}

func (p *pipelines) decide(run client.WorkflowRun, d generation.Decision) error {
	return p.update(run, generation.DecideUpdate, d)
}

// submits counts the ledger's entries by prompt.
func (p *pipelines) submits() map[string]int {
	counts := make(map[string]int)
	for _, entry := range p.Simulator.Ledger() {
		counts[prompt(entry)]++
	}
	return counts
}

func prompt(entry wavespeedtest.Entry) string {
	_, rest, _ := strings.Cut(string(entry.Input), `"prompt":"`)
	text, _, _ := strings.Cut(rest, `"`)
	return text
}

func steps(status []pipeline.StepStatus) map[string]pipeline.State {
	states := make(map[string]pipeline.State)
	for _, step := range status {
		states[step.ID] = step.State
	}
	return states
}

func rows(n int) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = map[string]any{"sku": fmt.Sprintf("SKU-%04d", i), "title": fmt.Sprintf("product %d", i)}
	}
	return list
}

const chain = `
steps:
  still:
    model: wavespeed-ai/flux-dev
    input: {prompt: a still}
  clip:
    model: wavespeed-ai/wan-2.1/i2v-480p
    input: {prompt: a clip, image: "${{ steps.still.output }}"}
  film:
    model: wavespeed-ai/ultimate-video-upscaler
    input: {video: "${{ steps.clip.output }}"}
`

func TestPipelineRunsItsSteps(t *testing.T) {
	t.Parallel()
	p := newPipelines(t)
	result := p.result(p.start(chain, nil))
	ledger := p.Simulator.Ledger()
	require.Len(t, ledger, 3)
	require.Contains(t, result.Outputs["film"], ledger[2].PredictionID)
	require.Contains(t, string(ledger[1].Input), ledger[0].PredictionID, "the still goes into the clip")
	require.Equal(t, generation.Dollars(0.012+0.2+0.15), *result.Cost)
	require.Equal(t, map[string]pipeline.State{"still": "completed", "clip": "completed", "film": "completed"}, steps(result.Steps))
}

// TestPipelineIsCheckedBeforeItIsPaid, however it is started.
func TestPipelineIsCheckedBeforeItIsPaid(t *testing.T) {
	t.Parallel()
	p := newPipelines(t)
	f, err := file.Parse("bad.yaml", []byte(`
inputs: {seconds: integer}
steps:
  still:
    model: wavespeed-ai/flux-devv
    input: {prompt: a still}
  clip:
    model: wavespeed-ai/wan-2.1/i2v-480p
    input: {prompt: a clip, imgae: "${{ steps.still.output }}", duration: "${{ inputs.seconds }}"}
  up:
    model: wavespeed-ai/image-upscaler
    input: {image: "${{ steps.still.output }}", target_resolution: 16k}
  typed:
    model: wavespeed-ai/flux-dev
    input: {prompt: "${{ inputs.seconds }}"}
`))
	require.NoError(t, err)
	failure, _ := p.failure(p.Start(t, pipeline.WorkflowName, pipeline.Request{Pipeline: f.Definition, Inputs: map[string]any{"seconds": 70}}))
	require.Equal(t, generation.ErrorTypeInvalidInput, generation.ErrorTypeOf(failure))
	var problems pipeline.Problems
	require.NoError(t, failure.Details(&problems))
	for _, text := range []string{
		`steps.still.model: WaveSpeedAI has no model "wavespeed-ai/flux-devv"; did you mean wavespeed-ai/flux-dev?`,
		`steps.clip.input.imgae: wavespeed-ai/wan-2.1/i2v-480p has no such field; did you mean image?`,
		`steps.clip.input: lacks image`,
		`steps.clip.input.duration: must be at most 10`,
		`steps.up.input.target_resolution: must be one of 2k, 4k, 8k`,
		`steps.typed.input.prompt: is of type`,
	} {
		require.Contains(t, problems.Error(), text)
	}
	require.Empty(t, p.Simulator.Ledger())

	failure, _ = p.failure(p.Start(t, pipeline.WorkflowName, map[string]any{
		"pipeline": map[string]any{"name": "x", "steps": map[string]any{"a": map[string]any{"modle": "wavespeed-ai/flux-dev"}}},
	}))
	require.Contains(t, failure.Message(), "modle: is not known; did you mean model?")
	failure, _ = p.failure(p.start("inputs: {scene: string}\nsteps: {a: {model: wavespeed-ai/flux-dev, input: {prompt: '${{ inputs.scene }}'}}}", map[string]any{"sceen": "x"}))
	require.Contains(t, failure.Message(), "inputs.scene: is required")
	require.Contains(t, failure.Message(), "did you mean scene?")
	require.Empty(t, p.Simulator.Ledger())
}

func TestPipelineBalanceMustCoverTheEstimate(t *testing.T) {
	t.Parallel()
	p := newPipelinesWith(t, wavespeedtest.Options{Accounts: []wavespeedtest.Account{{Balance: 0.3}}})
	failure, _ := p.failure(p.start(chain, nil))
	require.Equal(t, generation.ErrorTypeInsufficientCredits, generation.ErrorTypeOf(failure))
	require.Contains(t, failure.Message(), "$0.30 does not cover the estimate of $0.36")
	require.Empty(t, p.Simulator.Ledger())
}

func TestPipelineConditions(t *testing.T) {
	t.Parallel()
	p := newPipelines(t, wavespeedtest.Fault{Kind: wavespeedtest.Fails, Input: "bad"})
	run := p.start(`
inputs: {animate: boolean}
steps:
  still: {model: wavespeed-ai/flux-dev, input: {prompt: a still}}
  clip:
    if: inputs.animate
    model: wavespeed-ai/wan-2.1/i2v-480p
    input: {prompt: a clip, image: "${{ steps.still.output }}"}
  larger:
    model: wavespeed-ai/ultimate-video-upscaler
    input: {video: "${{ steps.clip.output }}"}
  risky: {model: wavespeed-ai/flux-dev, input: {prompt: bad}}
  instead:
    if: ${{ steps.risky.state == "failed" && steps.risky.error == "PredictionFailed" }}
    model: wavespeed-ai/flux-dev
    input: {prompt: instead}
outputs:
  clip: ${{ steps.clip.output }}
  picture: ${{ steps.instead.output }}
  both: "${{ steps.still.output }} and ${{ steps.clip.output }}"
`, map[string]any{"animate": false})
	result := p.result(run)
	require.Equal(t, map[string]pipeline.State{
		"still": "completed", "clip": "skipped", "larger": "skipped", "risky": "failed", "instead": "completed",
	}, steps(result.Steps))
	require.Nil(t, result.Outputs["clip"])
	require.Nil(t, result.Outputs["both"])
	require.Contains(t, result.Outputs["picture"], "/outputs/")
	require.Equal(t, map[string]int{"a still": 1, "bad": 1, "instead": 1}, p.submits())
}

func TestPipelineFallback(t *testing.T) {
	t.Parallel()
	p := newPipelines(t,
		wavespeedtest.Fault{Kind: wavespeedtest.Fails, Model: "wavespeed-ai/flux-dev"},
		wavespeedtest.Fault{Kind: wavespeedtest.Fails, Code: 1200, Message: "flagged", Model: "wavespeed-ai/z-image/turbo"})
	text := `
steps:
  still:
    model: wavespeed-ai/flux-dev
    input: {prompt: a still}
    retry: {predictions: 2, wait: 10ms}
    fallback:
      - {model: bytedance/seededit-v3, input: {prompt: never, image: "https://x.test/x.png"}, on: [ContentRejected]}
      - wavespeed-ai/z-image/turbo
      - {model: google/nano-banana-pro/text-to-image, on: [ContentRejected]}
  larger:
    model: wavespeed-ai/image-upscaler
    input: {image: "${{ steps.still.output }}"}
outputs: {model: "${{ steps.still.model }}"}
`
	run := p.start(text, nil)
	result := p.result(run)
	require.Equal(t, "google/nano-banana-pro/text-to-image", result.Outputs["model"])
	var models []string
	for _, entry := range p.Simulator.Ledger() {
		models = append(models, entry.Model)
	}
	require.Equal(t, []string{"wavespeed-ai/flux-dev", "wavespeed-ai/flux-dev", "wavespeed-ai/z-image/turbo", "google/nano-banana-pro/text-to-image", "wavespeed-ai/image-upscaler"}, models)
	require.Equal(t, 4, result.Steps[0].Attempts)

	again := p.result(p.restart(run, pipeline.Request{Pipeline: parse(t, text), Resume: &pipeline.Resume{From: "larger"}}))
	require.True(t, again.Steps[0].Kept, "what the fallback made is kept, and the models before are not tried again")
	require.Len(t, p.Simulator.Ledger(), 6)
}

func TestPipelineForEach(t *testing.T) {
	t.Parallel()
	p := newPipelinesWith(t, wavespeedtest.Options{
		Duration: 100 * time.Millisecond,
		Faults:   []wavespeedtest.Fault{{Kind: wavespeedtest.Fails, Code: 1200, Input: "product 3"}},
	})
	result := p.result(p.start(`
inputs: {rows: array}
steps:
  shots:
    for_each: {items: "${{ inputs.rows }}", key: item.sku, max_parallel: 4, tolerate: 10%}
    model: wavespeed-ai/flux-dev
    input: {prompt: "${{ item.title }}", seed: "${{ index }}"}
  larger:
    for_each: '${{ filter(steps.shots.items, .state == "completed") }}'
    model: wavespeed-ai/image-upscaler
    input: {image: "${{ item.output }}"}
outputs:
  all: ${{ steps.larger.outputs }}
  failed: '${{ map(filter(steps.shots.items, .state == "failed"), [.key, .error]) }}'
`, map[string]any{"rows": rows(12)}))
	require.Len(t, result.Outputs["all"], 11)
	require.Equal(t, []any{[]any{"SKU-0003", "ContentRejected"}}, result.Outputs["failed"])
	require.Equal(t, &pipeline.Counts{Total: 12, Completed: 11, Failed: 1}, result.Steps[0].Items)
	require.LessOrEqual(t, mostAtOnce(p.Simulator.Ledger()[:12]), 4)
	require.Contains(t, string(ledgerOf(t, p, "product 0").Input), `"seed":0`, "a whole value keeps its type")
}

// mostAtOnce returns how many of the predictions ran concurrently.
func mostAtOnce(ledger []wavespeedtest.Entry) int {
	most := 0
	for _, entry := range ledger {
		n := 0
		for _, other := range ledger {
			if !other.At.After(entry.At) && (other.Ended.IsZero() || other.Ended.After(entry.At)) {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

func TestPipelineForEachGivesUp(t *testing.T) {
	t.Parallel()
	p := newPipelines(t, wavespeedtest.Fault{Kind: wavespeedtest.Fails, Code: 1200, Input: "product 5"})
	failure, status := p.failure(p.start(`
inputs: {rows: array}
steps:
  shots:
    for_each: {items: "${{ inputs.rows }}", max_parallel: 1}
    model: wavespeed-ai/flux-dev
    input: {prompt: "${{ item.title }}"}
  after: {needs: [shots], model: wavespeed-ai/flux-dev, input: {prompt: after}}
`, map[string]any{"rows": rows(10)}))
	require.Equal(t, generation.ErrorTypeTooManyFailed, generation.ErrorTypeOf(failure))
	require.Contains(t, failure.Message(), "1 of 6 items failed, and 0 are tolerated")
	require.Contains(t, failure.Message(), "not run: after")
	require.Equal(t, &pipeline.Counts{Total: 10, Completed: 5, Failed: 1, Waiting: 4}, status.Steps[0].Items)
	require.Len(t, p.Simulator.Ledger(), 6)
}

// TestPipelineThousandItems spreads items over children: each is accounted for and paid once,
// no more than max_parallel are in progress, and histories stay short.
func TestPipelineThousandItems(t *testing.T) {
	t.Parallel()
	p := newPipelinesWith(t, wavespeedtest.Options{
		Faults: []wavespeedtest.Fault{
			{Kind: wavespeedtest.Fails, Code: 1200, Input: "product 7"},
			{Kind: wavespeedtest.WebhookDuplicated, Probability: 0.1},
		},
	})
	text := `
inputs: {rows: array}
steps:
  shots:
    for_each: {items: "${{ inputs.rows }}", key: item.sku, max_parallel: 60, tolerate: 20%}
    model: wavespeed-ai/flux-dev
    input: {prompt: "${{ item.title }}"}
outputs:
  count: "${{ len(filter(steps.shots.outputs, # != nil)) }}"
`
	run := p.start(text, map[string]any{"rows": rows(1000)})
	result := p.result(run)
	require.Equal(t, &pipeline.Counts{Total: 1000, Completed: 889, Failed: 111}, result.Steps[0].Items)
	require.EqualValues(t, 889, result.Outputs["count"])
	ledger := p.Simulator.Ledger()
	require.Len(t, ledger, 1000)
	for text, n := range p.submits() {
		require.Equal(t, 1, n, text)
	}
	require.LessOrEqual(t, mostAtOnce(ledger), 60)
	require.Less(t, historyLength(t, p.Client, run), int64(400))

	// Only failed items are regenerated.
	p.Simulator.Heal(wavespeedtest.Fails)
	again := p.result(p.restart(run, pipeline.Request{Pipeline: parse(t, text), Inputs: map[string]any{"rows": rows(1000)}}))
	require.Equal(t, &pipeline.Counts{Total: 1000, Completed: 1000, Kept: 889}, again.Steps[0].Items)
	require.Len(t, p.Simulator.Ledger(), 1111)
}

func historyLength(t *testing.T, c client.Client, run client.WorkflowRun) int64 {
	t.Helper()
	described, err := c.DescribeWorkflow(t.Context(), run.GetID(), run.GetRunID())
	require.NoError(t, err)
	return described.RawResponse.GetWorkflowExecutionInfo().GetHistoryLength()
}

// TestPipelineBudget: a submit that would exceed the cap is not sent, and the run continues
// when the cap is raised.
func TestPipelineBudget(t *testing.T) {
	t.Parallel()
	p := newPipelines(t)
	run := p.start("budget: 0.25\n"+chain, nil)
	status := p.awaitState(run, pipeline.StateHeld)
	require.Equal(t, map[string]pipeline.State{"still": "completed", "clip": "completed", "film": "held"}, steps(status.Steps))
	require.Equal(t, generation.Dollars(0.15), status.Uncovered)
	require.Len(t, p.Simulator.Ledger(), 2)
	require.ErrorContains(t, p.update(run, wire.RunBudgetUpdate, -1), "more than 0")

	require.NoError(t, p.update(run, wire.RunBudgetUpdate, 0.3))
	p.awaitState(run, pipeline.StateHeld)
	require.Len(t, p.Simulator.Ledger(), 2)
	require.NoError(t, p.update(run, wire.RunBudgetUpdate, 0.4))
	result := p.result(run)
	require.Len(t, p.Simulator.Ledger(), 3)
	require.Equal(t, generation.Dollars(0.362), *result.Cost)
}

func TestPipelineBudgetFails(t *testing.T) {
	t.Parallel()
	p := newPipelines(t)
	text := "budget: {usd: 0.25, on_exceeded: fail}\n" + chain
	run := p.start(text, nil)
	failure, status := p.failure(run)
	require.Equal(t, generation.ErrorTypeBudgetExceeded, generation.ErrorTypeOf(failure))
	require.Equal(t, generation.Dollars(0.212), *status.Cost)
	require.Len(t, p.Simulator.Ledger(), 2)
	more := generation.Dollars(0.4)
	result := p.result(p.restart(run, pipeline.Request{Pipeline: parse(t, text), Budget: &more}))
	require.Equal(t, generation.Dollars(0.15), *result.Cost, "what was paid before is not paid again")
	require.Len(t, p.Simulator.Ledger(), 3)
}

// TestPipelineBudgetOfManyItems: children share the cap, and together don't exceed it.
func TestPipelineBudgetOfManyItems(t *testing.T) {
	t.Parallel()
	p := newPipelines(t, wavespeedtest.Fault{Kind: wavespeedtest.Fails, Code: 1200, Probability: 0.1})
	run := p.start(`
inputs: {rows: array}
budget: 3.00
steps:
  shots:
    for_each: {items: "${{ inputs.rows }}", max_parallel: 40, tolerate: 100%}
    model: wavespeed-ai/flux-dev
    input: {prompt: "${{ item.title }}", num_images: "${{ 1 + index % 3 }}"}
`, map[string]any{"rows": rows(400)})
	status := p.awaitState(run, pipeline.StateHeld)
	spent := 0.0
	for _, entry := range p.Simulator.Ledger() {
		if entry.Status != "failed" {
			spent += entry.Price
		}
	}
	require.LessOrEqual(t, spent, 3.0+1e-6)
	require.Greater(t, spent, 2.8, "the cap is used up before the run is held")
	require.Equal(t, 400, total(*status.Steps[0].Items))
	require.NoError(t, p.update(run, wire.RunBudgetUpdate, 100))
	result := p.result(run)
	require.Equal(t, 400, result.Steps[0].Items.Completed+result.Steps[0].Items.Failed)
	for text, n := range p.submits() {
		require.Equal(t, 1, n, text)
	}
}

func total(c pipeline.Counts) int { return c.Completed + c.Failed + c.Running + c.Waiting }

const reviewed = `
inputs: {style: {type: string, default: oil}}
steps:
  still: {model: wavespeed-ai/flux-dev, input: {prompt: "a still in ${{ inputs.style }}", size: 512*512}}
  larger: {model: wavespeed-ai/image-upscaler, input: {image: "${{ steps.still.output }}"}}
  review:
    approve:
      message: Is it good?
      show: ${{ steps.larger.output }}
      approvers: [art, brand, legal]
      needed: 2
      regenerate: [still]
  clip:
    needs: [review]
    model: wavespeed-ai/wan-2.1/i2v-480p
    input: {prompt: a clip, image: "${{ steps.larger.output }}"}
`

func TestPipelineApproval(t *testing.T) {
	t.Parallel()
	p := newPipelines(t)
	run := p.start(reviewed, nil)
	status := p.awaitState(run, pipeline.StateApproval)
	require.Len(t, status.Approvals, 1)
	require.Contains(t, status.Approvals[0].Show[0], "/outputs/")

	for want, d := range map[string]generation.Decision{
		"by: is required":                   {Verdict: "approve"},
		`"boss" is not among the approvers`: {Verdict: "approve", By: "boss"},
		"is not one of approve":             {Verdict: "yes", By: "art"},
		`"other" is not pending`:            {Verdict: "approve", By: "art", Approval: "other"},
		`"clip" is not one of still`:        {Verdict: "regenerate", By: "art", Regenerate: "clip"},
		"items: still has none":             {Verdict: "regenerate", By: "art", Regenerate: "still", Items: []int{1}},
		"has no choices":                    {Verdict: "approve", By: "art", Choice: new(int)},
	} {
		require.ErrorContains(t, p.decide(run, d), want)
	}
	require.NoError(t, p.decide(run, generation.Decision{Verdict: "approve", By: "art"}))
	require.ErrorContains(t, p.decide(run, generation.Decision{Verdict: "approve", By: "art"}), "has already decided")

	// Somebody requests a change: the still is regenerated, and so are its dependents.
	require.NoError(t, p.decide(run, generation.Decision{Verdict: "regenerate", By: "brand", Input: map[string]any{"prompt": "a still in blue", "size": nil}}))
	stack.Eventually(t, "it is not asked again", func() bool {
		status, ok := p.status(run)
		return ok && status.State == pipeline.StateApproval && len(status.Approvals[0].Decisions) == 0 && len(p.Simulator.Ledger()) == 4
	})
	require.Equal(t, 1, p.submits()["a still in blue"])
	require.NotContains(t, string(p.Simulator.Ledger()[2].Input), "size")
	require.NoError(t, p.decide(run, generation.Decision{Verdict: "approve", By: "legal"}))
	require.NoError(t, p.decide(run, generation.Decision{Verdict: "approve", By: "brand", Comment: "good now"}))
	result := p.result(run)
	require.Len(t, p.Simulator.Ledger(), 5)
	require.Contains(t, string(p.Simulator.Ledger()[4].Input), p.Simulator.Ledger()[3].PredictionID)
	require.Regexp(t, `\*\*completed\*\* · art: approve at .*, brand: regenerate still at .*, legal: approve at .*, brand: approve \(good now\) at [-0-9]+ [0-9:]+ UTC`, currentDetails(t, p.Client, run))
	require.Contains(t, currentDetails(t, p.Client, run), "| step | state | outputs |")
	require.ErrorContains(t, p.decide(run, generation.Decision{Verdict: "approve", By: "art"}), "completed")

	// A later run keeps all of it: the changed input, and the decision.
	again := p.result(p.restart(run, pipeline.Request{Pipeline: parse(t, reviewed), Resume: &pipeline.Resume{From: "clip"}}))
	require.Len(t, p.Simulator.Ledger(), 6)
	require.Equal(t, result.Outputs["larger"], again.Outputs["larger"])
}

func TestPipelineRejection(t *testing.T) {
	t.Parallel()
	p := newPipelines(t)
	run := p.start(reviewed, nil)
	p.awaitState(run, pipeline.StateApproval)
	require.NoError(t, p.decide(run, generation.Decision{Verdict: "reject", By: "art", Comment: "too dark"}))
	p.awaitState(run, pipeline.StateApproval)
	require.NoError(t, p.decide(run, generation.Decision{Verdict: "reject", By: "legal", Comment: "too bright"}))
	failure, status := p.failure(run)
	require.Equal(t, generation.ErrorTypeRejected, generation.ErrorTypeOf(failure))
	require.Contains(t, failure.Message(), "rejected by legal: too bright")
	require.Equal(t, pipeline.StateRejected, steps(status.Steps)["review"])
	require.Len(t, p.Simulator.Ledger(), 2)
}

// TestPipelineChoice: one of several is chosen, and used further; single items can be
// regenerated.
func TestPipelineChoice(t *testing.T) {
	t.Parallel()
	p := newPipelines(t)
	run := p.start(`
steps:
  styles:
    for_each: [oil, ink, chalk]
    model: wavespeed-ai/flux-dev
    input: {prompt: "a still in ${{ item }}"}
  pick:
    approve: {message: Which one?, choose: "${{ steps.styles.outputs }}"}
  clip:
    model: wavespeed-ai/wan-2.1/i2v-480p
    input: {prompt: a clip, image: "${{ steps.pick.output }}"}
outputs: {choice: "${{ steps.pick.choice }}", comment: "${{ steps.pick.comment }}"}
`, nil)
	p.awaitState(run, pipeline.StateApproval)
	require.ErrorContains(t, p.decide(run, generation.Decision{Verdict: "approve"}), "is required, from 0 to 2")
	require.ErrorContains(t, p.decide(run, generation.Decision{Verdict: "regenerate", Items: []int{3}}), "none with the number 3")
	require.NoError(t, p.decide(run, generation.Decision{Verdict: "regenerate", Items: []int{1}, Input: map[string]any{"prompt": "a still in pencil"}}))
	stack.Eventually(t, "it is not asked again", func() bool {
		status, ok := p.status(run)
		return ok && status.State == pipeline.StateApproval && len(p.Simulator.Ledger()) == 4
	})
	choice := 1
	require.NoError(t, p.decide(run, generation.Decision{Verdict: "approve", Choice: &choice, Comment: "nice"}))
	result := p.result(run)
	require.EqualValues(t, 1, result.Outputs["choice"])
	require.Equal(t, "nice", result.Outputs["comment"])
	require.Equal(t, []string{"a clip", "a still in chalk", "a still in ink", "a still in oil", "a still in pencil"}, slices.Sorted(maps.Keys(p.submits())))
	for _, entry := range p.Simulator.Ledger() {
		if prompt(entry) == "a clip" {
			require.Contains(t, string(entry.Input), ledgerOf(t, p, "a still in pencil").PredictionID)
		}
	}
}

func ledgerOf(t *testing.T, p *pipelines, text string) wavespeedtest.Entry {
	t.Helper()
	for _, entry := range p.Simulator.Ledger() {
		if prompt(entry) == text {
			return entry
		}
	}
	t.Fatalf("nothing was submitted for %q", text)
	return wavespeedtest.Entry{}
}

func TestPipelineApprovalDeadline(t *testing.T) {
	t.Parallel()
	p := newPipelines(t)
	text := `
steps:
  still: {model: wavespeed-ai/flux-dev, input: {prompt: a still}}
  review: {approve: {show: "${{ steps.still.output }}", timeout: 1s, on_timeout: %s}}
  larger: {needs: [review], model: wavespeed-ai/image-upscaler, input: {image: "${{ steps.still.output }}"}}
`
	p.result(p.start(fmt.Sprintf(text, "approve"), nil))
	require.Len(t, p.Simulator.Ledger(), 2)
	failure, _ := p.failure(p.start(fmt.Sprintf(text, "reject"), nil))
	require.Contains(t, failure.Message(), "nobody decided")
	require.Len(t, p.Simulator.Ledger(), 3)
}

// TestPipelineRepair: a failed run is resumed, and nothing is paid twice.
func TestPipelineRepair(t *testing.T) {
	t.Parallel()
	p := newPipelines(t, wavespeedtest.Fault{Kind: wavespeedtest.Fails, Model: "wavespeed-ai/wan-2.1/i2v-480p", Times: 1})
	run := p.start(chain, nil)
	failure, status := p.failure(run)
	require.Equal(t, generation.ErrorTypePredictionFailed, generation.ErrorTypeOf(failure))
	require.Contains(t, failure.Message(), "step clip failed")
	require.Contains(t, failure.Message(), "not run: film")
	require.Equal(t, map[string]pipeline.State{"still": "completed", "clip": "failed", "film": "skipped"}, steps(status.Steps))

	next := p.restart(run, pipeline.Request{Pipeline: parse(t, chain)})
	result := p.result(next)
	require.True(t, result.Steps[0].Kept)
	require.Equal(t, generation.Dollars(0.35), *result.Cost)
	require.Len(t, p.Simulator.Ledger(), 4)

	// From a step on, with another input.
	again := p.result(p.restart(next, pipeline.Request{Pipeline: parse(t, chain), Resume: &pipeline.Resume{
		From: "clip", Input: map[string]map[string]any{"clip": {"prompt": "another clip"}},
	}}))
	require.Len(t, p.Simulator.Ledger(), 6)
	require.Equal(t, 1, p.submits()["another clip"])
	require.Equal(t, 1, p.submits()["a still"])
	require.Equal(t, result.Outputs["still"], again.Outputs["still"])

	// A run that could not start doesn't hide earlier results from the next.
	refused := p.restart(next, pipeline.Request{Pipeline: parse(t, chain), Resume: &pipeline.Resume{From: "clop"}})
	failure, _ = p.failure(refused)
	require.Contains(t, failure.Message(), `there is no step "clop"`)
	last := p.result(p.restart(refused, pipeline.Request{Pipeline: parse(t, chain)}))
	require.Len(t, p.Simulator.Ledger(), 6)
	require.Equal(t, result.Outputs["film"], last.Outputs["film"])
}

// TestPipelineIsResumedAfterTermination: predictions that were running when the run was
// terminated are awaited, not bought again.
func TestPipelineIsResumedAfterTermination(t *testing.T) {
	t.Parallel()
	p := newPipelinesWith(t, wavespeedtest.Options{
		Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.Slow, Delay: 4 * time.Second, Input: "slow"}},
	})
	text := `
inputs: {rows: array}
steps:
  still: {model: wavespeed-ai/flux-dev, input: {prompt: slow still}}
  shots:
    for_each: {items: "${{ inputs.rows }}", max_parallel: 100}
    model: wavespeed-ai/flux-dev
    input: {prompt: '${{ index % 3 == 0 ? "slow" : "fast" }} ${{ item.title }}'}
`
	inputs := map[string]any{"rows": rows(90)}
	run := p.start(text, inputs)
	stack.Eventually(t, "not all is submitted", func() bool { return len(p.Simulator.Ledger()) == 91 })
	require.NoError(t, p.Client.TerminateWorkflow(t.Context(), run.GetID(), run.GetRunID(), "test"))
	result := p.result(p.restart(run, pipeline.Request{Pipeline: parse(t, text), Inputs: inputs}))
	require.Equal(t, 90, result.Steps[1].Items.Completed)
	require.Len(t, p.Simulator.Ledger(), 91, "nothing is paid twice")
}

func TestPipelineCancel(t *testing.T) {
	t.Parallel()
	p := newPipelines(t, wavespeedtest.Fault{Kind: wavespeedtest.NeverEnds, Input: "product 1"})
	run := p.start(`
inputs: {rows: array}
steps:
  shots:
    for_each: {items: "${{ inputs.rows }}", max_parallel: 100}
    model: wavespeed-ai/flux-dev
    input: {prompt: "${{ item.title }}"}
  after: {needs: [shots], model: wavespeed-ai/flux-dev, input: {prompt: after}}
`, map[string]any{"rows": rows(60)})
	stack.Eventually(t, "not all is submitted", func() bool { return len(p.Simulator.Ledger()) == 60 })
	require.NoError(t, p.Client.CancelWorkflow(t.Context(), run.GetID(), run.GetRunID()))
	_, err := p.wait(run)
	var canceled *temporal.CanceledError
	require.ErrorAs(t, err, &canceled)
	var status pipeline.Status
	require.NoError(t, canceled.Details(&status))
	require.Equal(t, pipeline.StateCanceled, status.State)
	require.Equal(t, map[string]pipeline.State{"shots": "canceled", "after": "canceled"}, steps(status.Steps))
	require.Equal(t, 60, total(*status.Steps[0].Items))
	require.Len(t, p.Simulator.Ledger(), 60)
}
