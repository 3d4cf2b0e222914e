package cli

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/markdown"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// runTable is a run as lines of text: a head, a table of its steps, and what waits for people.
func runTable(status pipeline.Status, now time.Time) string {
	var text strings.Builder
	fmt.Fprintln(&text, runHead(status, now))
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "STEP\tSTATE\tMODEL\tATTEMPTS\tCOST\tTIME\tOUTPUT")
	for _, step := range status.Steps {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", step.ID, stepState(step), cell(dash(step.Model)), dash(number(step.Attempts)),
			dash(dollars(step.Cost)), dash(took(step, now)), dash(firstOutput(step)))
	}
	_ = table.Flush()
	told := false
	for _, step := range status.Steps {
		if step.Reason != "" {
			told = true
			fmt.Fprintf(&text, "%s: %s\n", step.ID, cell(step.Reason))
		}
	}
	if status.Reason != "" && !told {
		fmt.Fprintln(&text, cell(status.Reason))
	}
	for _, u := range status.Unanswered {
		fmt.Fprintf(&text, "not checked: %s\n", u)
	}
	return text.String()
}

func runHead(status pipeline.Status, now time.Time) string {
	end := status.Ended
	if end.IsZero() {
		end = now
	}
	parts := []string{status.Pipeline, string(status.State), end.Sub(status.Started).Round(time.Second).String()}
	if status.Cost != nil {
		parts = append(parts, "cost "+status.Cost.String()+soFar(status))
	}
	if status.Estimate != nil {
		parts = append(parts, "estimate "+status.Estimate.Text())
	}
	if status.Budget != nil {
		parts = append(parts, "budget "+status.Budget.String())
	}
	return strings.Join(parts, " · ")
}

func soFar(status pipeline.Status) string {
	if status.Ended.IsZero() {
		return " so far"
	}
	return ""
}

func stepState(step pipeline.StepStatus) string {
	text := string(step.State)
	if step.Kind == pipeline.KindGenerate && step.Attempts > 1 && !step.State.Ended() {
		text += fmt.Sprintf(", attempt %d", step.Attempts)
	}
	if step.Kept {
		text += ", kept"
	}
	if c := step.Items; c != nil && c.Total > 0 {
		text += fmt.Sprintf(" %d/%d", c.Completed, c.Total)
		kept := c.Kept
		if step.Kept {
			kept = 0
		}
		for _, part := range []struct {
			n    int
			what string
		}{{kept, "kept"}, {c.Failed, "failed"}, {c.Running, "running"}} {
			if part.n > 0 {
				text += fmt.Sprintf(", %d %s", part.n, part.what)
			}
		}
	}
	return text
}

func took(step pipeline.StepStatus, now time.Time) string {
	switch {
	case step.Started.IsZero():
		return ""
	case step.Ended.IsZero():
		return now.Sub(step.Started).Round(time.Second).String()
	default:
		return step.Ended.Sub(step.Started).Round(100 * time.Millisecond).String()
	}
}

func firstOutput(step pipeline.StepStatus) string {
	if len(step.Outputs) == 0 {
		return ""
	}
	text := step.Outputs[0].String()
	if step.Outputs[0].URL() == "" {
		text = markdown.Clip(text, 60)
	}
	return cell(text)
}

func dash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func dollars(usd *generation.USD) string {
	if usd == nil {
		return ""
	}
	return usd.String()
}

// toDo says what the run waits for, and the commands with which it continues.
func toDo(run string, status pipeline.Status) string {
	var text strings.Builder
	for _, a := range status.Approvals {
		fmt.Fprintf(&text, "\n%s waits for a decision", a.Key)
		if a.Message != "" {
			fmt.Fprintf(&text, ": %s", cell(a.Message))
		}
		fmt.Fprintf(&text, " (until %s, then: %s)\n", a.Deadline.Local().Format("2006-01-02 15:04"), a.OnDeadline)
		if a.Note != "" {
			fmt.Fprintf(&text, "  asked again: %s\n", cell(a.Note))
		}
		text.WriteString(votes(a))
		text.WriteString(judged(a))
		by := textIf(len(a.Approvers) > 0 || a.Needed > 1, " --by NAME")
		fmt.Fprintf(&text, "  wavespeed-temporal pipeline approve %s %s%s%s\n", run, a.Key, textIf(len(a.Choices) > 0, " --choose N"), by)
		fmt.Fprintf(&text, "  wavespeed-temporal pipeline reject %s %s%s\n", run, a.Key, by)
		for _, id := range a.Regenerable {
			fmt.Fprintf(&text, "  wavespeed-temporal pipeline regenerate %s %s%s field=value%s\n", run, id, textIf(hasItems(status, id), " --items N"), by)
		}
	}
	if status.State == pipeline.RunHeld && status.Budget != nil {
		var spent generation.USD
		if status.Cost != nil {
			spent = *status.Cost
		}
		fmt.Fprintf(&text, "\nOf the budget of %s, %s is spent, and the next submit costs %s. Raise it, to %s at least, with:\n  wavespeed-temporal pipeline budget %s USD\n",
			*status.Budget, spent, status.Needs, spent.Add(status.Needs), run)
	}
	return text.String()
}

func hasItems(status pipeline.Status, id string) bool {
	i := slices.IndexFunc(status.Steps, func(step pipeline.StepStatus) bool { return step.ID == id })
	return i >= 0 && status.Steps[i].Kind == pipeline.KindForEach
}

// judged is what is to be decided on, by the keys of what made it.
func judged(a generation.ApprovalStatus) string {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for i, shown := range a.Show {
		fmt.Fprintf(table, "  %s%s\n", keyCell(a.ShowKey(i)), cell(shown))
	}
	_ = table.Flush()
	for i, choice := range a.Choices {
		fmt.Fprintf(table, "  %d\t%s%s\n", i, keyCell(a.ChoiceKey(i)), cell(generation.Output(choice).String()))
	}
	_ = table.Flush()
	return text.String()
}

func keyCell(key string) string {
	if key == "" {
		return ""
	}
	return cell(key) + "\t"
}

// votes are what people have decided so far, and who is asked.
func votes(a generation.ApprovalStatus) string {
	var text strings.Builder
	if a.Needed > 1 || len(a.Approvers) > 0 {
		fmt.Fprintf(&text, "  %d must approve", a.Needed)
		if len(a.Approvers) > 0 {
			fmt.Fprintf(&text, ", of %s", strings.Join(a.Approvers, ", "))
		}
		text.WriteString("\n")
	}
	return text.String() + decisions("  ", slices.Concat(a.Earlier, a.Decisions))
}

// decisions are who decided what, and when, one in a line.
func decisions(indent string, all []generation.Decision) string {
	var text strings.Builder
	for _, d := range all {
		fmt.Fprintf(&text, "%s%s: %s", indent, cell(dash(d.By)), d.Verdict)
		if d.Choice != nil {
			fmt.Fprintf(&text, " %d", *d.Choice)
		}
		if d.Regenerate != "" {
			text.WriteString(" " + cell(d.Regenerate))
		}
		if !d.At.IsZero() {
			text.WriteString(d.At.Local().Format(", 2006-01-02 15:04"))
		}
		if d.Comment != "" {
			fmt.Fprintf(&text, ", %s", cell(d.Comment))
		}
		text.WriteString("\n")
	}
	return text.String()
}

// decided are the decisions about steps of which nothing is asked now.
func decided(status pipeline.Status) string {
	var text strings.Builder
	for _, step := range status.Steps {
		open := slices.ContainsFunc(status.Approvals, func(a generation.ApprovalStatus) bool { return a.Key == step.ID })
		if len(step.Decisions) > 0 && !open {
			fmt.Fprintf(&text, "\nDecided: %s\n%s", step.ID, decisions("  ", step.Decisions))
		}
	}
	return text.String()
}

func textIf(is bool, text string) string {
	if is {
		return text
	}
	return ""
}

// screen shows a run that changes: on a terminal in place, elsewhere in a line for each
// step that enters another state.
type screen struct {
	out      io.Writer
	terminal bool
	run      string
	lines    int
	states   map[string]string
	waited   string
	failed   time.Time // when a failure was shown last
}

func newScreen(out io.Writer, run string) *screen {
	return &screen{out: out, terminal: isTerminal(out), run: run, states: make(map[string]string)}
}

// show shows the run, attempts that fail, and what is unknown and how to decide it.
func (s *screen) show(status pipeline.Status, failing []failing, unknown string, now time.Time) {
	waits := toDo(s.run, status) + unknown
	if s.terminal {
		s.redraw(runTable(status, now) + failingText(failing) + waits)
		return
	}
	if len(failing) > 0 && now.Sub(s.failed) >= failingEvery {
		s.failed = now
		fmt.Fprintf(s.out, "%7.1f s  %s\n", now.Sub(status.Started).Seconds(), failing[0])
	}
	for _, step := range status.Steps {
		state := string(step.State)
		if step.Kind == pipeline.KindGenerate && step.Attempts > 1 {
			state += fmt.Sprintf(", attempt %d", step.Attempts)
		}
		if c := step.Items; c != nil && step.State == pipeline.StepRunning && c.Total > 0 {
			state = fmt.Sprintf("running, %d %% ended", 10*(10*(c.Completed+c.Failed)/c.Total))
		}
		if state == s.states[step.ID] || step.State == pipeline.StepWaiting {
			continue
		}
		s.states[step.ID] = state
		fmt.Fprintln(s.out, s.line(status, step, now))
	}
	if waits != s.waited {
		s.waited = waits
		fmt.Fprint(s.out, waits)
	}
}

// wait says once that nobody answers for the run yet.
func (s *screen) wait(queue string) {
	text := fmt.Sprintf("waiting for a worker on the task queue %s", queue)
	if s.waited != text && s.lines == 0 && len(s.states) == 0 {
		s.waited = text
		fmt.Fprintln(s.out, text)
	}
}

func (s *screen) line(status pipeline.Status, step pipeline.StepStatus, now time.Time) string {
	parts := []string{fmt.Sprintf("%7.1f s  %-12s %-10s", now.Sub(status.Started).Seconds(), step.ID, stepState(step))}
	for _, part := range []string{step.Model, dollars(step.Cost), firstOutput(step), cell(step.Reason)} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "  ")
}

// redraw puts the text in the place of the one before. What does not fit on the screen
// cannot be overwritten, so it is cut off.
func (s *screen) redraw(text string) {
	width, height := size(s.out)
	lines := fit(strings.Split(strings.TrimRight(plaintext.String(text), "\n"), "\n"), width, height-1)
	s.erase()
	fmt.Fprintln(s.out, strings.Join(lines, "\n"))
	s.lines = len(lines)
}

// size is that of a terminal.
func size(out io.Writer) (width, height int) {
	width, height = 80, 24
	if file, ok := raw(out).(*os.File); ok {
		if w, h, err := term.GetSize(int(file.Fd())); err == nil && w > 0 && h > 1 { // #nosec G115 -- a file's number is small
			width, height = w, h
		}
	}
	return width, height
}

func (s *screen) erase() {
	if s.lines > 0 {
		fmt.Fprintf(raw(s.out), "\033[%dA\033[J", s.lines)
	}
}

// end leaves the whole table.
func (s *screen) end(status pipeline.Status, now time.Time) {
	if s.terminal {
		s.erase()
	}
	fmt.Fprintf(s.out, "\n%s\n", runTable(status, now))
}

// fit cuts lines to a screen.
func fit(lines []string, width, height int) []string {
	if len(lines) > height {
		lines = append(lines[:height-1:height-1], fmt.Sprintf("… and %d lines more", len(lines)-height+1))
	}
	cut := make([]string, len(lines))
	for i, line := range lines {
		cut[i] = line
		if runes := []rune(line); len(runes) > width {
			cut[i] = string(runes[:width-1]) + "…"
		}
	}
	return cut
}
