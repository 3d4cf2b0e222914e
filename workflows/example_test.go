package workflows_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

// newExampleEnv is a test environment with a provider that makes https://cdn.test/KEY.png
// for 10 cents, but nothing of broken models and inputs.
func newExampleEnv() *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetWorkerOptions(sdkworker.Options{Interceptors: []interceptor.WorkerInterceptor{&workflows.Interceptor{}}})
	price := generation.Dollars(0.10)
	env.RegisterActivityWithOptions(func(_ context.Context, in wire.SubmitInput) (wire.Submitted, error) {
		if in.MaxPrice != nil && *in.MaxPrice < price {
			return wire.Submitted{}, temporal.NewApplicationErrorWithOptions("too dear", string(generation.ErrorTypeBudgetExceeded),
				temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{price}})
		}
		if strings.Contains(in.Model+string(in.Input), "broken") {
			return wire.Submitted{}, temporal.NewNonRetryableApplicationError("there is no such model", string(generation.ErrorTypeModelNotFound), nil)
		}
		return wire.Submitted{PredictionID: in.Key, Price: &price}, nil
	}, activity.RegisterOptions{Name: wire.SubmitName})
	env.RegisterActivityWithOptions(func(_ context.Context, in wire.AwaitInput) (wire.Outcome, error) {
		url, err := json.Marshal("https://cdn.test/" + in.PredictionID + ".png")
		return wire.Outcome{PredictionID: in.PredictionID, Status: "completed", Produced: generation.Produced{Outputs: []generation.Output{url}}}, err
	}, activity.RegisterOptions{Name: wire.AwaitName})
	return env
}

// runExample prints how a workflow ends.
func runExample(env *testsuite.TestWorkflowEnvironment, f any, args ...any) {
	env.RegisterWorkflow(f)
	env.ExecuteWorkflow(f, args...)
	var failure *temporal.ApplicationError
	if err := env.GetWorkflowError(); errors.As(err, &failure) {
		fmt.Println(failure.Type(), failure.Message())
		return
	}
	var result any
	if err := env.GetWorkflowResult(&result); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result)
}

// Clip makes a picture, and a video of it.
func Clip(ctx workflow.Context, prompt string) (string, error) {
	still, err := workflows.Generate(ctx, generation.Request{
		Key:   "still",
		Model: "wavespeed-ai/flux-dev",
		Input: map[string]any{"prompt": prompt},
	})
	if err != nil {
		return "", err
	}
	clip, err := workflows.Generate(ctx, generation.Request{
		Key:   "clip",
		Model: "wavespeed-ai/wan-2.1/i2v-480p",
		Input: map[string]any{"prompt": prompt, "image": still.URL(0)},
	})
	return clip.URL(0), err
}

func ExampleGenerate() {
	runExample(newExampleEnv(), Clip, "a lighthouse")
	// Output: https://cdn.test/clip.png
}

// Shots makes a picture of each product, one after the other, and does without one of them.
func Shots(ctx workflow.Context, products []string) ([]string, error) {
	shots, err := workflows.ForEach(ctx, products, workflows.ForEachOptions{MaxParallel: 1, Tolerate: 1},
		func(ctx workflow.Context, _ int, product string) (string, error) {
			shot, err := workflows.Generate(ctx, generation.Request{
				Key: product, Model: "wavespeed-ai/flux-dev", Input: map[string]any{"prompt": product + " on a table"},
			})
			return shot.URL(0), err
		})
	var urls []string
	for _, shot := range shots {
		if shot.Err == nil && shot.Begun {
			urls = append(urls, shot.Result)
		}
	}
	return urls, err
}

func ExampleForEach() {
	runExample(newExampleEnv(), Shots, []string{"cup", "broken-cup", "plate"})
	runExample(newExampleEnv(), Shots, []string{"broken-cup", "broken-plate"})
	// Output:
	// [https://cdn.test/cup.png https://cdn.test/plate.png]
	// wavespeed.TooManyFailed 2 of 2 items failed, and 1 are tolerated. The first: generation "broken-cup" (wavespeed-ai/flux-dev): there is no such model
}

// Portrait takes another model where the first one cannot be had.
func Portrait(ctx workflow.Context, prompt string) (string, error) {
	portrait, err := workflows.Fallback(ctx,
		generation.Request{Key: "portrait", Model: "example/broken", Input: map[string]any{"prompt": prompt}},
		workflows.Alternative{Request: generation.Request{Model: "wavespeed-ai/flux-dev", Input: map[string]any{"prompt": prompt}}},
	)
	return portrait.Model + ": " + portrait.URL(0), err
}

func ExampleFallback() {
	runExample(newExampleEnv(), Portrait, "an old sailor")
	// Output: wavespeed-ai/flux-dev: https://cdn.test/portrait/2.png
}

// Poster makes a poster until somebody likes it.
func Poster(ctx workflow.Context, prompt string) (string, error) {
	for try := 1; ; try++ {
		poster, err := workflows.Generate(ctx, generation.Request{
			Key: fmt.Sprintf("poster-%d", try), Model: "wavespeed-ai/flux-dev", Input: map[string]any{"prompt": prompt},
		})
		if err != nil {
			return "", err
		}
		answer, err := workflows.Approve(ctx, workflows.Approval{
			Key: "poster", Message: "May this be printed?", Show: []string{poster.URL(0)}, Regenerable: []string{"poster"},
		})
		if err != nil {
			return "", err
		}
		if answer.Verdict == generation.VerdictApprove {
			return poster.URL(0), nil
		}
	}
}

func ExampleApprove() {
	env := newExampleEnv()
	for at, decision := range map[time.Duration]generation.Decision{
		1 * time.Hour: {Verdict: generation.VerdictRegenerate, By: "art director", Comment: "too dark"},
		2 * time.Hour: {Verdict: generation.VerdictApprove, By: "art director"},
	} {
		env.RegisterDelayedCallback(func() {
			env.UpdateWorkflow(generation.DecideUpdate, "", &testsuite.TestUpdateCallback{}, decision)
		}, at)
	}
	runExample(env, Poster, "a lighthouse")

	env = newExampleEnv()
	env.RegisterDelayedCallback(func() {
		env.UpdateWorkflow(generation.DecideUpdate, "", &testsuite.TestUpdateCallback{},
			generation.Decision{Verdict: generation.VerdictReject, By: "art director", Comment: "no posters"})
	}, time.Hour)
	runExample(env, Poster, "a lighthouse")
	// Output:
	// https://cdn.test/poster-2.png
	// wavespeed.Rejected approval "poster": rejected by art director: no posters
}

// Series makes pictures for 25 cents at most.
func Series(ctx workflow.Context) (string, error) {
	budget := &workflows.Budget{Limit: generation.Dollars(0.25)}
	ctx = workflows.WithBudget(ctx, budget)
	for i := 1; ; i++ {
		_, err := workflows.Generate(ctx, generation.Request{
			Key: fmt.Sprint(i), Model: "wavespeed-ai/flux-dev", Input: map[string]any{"prompt": "a lighthouse", "seed": i},
		})
		if generation.ErrorTypeOf(err) == generation.ErrorTypeBudgetExceeded {
			return fmt.Sprintf("%d pictures for %s", i-1, budget.Spent()), nil
		}
		if err != nil {
			return "", err
		}
	}
}

func ExampleWithBudget() {
	runExample(newExampleEnv(), Series)
	// Output: 2 pictures for $0.20
}

// Pair makes two pictures. A run that is given what an earlier one has made pays for the
// rest only.
func Pair(ctx workflow.Context, earlier []generation.Status) ([]string, error) {
	ctx = workflows.WithEarlier(ctx, earlier...)
	var made []string
	for _, prompt := range []string{"a lighthouse", "a harbour"} {
		picture, err := workflows.Generate(ctx, generation.Request{
			Key: prompt, Model: "wavespeed-ai/flux-dev", Input: map[string]any{"prompt": prompt},
		})
		if err != nil {
			return nil, err
		}
		made = append(made, fmt.Sprintf("%s: %s", prompt, picture.Via))
	}
	return made, nil
}

func ExampleWithEarlier() {
	first := newExampleEnv()
	runExample(first, Pair, nil)

	// What a run has made, also one that failed, its query tells.
	answer, err := first.QueryWorkflow(generation.StatusQuery)
	if err != nil {
		fmt.Println(err)
		return
	}
	var statuses []generation.Status
	if err := answer.Get(&statuses); err != nil {
		fmt.Println(err)
		return
	}
	runExample(newExampleEnv(), Pair, statuses[:1])
	// Output:
	// [a lighthouse: poll a harbour: poll]
	// [a lighthouse: earlier a harbour: poll]
}
