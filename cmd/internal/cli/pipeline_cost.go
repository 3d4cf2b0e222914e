package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// cost is what a run may cost, as far as its budget allows.
type cost struct {
	least, most generation.USD
	known       bool // most is; otherwise nothing bounds it
	balance     *generation.USD
}

// costOf is what a run may cost; nil where nothing was estimated.
func costOf(e *pipeline.Estimate, in pipeline.Request) *cost {
	if e == nil {
		return nil
	}
	most, known := e.Upper()
	c := cost{least: e.Total, most: most, known: known, balance: e.Balance}
	if limit := capOf(in); limit != nil {
		if !known {
			c.most, c.known = *limit, true
		}
		c.least, c.most = min(c.least, *limit), min(c.most, *limit)
	}
	return &c
}

// capOf is the cap of a run; nil for none.
func capOf(in pipeline.Request) *generation.USD {
	switch {
	case in.Budget != nil:
		return in.Budget
	case in.Pipeline.Budget != nil:
		return &in.Pipeline.Budget.USD
	default:
		return nil
	}
}

// covered is the error of a run whose balance is below the least that it costs.
func covered(e *pipeline.Estimate, in pipeline.Request) error {
	c := costOf(e, in)
	if c == nil || c.balance == nil || *c.balance >= c.least {
		return nil
	}
	return fmt.Errorf("the balance of %s does not cover the estimate of %s: top up, or give a --budget", *c.balance, e.Text())
}

// mayRunOut tells whether the balance covers the least that the run costs, but not the most.
func (c cost) mayRunOut() bool { return c.balance != nil && c.known && *c.balance < c.most }

// warnOfBudget says what becomes of a run whose budget is below the estimate.
func (p *program) warnOfBudget(e *pipeline.Estimate, in pipeline.Request) {
	limit := capOf(in)
	if e == nil || limit == nil {
		return
	}
	will := "holds"
	if b := in.Pipeline.Budget; b != nil && b.OnExceeded == pipeline.FailOver {
		will = "fails"
	}
	switch most, known := e.Upper(); {
	case *limit < e.Total:
		fmt.Fprintf(p.Err, "warning: the budget of %s does not cover the estimate of %s: the run %s when it reaches the budget\n", *limit, e.Text(), will)
	case !known || *limit < most:
		fmt.Fprintf(p.Err, "warning: the budget of %s may not cover the estimate of %s: if it doesn't, the run %s when it reaches the budget\n", *limit, e.Text(), will)
	}
}

// agree shows what a run costs before anything is spent, and asks where that may be more
// than above, or more than there is. Only a terminal is asked: elsewhere a run that may run
// out of money is refused, and others start.
func (p *program) agree(ctx context.Context, e *pipeline.Estimate, in pipeline.Request, above generation.USD, yes bool) error {
	c := costOf(e, in)
	if c == nil {
		return nil
	}
	fmt.Fprintf(p.Err, "Estimate: %s%s\n", e.Text(), balanceText(e.Balance))
	var why string
	switch {
	case yes:
		return nil
	case c.mayRunOut():
		why = fmt.Sprintf("The balance of %s may not cover this run, which would then stop and keep what it has made.", *c.balance)
	case !p.interactive():
		return nil
	case !c.known:
		why = "Nothing bounds what this run costs; a --budget would."
	case c.most > above:
		why = fmt.Sprintf("This run may cost more than %s.", above)
	default:
		return nil
	}
	if !p.interactive() {
		return failure(exitUsage, fmt.Errorf("the balance of %s may not cover the estimate of %s: top up, give a --budget, or add --yes to run as far as the balance goes", *c.balance, e.Text()))
	}
	return p.ask(ctx, why+" Start it?")
}

func balanceText(balance *generation.USD) string {
	if balance == nil {
		return ""
	}
	return fmt.Sprintf(", balance %s", *balance)
}

// interactive tells whether there is somebody to ask.
func (p *program) interactive() bool {
	in, ok := p.In.(*os.File)
	return ok && term.IsTerminal(int(in.Fd())) && isTerminal(p.Err) // #nosec G115 -- a file's number is small
}

// ask asks a question of which the answer is no unless it is yes.
func (p *program) ask(ctx context.Context, question string) error {
	fmt.Fprintf(p.Err, "%s [y/N] ", question)
	answers := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(p.In).ReadString('\n')
		answers <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case answer := <-answers:
		if answer == "y" || answer == "yes" {
			return nil
		}
	case <-ctx.Done():
		fmt.Fprintln(p.Err)
	}
	return failure(exitInterrupted, errors.New("nothing was started"))
}
