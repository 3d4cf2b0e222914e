// Wavespeed-simulator simulates WaveSpeedAI on this machine, for tests and demonstrations in
// any language. It is the package wavespeedtest as a program.
//
//	wavespeed-simulator --fault webhook-lost=0.05 --fault accepted-reset=0.02
//
// It serves the provider's API below /api/v3, controls below /simulator/, and its latest
// outputs at /. Its help documents all settings of its behavior.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "wavespeed-simulator:", err)
		os.Exit(1)
	}
}
