package workflowstest_test

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/wavespeed-temporal/wavespeed-temporal/examples/clip"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows/workflowstest"
)

var t = &testing.T{} // a test has its own

var brief = clip.Brief{Scene: "a lighthouse", Motion: "waves"}

// Three lines run a workflow. Everything that it submits completes.
func Example() {
	env := newEnvironment()
	provider := workflowstest.NewProvider(t, env)
	env.ExecuteWorkflow(clip.Clip, brief)

	var film clip.Film
	fmt.Println(env.GetWorkflowResult(&film), film.Still)
	for _, request := range provider.Requests() {
		fmt.Println(request.Key, request.Model)
	}
	// Output:
	// <nil> https://outputs.test/still
	// still wavespeed-ai/flux-dev
	// clip wavespeed-ai/wan-2.1/i2v-480p
	// film wavespeed-ai/ultimate-video-upscaler
}

// newEnvironment is quiet: examples print only what they show.
func newEnvironment() *testsuite.TestWorkflowEnvironment {
	suite := new(testsuite.WorkflowTestSuite)
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	return suite.NewTestWorkflowEnvironment()
}

func ExampleProvider_On() {
	env := newEnvironment()
	provider := workflowstest.NewProvider(t, env)
	provider.On("wavespeed-ai/flux-dev", nil, workflowstest.Outputs("https://cdn.example.com/still.png"))
	provider.On("wavespeed-ai/flux-dev", map[string]any{"prompt": "nothing"}, workflowstest.Failed(generation.ErrorTypeContentRejected, "flagged"))

	env.ExecuteWorkflow(clip.Clip, brief)

	fmt.Println(env.GetWorkflowError(), provider.Requests()[1].Input["image"])
	// Output: <nil> https://cdn.example.com/still.png
}

// A workflow sees the error that it would see in production.
func ExampleFailed() {
	env := newEnvironment()
	provider := workflowstest.NewProvider(t, env)
	provider.On("wavespeed-ai/wan-2.1/i2v-480p", nil, workflowstest.Failed(generation.ErrorTypeContentRejected, "flagged"))

	env.ExecuteWorkflow(clip.Clip, brief)

	var failure *temporal.ApplicationError
	fmt.Println(errors.As(env.GetWorkflowError(), &failure), failure.Type(), len(provider.Requests()))
	// Output: true wavespeed.ContentRejected 2
}

// The first two submits are refused, and Temporal retries them; the third is accepted.
func ExampleRefused() {
	env := newEnvironment()
	provider := workflowstest.NewProvider(t, env)
	busy := workflowstest.Refused(generation.ErrorTypeRateLimited, "too many requests")
	provider.On("wavespeed-ai/flux-dev", nil, busy, busy, workflowstest.Outputs("https://cdn.example.com/still.png"))

	env.ExecuteWorkflow(clip.Clip, brief)

	fmt.Println(env.GetWorkflowError(), len(provider.Requests()))
	// Output: <nil> 5
}

// What happens if nobody can tell whether a submit was accepted?
func ExampleUnknown() {
	env := newEnvironment()
	provider := workflowstest.NewProvider(t, env)
	provider.On("wavespeed-ai/flux-dev", nil, workflowstest.Unknown())

	env.ExecuteWorkflow(clip.Clip, brief)

	var failure *temporal.ApplicationError
	fmt.Println(errors.As(env.GetWorkflowError(), &failure), failure.Type(), len(provider.Requests()))
	// Output: true wavespeed.SubmitUnknown 1
}

// A video that takes eight hours exceeds the default timeout of six. The test takes no time.
func ExampleAnswer_After() {
	env := newEnvironment()
	provider := workflowstest.NewProvider(t, env)
	provider.On("wavespeed-ai/wan-2.1/i2v-480p", nil, workflowstest.Outputs("https://cdn.example.com/clip.mp4").After(8*time.Hour))

	env.ExecuteWorkflow(clip.Clip, brief)

	var failure *temporal.ApplicationError
	fmt.Println(errors.As(env.GetWorkflowError(), &failure), failure.Type())
	// Output: true wavespeed.DeadlineExceeded
}

// A pipeline with an approval: a person regenerates the still, and then approves it.
func ExampleProvider_Decide() {
	env := newEnvironment()
	provider := workflowstest.NewProvider(t, env)
	provider.Decide(1*time.Hour, generation.Decision{Verdict: generation.VerdictRegenerate, Input: map[string]any{"prompt": "a brighter harbour"}})
	provider.Decide(2*time.Hour, generation.Decision{Verdict: generation.VerdictApprove})

	env.ExecuteWorkflow(pipeline.WorkflowName, pipeline.Request{Pipeline: pipeline.Definition{
		Name: "poster",
		Steps: pipeline.Named[pipeline.Step]{
			{Name: "still", Value: pipeline.Step{Model: "wavespeed-ai/flux-dev", Input: map[string]any{"prompt": "a harbour"}}},
			{Name: "look", Value: pipeline.Step{Approve: &pipeline.Approve{Show: "${{ steps.still.output }}"}}},
		},
	}})

	fmt.Println(env.GetWorkflowError())
	for _, request := range provider.Requests() {
		fmt.Println(request.Input["prompt"])
	}
	// Output:
	// <nil>
	// a harbour
	// a brighter harbour
}
