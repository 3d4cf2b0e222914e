// Command dev runs all of wavespeed-temporal on this machine: a Temporal server with its UI,
// WaveSpeedAI or its simulator, a worker and a webhook handler.
//
//	dev demo   runs the pipeline examples/pipelines/film.yaml to its end and leaves nothing running
//	dev up     runs it the first time, and keeps everything up until it is interrupted
//
// Temporal is the temporal command if it is on the PATH, or else a dev server that is built
// first. "dev up" keeps its state in out/dev and continues with it the next time.
//
// With WAVESPEED_API_KEY set, it uses WaveSpeedAI itself, which costs money. Set
// WEBHOOK_PUBLIC_URL to an https URL that points to this machine to receive webhooks; otherwise
// results are polled. Without a key, it uses the simulator, which has webhooks and costs
// nothing.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "dev:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) != 1 || args[0] != "demo" && args[0] != "up" {
		return fmt.Errorf("want one argument: demo or up")
	}
	if args[0] == "demo" {
		return demo(ctx, out)
	}
	return up(ctx, out)
}

func demo(ctx context.Context, out io.Writer) error {
	s, err := start(ctx, out, "")
	if err != nil {
		return err
	}
	defer s.stop()
	if err := s.makeFilm(ctx, out); err != nil {
		return err
	}
	fmt.Fprintln(out, "\nTemporal and its UI end with the demo. To look at the run in the UI: make dev")
	return nil
}

// state is where "dev up" keeps its data.
const state = "out/dev"

func up(ctx context.Context, out io.Writer) error {
	_, err := os.Stat(filepath.Join(state, database))
	first := errors.Is(err, os.ErrNotExist)
	s, err := start(ctx, out, state)
	if err != nil {
		return err
	}
	defer s.stop()
	if first {
		err = s.makeFilm(ctx, out)
	} else {
		fmt.Fprintf(out, "Continuing with the data in %s. To start over, remove it.\n", state)
		_, err = writeExample()
	}
	if err != nil {
		return err
	}
	if err := s.invite(out); err != nil {
		return err
	}
	<-ctx.Done()
	fmt.Fprintln(out, "\nStopping.")
	return nil
}
