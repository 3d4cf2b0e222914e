package slots

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/screen"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/quota"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/limits"
)

func show(p *session.Program) *cobra.Command {
	var account string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "show", Short: "Show an account's limits, what uses them, and what waits", Args: cobra.NoArgs,
		Long: `Show an account's limits, what uses them, and what waits: the runs in the order in which
they came, with the place in line of each run's first waiting submit.

A run reports when it wants more slots or has too many, so what a run may do counts as done.
"others" are predictions that something else has started: another namespace, another program,
or a person. "refused" counts submits that WaveSpeed refused for the account's limits, and
"made without limits" those that were made while the workflow that keeps the limits was away.

` + exit.Codes,
		RunE: p.Connected(func(ctx context.Context, s *session.Session, _ []string) error {
			got, err := usage(ctx, s, account)
			if err != nil {
				return err
			}
			if asJSON {
				return s.PrintJSON(newShown(account, got))
			}
			_, err = fmt.Fprint(s.Out, text(account, got, time.Now()))
			return exit.With(exit.Failure, err)
		}),
	}
	addAccount(cmd.Flags(), &account)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print all details as one JSON object")
	return cmd
}

// shown is what limits show prints as JSON.
type shown struct {
	Account         string      `json:"account"`
	Limits          wire.Limits `json:"limits"`
	Workers         wire.Limits `json:"workers"`
	Set             bool        `json:"set"`
	Running         int         `json:"running"`
	Others          int         `json:"others"`
	Waiting         int         `json:"waiting"`
	PerMinute       int         `json:"per_minute"`
	ImagesPerMinute int         `json:"images_per_minute"`
	VideosPerMinute int         `json:"videos_per_minute"`
	RetryAt         time.Time   `json:"retry_at,omitzero"`
	Refused         int         `json:"refused"`
	WithoutLimits   int         `json:"without_limits"`
	Runs            []shownRun  `json:"runs"`
}

type shownRun struct {
	WorkflowID  string `json:"workflow_id"`
	RunID       string `json:"run_id"`
	Running     int    `json:"running"`
	Waiting     int    `json:"waiting"`
	Line        int    `json:"line,omitempty"`
	WaitSeconds int    `json:"wait_seconds,omitempty"`
}

func newShown(account string, u limits.Usage) shown {
	s := shown{
		Account: account, Limits: wire.Limits(u.Limits), Workers: wire.Limits(u.Workers), Set: u.Set,
		Running: u.Running, Others: u.Others, Waiting: u.Waiting,
		PerMinute: u.PerMinute, ImagesPerMinute: u.ImagesPerMinute, VideosPerMinute: u.VideosPerMinute,
		RetryAt: u.RetryAt, Refused: u.Refused, WithoutLimits: u.WithoutLimits, Runs: []shownRun{},
	}
	for _, run := range u.Runs {
		s.Runs = append(s.Runs, shownRun{run.WorkflowID, run.RunID, run.Running, run.Waiting, run.Line, int(run.Wait.Seconds())})
	}
	return s
}

// text is an account as people read it.
func text(account string, u limits.Usage, now time.Time) string {
	var text strings.Builder
	fmt.Fprintf(&text, "account %s · %s%s\n", screen.Cell(account), u.Limits, screen.If(u.Set, fmt.Sprintf(" · set by hand, workers are given %s", u.Workers)))
	text.WriteString(paused(account, u))
	if u.RetryAt.After(now) {
		fmt.Fprintf(&text, "WaveSpeed has refused a submit. The next is sent in about %s.\n", quota.Roughly(u.RetryAt.Sub(now)))
	}
	table := screen.NewTable(&text)
	fmt.Fprintln(table, "\nWHAT\tNOW\tLIMIT")
	for _, row := range counts(u) {
		fmt.Fprintf(table, "%s\t%d\t%s\n", row.what, row.now, screen.Dash(row.limit))
	}
	_ = table.Flush()
	if len(u.Runs) == 0 {
		return text.String()
	}
	fmt.Fprintln(table, "\nRUN\tRUNNING\tWAITING\tLINE\tWAIT")
	for _, run := range u.Runs {
		wait := ""
		if run.Wait > 0 {
			wait = "about " + quota.Roughly(run.Wait)
		}
		fmt.Fprintf(table, "%s\t%d\t%d\t%s\t%s\n", screen.Cell(run.WorkflowID), run.Running, run.Waiting, screen.Dash(screen.Number(run.Line)), screen.Dash(wait))
	}
	_ = table.Flush()
	return text.String()
}

// count is a row of the account's table.
type count struct {
	what  string
	now   int
	limit string
}

func counts(u limits.Usage) []count {
	running := screen.Number(u.Limits.Running)
	if u.Limits.Paused {
		running = "0"
	}
	rows := []count{{"running", u.Running, running}, {"others", u.Others, ""}, {"waiting", u.Waiting, ""}}
	add := func(what string, now, limit int) {
		if limit > 0 {
			rows = append(rows, count{what, now, fmt.Sprint(limit)})
		}
	}
	add("submits per minute", u.PerMinute, u.Limits.PerMinute)
	add("images per minute", u.ImagesPerMinute, u.Limits.ImagesPerMinute)
	add("videos per minute", u.VideosPerMinute, u.Limits.VideosPerMinute)
	return append(rows, count{"refused", u.Refused, ""}, count{"made without limits", u.WithoutLimits, ""})
}
