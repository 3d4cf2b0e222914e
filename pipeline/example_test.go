package pipeline_test

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// poster is a pipeline made in Go: a picture, which people must like.
var poster = pipeline.Definition{
	Name: "poster",
	Steps: pipeline.Named[pipeline.Step]{
		{Name: "still", Value: pipeline.Step{Model: "wavespeed-ai/flux-dev", Input: map[string]any{"prompt": "a lighthouse in a storm"}}},
		{Name: "look", Value: pipeline.Step{Approve: &pipeline.Approve{Show: "${{ steps.still.output }}"}}},
	},
}

// A run is started, and waited for.
func Example() {
	start := func(ctx context.Context, c client.Client) error {
		run, err := pipeline.Start(ctx, c, client.StartWorkflowOptions{TaskQueue: "media"}, pipeline.Request{Pipeline: poster})
		if err != nil {
			return err
		}
		result, err := run.Get(ctx)
		if err != nil {
			return err
		}
		fmt.Println(result.Outputs["still"])
		return nil
	}
	_ = start
}

// A program can show how a run stands while it waits for its end.
func ExampleRun_Follow() {
	follow := func(ctx context.Context, run *pipeline.Run) (pipeline.Result, error) {
		return run.Follow(ctx, func(status pipeline.Status) {
			for _, step := range status.Steps {
				fmt.Println(step.ID, step.State)
			}
		})
	}
	_ = follow
}

// Deciding takes no more than the workflow's id.
func ExampleRun_Decide() {
	approve := func(ctx context.Context, c client.Client, workflowID string) error {
		_, err := pipeline.Open(c, workflowID, "").Decide(ctx, generation.Decision{Verdict: generation.VerdictApprove, By: "ada"})
		return err
	}
	_ = approve
}

// A rerun keeps what was paid for. This one makes the step look, and what depends on it, again.
func ExampleRun_Rerun() {
	rerun := func(ctx context.Context, run *pipeline.Run) error {
		request := pipeline.Request{Pipeline: poster}
		next, err := run.Rerun(ctx, client.StartWorkflowOptions{TaskQueue: "media"}, request, pipeline.Resume{From: "look"})
		if err != nil {
			return err
		}
		_, err = next.Get(ctx)
		return err
	}
	_ = rerun
}

// A poster every morning.
func ExampleSchedule() {
	schedule := func(ctx context.Context, c client.Client) error {
		_, err := pipeline.Schedule(ctx, c, client.ScheduleOptions{
			ID:   "poster",
			Spec: client.ScheduleSpec{Calendars: []client.ScheduleCalendarSpec{{Hour: []client.ScheduleRange{{Start: 6}}}}, Jitter: time.Minute},
		}, "media", pipeline.Request{Pipeline: poster})
		return err
	}
	_ = schedule
}
