package main

import (
	"fmt"
	"io"
	"net"
	"net/url"
)

// invite tells what to try next.
func (s *stack) invite(out io.Writer) {
	fmt.Fprintf(out, `
Everything stays up until you press Ctrl-C.

  Temporal UI   %s
  Temporal      %s
`, s.ui, s.temporal.FrontendHostPort())
	if s.apiURL != "" {
		fmt.Fprintf(out, "  Simulator     %s\n", s.apiURL)
	}
	fmt.Fprintf(out, `
Try, in another terminal:

  export TEMPORAL_ADDRESS=%s
  go run ./cmd/wavespeed-temporal generate wavespeed-ai/flux-dev prompt="a cat in the rain" --wait
  go run ./cmd/wavespeed-temporal generate wavespeed-ai/dia-tts prompt="Good evening." --wait --output out
  go run ./cmd/wavespeed-temporal generate --help
`, s.temporal.FrontendHostPort())
}

// listenAddress is where to listen for a public URL: on its own port if it is this
// machine's, else on the port that a tunnel is told to lead to.
func listenAddress(public string) string {
	if u, err := url.Parse(public); err == nil && u.Hostname() == listenHost && u.Port() != "" {
		return u.Host
	}
	return net.JoinHostPort(listenHost, fmt.Sprint(webhookPort))
}
