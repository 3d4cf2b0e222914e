package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli"
	"github.com/wavespeed-temporal/wavespeed-temporal/examples/pipelines"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

const example = "film.yaml"

// makeFilm runs the example pipeline through the command line, as a user would.
func (s *stack) makeFilm(ctx context.Context, out io.Writer) error {
	file, err := writeExample()
	if err != nil {
		return err
	}
	id := "film-" + uuid.NewString()[:8]
	fmt.Fprintf(out, "\nA film from a text, in the three steps of %s. Follow it in the Temporal UI:\n\n", file)
	began := time.Now()
	args := []string{"pipeline", "run", file, "--id", id, "--output", filepath.Dir(file)}
	if s.apiKey == wavespeedtest.DefaultKey { // the simulator's money isn't real
		args = append(args, "--yes")
	}
	code := cli.Run(ctx, args, s.environ(), cli.Streams{In: os.Stdin, Out: out, Err: out})
	switch {
	case ctx.Err() != nil:
		return errors.New("interrupted")
	case code != 0:
		return fmt.Errorf("the pipeline failed: exit code %d", code)
	}
	fmt.Fprintf(out, "\nDone in %.1f s.\n", time.Since(began).Seconds())
	return nil
}

// writeExample writes the pipeline to a place where the user can view and change it.
func writeExample() (string, error) {
	text, err := pipelines.Files.ReadFile(example)
	if err != nil {
		return "", err
	}
	dir := filepath.Join("out", "demo")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", err
	}
	file := filepath.Join(dir, example)
	return file, os.WriteFile(file, text, 0o600)
}

// environ is the environment of the command line.
func (s *stack) environ() []string {
	return []string{
		"HOME=" + os.Getenv("HOME"),
		"XDG_CACHE_HOME=" + os.Getenv("XDG_CACHE_HOME"),
		"TEMPORAL_ADDRESS=" + s.temporal.FrontendHostPort(),
		"TEMPORAL_TASK_QUEUE=" + taskQueue,
		"TEMPORAL_UI_URL=" + s.ui,
		"WAVESPEED_API_KEY=" + s.apiKey,
		"WAVESPEED_BASE_URL=" + s.apiURL,
		"LOG_LEVEL=error",
	}
}
