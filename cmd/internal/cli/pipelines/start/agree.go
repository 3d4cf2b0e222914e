package start

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/pipelines/check"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/screen"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runview"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// agree shows the estimate before anything is spent. On a terminal, it asks for confirmation if
// the run may cost more than PIPELINE_ASK_ABOVE, or more than the balance. Elsewhere it refuses
// a run that may exceed the balance and starts all others.
func agree(ctx context.Context, s *session.Session, e *pipeline.Estimate, in pipeline.Request, yes bool) error {
	c := check.CostOf(e, in)
	if c == nil {
		return nil
	}
	fmt.Fprintf(s.Err, "Estimate: %s%s\n", runview.Estimate(*e), check.BalanceText(e.Balance))
	var why string
	switch {
	case yes:
		return nil
	case c.MayRunOut():
		why = fmt.Sprintf("The balance of %s may not cover this run, which would then stop and keep its results.", *c.Balance)
	case !interactive(s):
		return nil
	case !c.Known:
		why = "This run has no cost limit. Use --budget to set one."
	case c.Most > s.Config.AskAbove:
		why = fmt.Sprintf("This run may cost more than %s.", s.Config.AskAbove)
	default:
		return nil
	}
	if !interactive(s) {
		return exit.With(exit.Usage, fmt.Errorf("the balance of %s may not cover the estimate of %s: top up, set a --budget, or add --yes to run until the balance is used up", *c.Balance, runview.Estimate(*e)))
	}
	return ask(ctx, s, why+" Start it?")
}

// interactive reports whether a person is at a terminal.
func interactive(s *session.Session) bool {
	in, ok := s.In.(*os.File)
	return ok && term.IsTerminal(int(in.Fd())) && screen.IsTerminal(s.Err) // #nosec G115 -- a file's number is small
}

// ask asks a yes/no question; the default is no.
func ask(ctx context.Context, s *session.Session, question string) error {
	fmt.Fprintf(s.Err, "%s [y/N] ", question)
	answers := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(s.In).ReadString('\n')
		answers <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case answer := <-answers:
		if answer == "y" || answer == "yes" {
			return nil
		}
	case <-ctx.Done():
		fmt.Fprintln(s.Err)
	}
	return exit.With(exit.Interrupted, errors.New("nothing was started"))
}
