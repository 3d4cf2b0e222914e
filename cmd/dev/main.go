// Command dev runs the whole of wavespeed-temporal on this machine: a Temporal
// server with its UI, WaveSpeedAI or its simulator, a worker and a webhook handler.
//
//	dev demo   runs the pipeline examples/pipelines/film.yaml to its end and leaves nothing running
//	dev up     runs it too, and keeps everything up until it is interrupted
//
// With WAVESPEED_API_KEY set it uses WaveSpeedAI itself, which costs money. Set
// WEBHOOK_PUBLIC_URL to an https address that leads to this machine to have
// webhooks; without one the provider is polled. Without a key it uses the
// simulator, which has webhooks and costs nothing.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
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
	s, err := start(ctx, out)
	if err != nil {
		return err
	}
	defer s.stop()
	if err := s.makeFilm(ctx, out); err != nil {
		return err
	}
	if args[0] == "demo" {
		fmt.Fprintln(out, "\nTemporal and its UI end with the demo. To look at the run in the UI: make dev")
		return nil
	}
	s.invite(out)
	<-ctx.Done()
	fmt.Fprintln(out, "\nStopping.")
	return nil
}
