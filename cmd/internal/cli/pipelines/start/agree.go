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
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// agree shows what a run costs before anything is spent, and asks where that may be more
// than PIPELINE_ASK_ABOVE, or more than there is. Only a terminal is asked: elsewhere a run that may run
// out of money is refused, and others start.
func agree(ctx context.Context, s *session.Session, e *pipeline.Estimate, in pipeline.Request, yes bool) error {
	c := check.CostOf(e, in)
	if c == nil {
		return nil
	}
	fmt.Fprintf(s.Err, "Estimate: %s%s\n", e.Text(), check.BalanceText(e.Balance))
	var why string
	switch {
	case yes:
		return nil
	case c.MayRunOut():
		why = fmt.Sprintf("The balance of %s may not cover this run, which would then stop and keep what it has made.", *c.Balance)
	case !interactive(s):
		return nil
	case !c.Known:
		why = "Nothing bounds what this run costs; a --budget would."
	case c.Most > s.Config.AskAbove:
		why = fmt.Sprintf("This run may cost more than %s.", s.Config.AskAbove)
	default:
		return nil
	}
	if !interactive(s) {
		return exit.With(exit.Usage, fmt.Errorf("the balance of %s may not cover the estimate of %s: top up, give a --budget, or add --yes to run as far as the balance goes", *c.Balance, e.Text()))
	}
	return ask(ctx, s, why+" Start it?")
}

// interactive tells whether there is somebody to ask.
func interactive(s *session.Session) bool {
	in, ok := s.In.(*os.File)
	return ok && term.IsTerminal(int(in.Fd())) && screen.IsTerminal(s.Err) // #nosec G115 -- a file's number is small
}

// ask asks a question of which the answer is no unless it is yes.
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
