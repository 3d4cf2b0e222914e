package engine

import (
	"errors"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/kernel"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// Pause tells a child whether its run is paused. Signals may arrive in any order, so they are
// numbered.
type Pause struct {
	Paused bool `json:"paused"`
	Number int  `json:"number"`
}

// answerPauses registers the handlers that pause and resume the run.
func (r *run) answerPauses(ctx workflow.Context) error {
	return errors.Join(
		workflow.SetUpdateHandlerWithOptions(ctx, wire.RunPauseUpdate,
			func(ctx workflow.Context) (pipeline.Status, error) { return r.setPaused(ctx, true), nil },
			workflow.UpdateHandlerOptions{Description: "pauses the run: nothing new is submitted, and what runs is collected"}),
		workflow.SetUpdateHandlerWithOptions(ctx, wire.RunResumeUpdate,
			func(ctx workflow.Context) (pipeline.Status, error) { return r.setPaused(ctx, false), nil },
			workflow.UpdateHandlerOptions{Description: "lets a paused run continue; one that waits for a top-up checks now"}),
	)
}

func (r *run) setPaused(ctx workflow.Context, paused bool) pipeline.Status {
	board := kernel.BoardOf(ctx)
	if paused && !board.Paused() {
		r.paused = workflow.Now(ctx)
		board.Pause(ctx)
	}
	if !paused {
		r.paused = time.Time{}
		board.Resume(ctx)
	}
	for _, s := range r.steps {
		if s.fan != nil {
			for _, c := range s.fan.live {
				c.follow(ctx, paused)
			}
		}
	}
	r.tell(ctx)
	r.show(ctx)
	return r.bounded(ctx)
}

// follow passes on to the child whether the run is paused, if it does not know, and that it is
// resumed, if it waits for a top-up.
func (c *child) follow(ctx workflow.Context, paused bool) {
	checks := !paused && len(c.progress.Unpaid) > 0
	if !c.Started || c.future.IsReady() || c.pause.Paused == paused && !checks {
		return
	}
	c.pause = Pause{Paused: paused, Number: c.pause.Number + 1}
	c.future.SignalChildWorkflow(ctx, runwire.PauseSignal, c.pause)
}

// obey pauses and resumes the child with its run.
func (c *chunkRun) obey(ctx workflow.Context) {
	channel := workflow.GetSignalChannel(ctx, runwire.PauseSignal)
	board, latest := kernel.BoardOf(ctx), 0
	workflow.GoNamed(ctx, "pause", func(ctx workflow.Context) {
		for {
			var told Pause
			channel.Receive(ctx, &told)
			if told.Number <= latest {
				continue
			}
			latest = told.Number
			if told.Paused {
				board.Pause(ctx)
			} else {
				board.Resume(ctx)
			}
		}
	})
}
