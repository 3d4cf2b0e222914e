package session

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/config"
)

// Started is what a command prints as JSON that starts a workflow and does not wait.
type Started struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
}

// failed is what a command prints as JSON of a workflow that ended without a result.
type failed struct {
	Error   string `json:"error"`
	Message string `json:"message"`
	Status  any    `json:"status"`
}

// PrintFailed prints the error in which a workflow ended; status is where its details go.
func (s *Session) PrintFailed(err *temporal.ApplicationError, status any) error {
	_ = err.Details(status)
	return s.PrintJSON(failed{err.Type(), err.Message(), status})
}

// Session is one command under way: the program with its configuration, and with Temporal
// once it has connected.
type Session struct {
	*Program
	Config  config.Config
	Client  client.Client
	Options client.Options
}

// Open reads the configuration.
func (p *Program) Open() (*Session, error) {
	c, _, err := p.Load(config.Need{})
	return &Session{Program: p, Config: c}, err
}

// Connect connects to Temporal. The caller closes the client.
func (s *Session) Connect(ctx context.Context) (err error) {
	if s.Options, err = s.Temporal.ClientOptions(s.Environ, slog.New(slog.DiscardHandler)); err != nil {
		return exit.With(exit.Usage, err)
	}
	if s.Client, err = client.DialContext(ctx, s.Options); err != nil {
		return exit.With(exit.Failure, fmt.Errorf("no answer from Temporal at %s: %w", s.Options.HostPort, err))
	}
	return nil
}

// Connected makes a command of a function that needs Temporal.
func (p *Program) Connected(do func(ctx context.Context, s *Session, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		s, err := p.Open()
		if err != nil {
			return err
		}
		if err := s.Connect(cmd.Context()); err != nil {
			return err
		}
		defer s.Client.Close()
		return do(cmd.Context(), s, args)
	}
}

// Announce prints what was started, and where to see it, to standard error.
func (s *Session) Announce(run client.WorkflowRun) {
	fmt.Fprintf(s.Err, "workflow %s, run %s\n", run.GetID(), run.GetRunID())
	if s.Config.UIURL != "" {
		fmt.Fprintf(s.Err, "%s/namespaces/%s/workflows/%s/%s\n", s.Config.UIURL, s.Options.Namespace, url.PathEscape(run.GetID()), run.GetRunID())
	}
}
