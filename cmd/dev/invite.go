package main

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
)

// environment is a file that sets up a shell for the commands to try.
const environment = "env"

// invite prints what to try next.
func (s *stack) invite(out io.Writer) error {
	if err := s.writeEnvironment(); err != nil {
		return err
	}
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

  . %s
  wavespeed-temporal generate wavespeed-ai/flux-dev prompt="a cat in the rain" --wait
  wavespeed-temporal pipeline run out/demo/film.yaml scene="a harbour at night" --output out
  wavespeed-temporal pipeline run examples/pipelines/styles.yaml
  wavespeed-temporal pipeline run examples/pipelines/catalogue.yaml products=@examples/pipelines/products.csv
  wavespeed-temporal pipeline --help
`, s.path(environment))
	if s.apiURL != "" {
		fmt.Fprintf(out, `
To repair a run, make a step of the next run fail, then use the rerun command that it prints:

  curl -d '{"kind": "fails", "model": "wavespeed-ai/wan-2.1/i2v-480p", "times": 1}' %s/simulator/faults
`, s.apiURL)
	}
	return nil
}

// writeEnvironment omits a real API key, which is in the environment already or should be set
// by hand.
func (s *stack) writeEnvironment() error {
	program, err := filepath.Abs("bin")
	if err != nil {
		return err
	}
	text := fmt.Sprintf("export PATH='%s':\"$PATH\"\nexport TEMPORAL_ADDRESS=%s\nexport TEMPORAL_UI_URL=%s\n", program, s.temporal.FrontendHostPort(), s.ui)
	if s.apiURL != "" {
		text += fmt.Sprintf("export WAVESPEED_API_KEY=%s\nexport WAVESPEED_BASE_URL=%s\n", s.apiKey, s.apiURL)
	}
	return os.WriteFile(s.path(environment), []byte(text), 0o600)
}

// listenAddress returns where to listen for a public URL: on its own port if it points to this
// machine, else on the port that a tunnel should point to.
func listenAddress(public string) string {
	if u, err := url.Parse(public); err == nil && u.Hostname() == listenHost && u.Port() != "" {
		return u.Host
	}
	return net.JoinHostPort(listenHost, fmt.Sprint(webhookPort))
}
