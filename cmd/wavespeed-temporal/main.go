// Command wavespeed-temporal runs durable AI generations: a worker, a webhook handler,
// and a command line to start and watch them. See wavespeed-temporal --help.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the process immediately.
	context.AfterFunc(ctx, stop)
	os.Exit(cli.Run(ctx, os.Args[1:], os.Environ(), cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}
