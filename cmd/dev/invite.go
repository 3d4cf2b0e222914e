package main

import (
	"fmt"
	"io"
	"net"
	"net/url"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
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
  export TEMPORAL_UI_URL=%s
  export WAVESPEED_API_KEY=%s
  export WAVESPEED_BASE_URL=%s
  go run ./cmd/wavespeed-temporal generate wavespeed-ai/flux-dev prompt="a cat in the rain" --wait
  go run ./cmd/wavespeed-temporal pipeline run out/demo/film.yaml scene="a harbour at night" --output out
  go run ./cmd/wavespeed-temporal pipeline run examples/pipelines/styles.yaml
  go run ./cmd/wavespeed-temporal pipeline run examples/pipelines/catalogue.yaml products=@examples/pipelines/products.csv
  go run ./cmd/wavespeed-temporal pipeline --help
`, s.temporal.FrontendHostPort(), s.ui, s.shownKey(), s.shownURL())
	if s.apiURL != "" {
		fmt.Fprintf(out, `
To repair a run, have one step of the next fail, and rerun what the failure names:

  curl -d '{"kind": "fails", "model": "wavespeed-ai/wan-2.1/i2v-480p", "times": 1}' %s/simulator/faults
`, s.apiURL)
	}
}

// shownKey is the simulator's key; a real one is not printed.
func (s *stack) shownKey() string {
	if s.apiURL == "" {
		return "…"
	}
	return s.apiKey
}

func (s *stack) shownURL() string {
	if s.apiURL == "" {
		return wavespeed.DefaultBaseURL
	}
	return s.apiURL
}

// listenAddress is where to listen for a public URL: on its own port if it is this
// machine's, else on the port that a tunnel is told to lead to.
func listenAddress(public string) string {
	if u, err := url.Parse(public); err == nil && u.Hostname() == listenHost && u.Port() != "" {
		return u.Host
	}
	return net.JoinHostPort(listenHost, fmt.Sprint(webhookPort))
}
