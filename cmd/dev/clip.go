package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/examples/clip"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

var brief = clip.Brief{
	Scene:  "A lighthouse on a cliff in a storm, oil on canvas",
	Motion: "Waves break against the cliff, the beam of the lighthouse turns",
}

// makeClip runs the example pipeline and shows its steps.
func (s *stack) makeClip(ctx context.Context, out io.Writer) error {
	run, err := s.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:            "clip-" + uuid.NewString()[:8],
		TaskQueue:     taskQueue,
		StaticSummary: "text → image → video → upscaled",
	}, clip.Clip, brief)
	if err != nil {
		return fmt.Errorf("start the pipeline: %w", err)
	}
	fmt.Fprintf(out, "\nA clip from a text, in three generations. Follow it in the Temporal UI:\n  %s\n\n", s.runURL(run))
	began := time.Now()
	steps := newSteps(out, began)
	if err := steps.follow(ctx, s.client, run); err != nil {
		return err
	}
	var film clip.Film
	if err := run.Get(ctx, &film); err != nil {
		return fmt.Errorf("the pipeline failed: %w", err)
	}
	fmt.Fprintf(out, "\nDone in %.1f s.\n", time.Since(began).Seconds())
	for _, made := range []struct{ name, url string }{{"still", film.Still}, {"clip", film.Clip}, {"film", film.Film}} {
		file, err := save(ctx, filepath.Join("out", "demo"), made.name, made.url)
		if err != nil {
			return fmt.Errorf("save the %s from %s: %w", made.name, made.url, err)
		}
		fmt.Fprintf(out, "  %-6s %s\n         saved as %s\n", made.name, made.url, file)
	}
	return nil
}

func (s *stack) runURL(run client.WorkflowRun) string {
	return fmt.Sprintf("%s/namespaces/%s/workflows/%s/%s/history", s.ui, client.DefaultNamespace, run.GetID(), run.GetRunID())
}

// steps prints a line whenever a generation enters another state.
type steps struct {
	out   io.Writer
	began time.Time
	shown map[string]generation.State
}

func newSteps(out io.Writer, began time.Time) *steps {
	return &steps{out: out, began: began, shown: make(map[string]generation.State)}
}

const followEvery = 100 * time.Millisecond

// follow shows the run's generations until it has ended.
func (s *steps) follow(ctx context.Context, c client.Client, run client.WorkflowRun) error {
	ended := make(chan struct{})
	go func() {
		_ = run.Get(ctx, nil)
		close(ended)
	}()
	ticker := time.NewTicker(followEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return errors.New("interrupted")
		case <-ended:
			s.show(ctx, c, run)
			return nil
		case <-ticker.C:
			s.show(ctx, c, run)
		}
	}
}

// show asks the workflow how its generations stand. A run that has just begun does
// not answer yet.
func (s *steps) show(ctx context.Context, c client.Client, run client.WorkflowRun) {
	answer, err := c.QueryWorkflow(ctx, run.GetID(), run.GetRunID(), generation.StatusQuery)
	if err != nil {
		return
	}
	var statuses []generation.Status
	if answer.Get(&statuses) != nil {
		return
	}
	for _, status := range statuses {
		if s.shown[status.Key] == status.State {
			continue
		}
		s.shown[status.Key] = status.State
		fmt.Fprintf(s.out, "  %5.1f s  %-6s %-10s %s\n", time.Since(s.began).Seconds(), status.Key, status.State, note(status))
	}
}

func note(status generation.Status) string {
	text := status.Model
	if id := status.PredictionID(); id != "" {
		text += ", prediction " + id
	}
	if usd, known := status.Price(); known && status.State == generation.StateCompleted {
		text += fmt.Sprintf(", $%.3f", usd)
	}
	return text
}
