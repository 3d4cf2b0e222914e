package generate

import (
	"context"
	"fmt"
	"io"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/failing"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/runs"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/screen"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/record"
)

// progress shows a generation's state. On a terminal it rewrites one line. Elsewhere it prints
// a line per change.
type progress struct {
	out      io.Writer
	terminal bool
	began    time.Time
	last     string
	failed   time.Time // when a failure was last shown
}

func newProgress(out io.Writer, began time.Time) *progress {
	return &progress{out: out, terminal: screen.IsTerminal(out), began: began}
}

const followEvery = 500 * time.Millisecond

// follow shows progress until the run ends or ctx is done.
func (p *progress) follow(ctx context.Context, s *session.Session, run client.WorkflowRun) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_ = run.Get(ctx, nil)
		cancel()
	}()
	ticker := time.NewTicker(followEvery)
	defer ticker.Stop()
	for {
		p.show(ask(ctx, s, run), failing.Of(ctx, s, run.GetID(), run.GetRunID())...)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// ask returns the generation's state in words. It returns "" if the workflow does not answer,
// perhaps because no worker is running.
func ask(ctx context.Context, s *session.Session, run client.WorkflowRun) string {
	ctx, cancel := context.WithTimeout(ctx, runs.AskTimeout)
	defer cancel()
	answer, err := s.Client.QueryWorkflow(ctx, run.GetID(), run.GetRunID(), generation.StatusQuery)
	if err != nil {
		return ""
	}
	var statuses []generation.Status
	if answer.Get(&statuses) != nil || len(statuses) == 0 {
		return ""
	}
	status := statuses[0]
	text := string(status.State)
	if n := len(status.Attempts); n > 1 {
		text += fmt.Sprintf(", attempt %d", n)
	}
	if id := status.PredictionID(); id != "" {
		text += ", prediction " + id
	}
	if reason := record.Reason(status); reason != "" {
		text += ": " + reason
	}
	return screen.Cell(text)
}

func (p *progress) show(text string, all ...failing.Activity) {
	if text == "" {
		text = p.last
	}
	if text == "" {
		text = "waiting for a worker"
	}
	elapsed := time.Since(p.began).Round(time.Second)
	clearLine := func() { fmt.Fprint(screen.Raw(p.out), screen.If(p.terminal, "\r\033[K")) }
	if len(all) > 0 && time.Since(p.failed) >= failing.Every {
		p.failed = time.Now()
		clearLine()
		fmt.Fprintf(p.out, "%6v  %s\n", elapsed, all[0])
	}
	switch {
	case p.terminal:
		line := plaintext.Line(fmt.Sprintf("%s%s", text, screen.If(len(all) > 0, ", waiting for a retry")))
		width, _ := screen.Size(p.out)
		clearLine()
		fmt.Fprint(p.out, screen.Fit([]string{fmt.Sprintf("%6v  %s", elapsed, line)}, width, 1)[0])
	case text != p.last:
		fmt.Fprintf(p.out, "%6v  %s\n", elapsed, text)
	}
	p.last = text
}

func (p *progress) end() {
	if p.terminal {
		fmt.Fprintln(p.out)
	}
}
