package follow

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/failing"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/resolve"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/screen"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runview"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// view shows a run that changes: on a terminal in place, elsewhere in a line for each
// step that enters another state.
type view struct {
	out      io.Writer
	terminal bool
	area     *screen.Area
	run      string
	states   map[string]string
	waited   string
	queued   bool
	told     time.Time // when a failure was last shown
}

func newView(out io.Writer, run string) *view {
	return &view{out: out, terminal: screen.IsTerminal(out), area: screen.NewArea(out), run: run, states: make(map[string]string)}
}

// show shows the run, attempts that fail, and the notes on its children.
func (v *view) show(status pipeline.Status, failed []failing.Activity, notes resolve.Notes, now time.Time) {
	waits := toDo(v.run, status) + notes.Undecided
	if v.terminal {
		v.area.Redraw(table(status, now) + failing.Text(failed) + waits + notes.Queued)
		return
	}
	if len(failed) > 0 && now.Sub(v.told) >= failing.Every {
		v.told = now
		fmt.Fprintf(v.out, "%7.1f s  %s\n", now.Sub(status.Started).Seconds(), failed[0])
	}
	for _, step := range status.Steps {
		state := string(step.State)
		if step.Kind == plan.KindGenerate && step.Attempts > 1 {
			state += fmt.Sprintf(", attempt %d", step.Attempts)
		}
		if c := step.Items; c != nil && step.State == pipeline.StateRunning && c.Total > 0 {
			state = fmt.Sprintf("running, %d %% done", 10*(10*(c.Completed+c.Failed)/c.Total))
		}
		if step.State == pipeline.StateRunning && step.Reason != "" {
			state += ", waits" // its place in line is shown when it begins to wait
		}
		if state == v.states[step.ID] || step.State == pipeline.StateWaiting {
			continue
		}
		v.states[step.ID] = state
		fmt.Fprintln(v.out, v.line(status, step, now))
	}
	if waits != v.waited {
		v.waited = waits
		fmt.Fprint(v.out, waits)
	}
	if queued := notes.Queued != ""; queued != v.queued {
		v.queued = queued
		fmt.Fprint(v.out, notes.Queued)
	}
}

// wait says, once, that no worker answers for the run yet.
func (v *view) wait(queue string) {
	text := fmt.Sprintf("waiting for a worker on the task queue %s", queue)
	if v.waited != text && v.area.Lines == 0 && len(v.states) == 0 {
		v.waited = text
		fmt.Fprintln(v.out, text)
	}
}

func (v *view) line(status pipeline.Status, step pipeline.StepStatus, now time.Time) string {
	parts := []string{fmt.Sprintf("%7.1f s  %-12s %-10s", now.Sub(status.Started).Seconds(), step.ID, string(step.State)+runview.Progress(step))}
	for _, part := range []string{step.Model, screen.Dollars(step.Cost), firstOutput(step), screen.Cell(step.Reason)} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "  ")
}

// end prints the final table.
func (v *view) end(status pipeline.Status, now time.Time) {
	if v.terminal {
		v.area.Erase()
	}
	fmt.Fprintf(v.out, "\n%s\n", table(status, now))
}
