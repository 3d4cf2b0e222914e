package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/engine"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/usd"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline/file"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

// price is what a submit costs.
const price = usd.Dollar / 10

// stage is a run of a pipeline in a test environment, whose time passes by itself, with a
// provider that makes whatever it is asked for, but what has "bad" in its prompt.
type stage struct {
	*testsuite.TestWorkflowEnvironment
	t      *testing.T
	report runwire.Report
	reset  bool          // a run that resumes another drops what was changed
	takes  time.Duration // a prediction; 0 for none

	mu      sync.Mutex
	credit  *int     // how many submits the balance covers; nil for all
	refused int      // for lack of credit
	prompts []string // of submits, by their order
	inputs  []json.RawMessage
	byID    map[string]string
	polls   map[string]int // by prediction
	answers []string       // to decisions and budgets: what they were refused for, "" if they were not
}

func newStage(t *testing.T) *stage {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	s := &stage{TestWorkflowEnvironment: suite.NewTestWorkflowEnvironment(), t: t, byID: make(map[string]string)}
	s.SetWorkerOptions(sdkworker.Options{DeadlockDetectionTimeout: time.Minute, Interceptors: []interceptor.WorkerInterceptor{&workflows.Interceptor{}}})
	s.SetTestTimeout(time.Minute)
	engine.Register(s, workflow.RegisterOptions{})
	for name, do := range map[string]any{
		runwire.CheckName: s.check, wire.SubmitName: s.submit, wire.AwaitName: s.await,
	} {
		s.RegisterActivityWithOptions(do, activity.RegisterOptions{Name: name})
	}
	return s
}

func (s *stage) check(context.Context, pipeline.Request) (runwire.Report, error) {
	return s.report, nil
}

func (s *stage) submit(_ context.Context, in wire.SubmitInput) (wire.Submitted, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var input struct{ Prompt string }
	if err := json.Unmarshal(in.Input, &input); err != nil {
		return wire.Submitted{}, err
	}
	cost := price
	if input.Prompt == "cheap" {
		cost /= 10
	}
	if in.MaxPrice != nil && cost > *in.MaxPrice {
		return wire.Submitted{}, temporal.NewNonRetryableApplicationError("too dear", string(generation.ErrorTypeBudgetExceeded), nil, cost)
	}
	if s.credit != nil {
		if *s.credit == 0 {
			s.refused++
			return wire.Submitted{}, temporal.NewNonRetryableApplicationError("no credit", string(generation.ErrorTypeInsufficientCredits), nil)
		}
		*s.credit--
	}
	s.prompts, s.inputs = append(s.prompts, input.Prompt), append(s.inputs, in.Input)
	id := fmt.Sprintf("%032x", len(s.prompts))
	s.byID[id] = input.Prompt
	// That is awaited for some minutes before it is asked for.
	return wire.Submitted{PredictionID: id, Price: &cost, Webhook: strings.Contains(input.Prompt, "endless")}, nil
}

func (s *stage) await(_ context.Context, in wire.AwaitInput) (wire.Outcome, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	prompt := s.byID[in.PredictionID]
	if s.polls == nil {
		s.polls = make(map[string]int)
	}
	s.polls[in.PredictionID]++
	switch {
	case s.takes > 0 && s.polls[in.PredictionID] == 1:
		return wire.Outcome{}, temporal.NewApplicationErrorWithOptions("still processing", string(wire.ErrorTypePending), temporal.ApplicationErrorOptions{NextRetryDelay: s.takes})
	case strings.Contains(prompt, "endless"):
		return wire.Outcome{}, temporal.NewApplicationErrorWithOptions("still processing", string(wire.ErrorTypePending), temporal.ApplicationErrorOptions{})
	case strings.Contains(prompt, "bad"):
		return wire.Outcome{PredictionID: in.PredictionID, Status: "failed", Error: "it went wrong"}, nil
	case strings.HasPrefix(prompt, "outputs "):
		outcome := wire.Outcome{PredictionID: in.PredictionID, Status: "completed"}
		return outcome, json.Unmarshal([]byte(strings.TrimPrefix(prompt, "outputs ")), &outcome.Outputs)
	default:
		output, _ := json.Marshal("of " + prompt)
		outcome := wire.Outcome{PredictionID: in.PredictionID, Status: "completed", Produced: generation.Produced{Outputs: []generation.Output{output}, InferenceMS: 42}}
		if strings.Contains(prompt, "checked") {
			outcome.NSFW = []bool{strings.Contains(prompt, "flagged")}
		}
		return outcome, nil
	}
}

// run runs a pipeline to its end.
func (s *stage) run(text string, inputs map[string]any) {
	s.t.Helper()
	f, err := file.Parse("film.yaml", []byte(text))
	require.NoError(s.t, err)
	s.ExecuteWorkflow(pipeline.WorkflowName, pipeline.Request{Pipeline: f.Definition, Inputs: inputs})
	require.True(s.t, s.IsWorkflowCompleted())
}

func (s *stage) result() pipeline.Result {
	s.t.Helper()
	require.NoError(s.t, s.GetWorkflowError())
	var result pipeline.Result
	require.NoError(s.t, s.GetWorkflowResult(&result))
	return result
}

// failure is the error in which the run ended, with its status.
func (s *stage) failure() (*temporal.ApplicationError, pipeline.Status) {
	s.t.Helper()
	var failure *temporal.ApplicationError
	require.ErrorAs(s.t, s.GetWorkflowError(), &failure)
	var status pipeline.Status
	require.NoError(s.t, failure.Details(&status))
	return failure, status
}

// status is what the run says of itself now.
func (s *stage) status() (status pipeline.Status) {
	s.t.Helper()
	answer, err := s.QueryWorkflow(wire.RunStatusQuery)
	require.NoError(s.t, err)
	require.NoError(s.t, answer.Get(&status))
	return status
}

// page is the first of what the run has made.
func (s *stage) page() (page runwire.Page) {
	s.t.Helper()
	answer, err := s.QueryWorkflow(wire.RunResultsQuery, runwire.Cursor{})
	require.NoError(s.t, err)
	require.NoError(s.t, answer.Get(&page))
	return page
}

// after does something when so much time has passed in the run.
func (s *stage) after(wait time.Duration, do func()) { s.RegisterDelayedCallback(do, wait) }

// update sends an update.
func (s *stage) update(name string, argument any) {
	s.UpdateWorkflow(name, "", &testsuite.TestUpdateCallback{
		OnReject:   func(err error) { s.answers = append(s.answers, err.Error()) },
		OnAccept:   func() {},
		OnComplete: func(any, error) { s.answers = append(s.answers, "") },
	}, argument)
}

func states(steps []pipeline.StepStatus) map[string]pipeline.State {
	states := make(map[string]pipeline.State)
	for _, step := range steps {
		states[step.ID] = step.State
	}
	return states
}

func TestOrder(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(`
inputs: {scene: string}
steps:
  film: {model: a/b, input: {prompt: "film ${{ steps.clip.output }}"}}
  clip: {model: a/b, input: {prompt: "clip ${{ steps.still.output }}"}}
  still: {model: a/b, input: {prompt: "${{ inputs.scene }}"}}
outputs: {film: "${{ steps.film.output }}"}
`, map[string]any{"scene": "x"})
	result := s.result()
	require.Equal(t, []string{"x", "clip of x", "film of clip of x"}, s.prompts)
	require.Equal(t, "of film of clip of x", result.Outputs["film"])
	require.Equal(t, costs(3), *result.Cost)
}

// TestApprovalDeadline: nobody decides for three days.
func TestApprovalDeadline(t *testing.T) {
	t.Parallel()
	for then, want := range map[string]pipeline.State{"reject": pipeline.StateRejected, "approve": pipeline.StateCompleted} {
		t.Run(then, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			began := s.Now()
			s.after(71*time.Hour, func() { require.Equal(t, pipeline.StateApproval, s.status().State) })
			s.run("steps: {ask: {approve: {on_timeout: "+then+"}}, still: {needs: [ask], model: a/b, input: {prompt: x}}}", nil)
			require.GreaterOrEqual(t, s.Now().Sub(began), 72*time.Hour)
			require.Less(t, s.Now().Sub(began), 73*time.Hour)
			status := s.status()
			require.Equal(t, want, states(status.Steps)["ask"])
			require.Equal(t, want == pipeline.StateCompleted, len(s.prompts) == 1)
			if want == pipeline.StateRejected {
				failure, _ := s.failure()
				require.Equal(t, generation.ErrorTypeRejected, generation.ErrorTypeOf(failure))
				require.Contains(t, failure.Message(), "nobody decided until")
				require.Contains(t, failure.Message(), "not run: still")
			}
		})
	}
}

// TestHeldForWeeks: the run continues where it is when the budget is raised.
func TestHeldForWeeks(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.after(20*24*time.Hour, func() {
		status := s.status()
		require.Equal(t, pipeline.StateHeld, status.State)
		require.Equal(t, map[string]pipeline.State{"a": pipeline.StateCompleted, "b": pipeline.StateHeld, "c": pipeline.StateWaiting}, states(status.Steps))
		require.Equal(t, price, status.Uncovered)
		s.update(wire.RunBudgetUpdate, -1.0)
		s.update(wire.RunBudgetUpdate, 1.0)
	})
	s.run(`
budget: 0.15
steps:
  a: {model: a/b, timeout: 1h, input: {prompt: a}}
  b: {model: a/b, timeout: 1h, input: {prompt: "b ${{ steps.a.output }}"}}
  c: {model: a/b, timeout: 1h, input: {prompt: "c ${{ steps.b.output }}"}}
`, nil)
	s.result()
	require.Len(t, s.prompts, 3)
	require.Equal(t, []string{"the budget must be more than 0 US dollars", ""}, s.answers)
}

func TestRetriesWait(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	began := s.Now()
	s.run("steps: {a: {model: a/b, retry: {predictions: 3, wait: 20m}, input: {prompt: bad}}}", nil)
	failure, status := s.failure()
	require.Equal(t, generation.ErrorTypePredictionFailed, generation.ErrorTypeOf(failure))
	require.Contains(t, failure.Message(), "it went wrong")
	require.Len(t, s.prompts, 3)
	require.Equal(t, 3, status.Steps[0].Attempts)
	require.GreaterOrEqual(t, s.Now().Sub(began), 40*time.Minute)
}

// TestDeadlines are those of generations, also while the provider says nothing.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run("steps: {a: {model: a/b, timeout: 90m, input: {prompt: endless}}, b: {needs: [a], model: a/b, input: {prompt: b}}}", nil)
	failure, status := s.failure()
	require.Equal(t, generation.ErrorTypeDeadlineExceeded, generation.ErrorTypeOf(failure))
	require.Equal(t, "needs a, which failed", status.Steps[1].Reason)
	require.Contains(t, failure.Message(), "did not end within 1h30m0s")
	require.Contains(t, failure.Message(), strings.Repeat("0", 31)+"1", "who wants its result must know its prediction")
}

func TestWhatBecomesOfOthers(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(`
inputs: {animate: boolean}
steps:
  a: {model: a/b, input: {prompt: bad}}
  after: {needs: [a], model: a/b, input: {prompt: x}}
  later: {needs: [after], model: a/b, input: {prompt: x}}
  instead: {if: 'steps.a.error == "PredictionFailed"', model: a/b, input: {prompt: instead}}
  never: {if: inputs.animate, model: a/b, input: {prompt: x}}
  beside: {model: a/b, fallback: [{model: c/d, on: [PredictionFailed], input: {prompt: second}}], input: {prompt: bad}}
`, map[string]any{"animate": false})
	result := s.result()
	require.Equal(t, map[string]pipeline.State{
		"a": pipeline.StateFailed, "after": pipeline.StateSkipped, "later": pipeline.StateSkipped, "instead": pipeline.StateCompleted,
		"never": pipeline.StateSkipped, "beside": pipeline.StateCompleted,
	}, states(result.Steps))
	reasons := make(map[string]string)
	for _, step := range result.Steps {
		reasons[step.ID] = step.Reason
	}
	require.Equal(t, "needs a, which failed", reasons["after"])
	require.Equal(t, "needs after, which was skipped", reasons["later"])
	require.Equal(t, "its if is false", reasons["never"])
	require.Equal(t, "c/d", result.Steps[5].Model)
	require.Equal(t, map[string]any{"instead": "of instead", "beside": "of second"}, result.Outputs)
}

// many is a list of items, each third of them bad.
func many(n int) []any {
	items := make([]any, n)
	for i := range items {
		items[i] = fmt.Sprintf("item %d", i)
		if i%3 == 2 {
			items[i] = fmt.Sprintf("bad %d", i)
		}
	}
	return items
}

// TestEveryItemIsAccountedFor, in the run itself and in children, tolerated or not.
func TestEveryItemIsAccountedFor(t *testing.T) {
	t.Parallel()
	for _, n := range []int{30, 300} {
		for tolerate, completes := range map[string]bool{"100%": true, "40%": true, "5": false} {
			t.Run(fmt.Sprintf("%d tolerating %s", n, tolerate), func(t *testing.T) {
				t.Parallel()
				s := newStage(t)
				s.run("inputs: {list: array}\nsteps:\n  a: {for_each: {items: '${{ inputs.list }}', max_parallel: 8, tolerate: "+tolerate+"}, model: a/b, input: {prompt: '${{ item }}'}}\n",
					map[string]any{"list": many(n)})
				status := s.status()
				counts := *status.Steps[0].Items
				require.Equal(t, n, counts.Completed+counts.Failed+counts.Running+counts.Waiting)
				require.Zero(t, counts.Running)
				require.Equal(t, counts.Completed+counts.Failed, len(s.prompts))
				require.Equal(t, costs(counts.Completed), *status.Cost, "failed ones are refunded")
				if completes {
					s.result()
					require.Equal(t, n/3, counts.Failed)
					require.Zero(t, counts.Waiting)
					return
				}
				failure, _ := s.failure()
				require.Equal(t, generation.ErrorTypeTooManyFailed, generation.ErrorTypeOf(failure))
				require.Contains(t, failure.Message(), "and 5 are tolerated. The first: ")
				require.Positive(t, counts.Waiting)
			})
		}
	}
}

func costs(n int) generation.USD { return usd.Times(price, n) }

// TestWhatWasNotAnswered stays in sight.
func TestWhatWasNotAnswered(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.report = runwire.Report{Unanswered: []pipeline.Unanswered{{Endpoint: runwire.EndpointBalance, Account: "default", Reason: "HTTP 403"}}}
	s.run("steps: {a: {model: a/b, input: {prompt: x}}}", nil)
	require.NoError(t, s.GetWorkflowError())
	value, err := s.QueryWorkflow(wire.RunStatusQuery)
	require.NoError(t, err)
	var status pipeline.Status
	require.NoError(t, value.Get(&status))
	require.Equal(t, s.report.Unanswered, status.Unanswered)
}

// TestRegenerate: decisions can only regenerate what the approval allows.
func TestRegenerate(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.report = runwire.Report{Fields: map[string][]string{"styles": {"prompt", "seed"}}}
	decide := func(d generation.Decision) { s.update(generation.DecideUpdate, d) }
	s.after(time.Hour, func() {
		decide(generation.Decision{Verdict: generation.VerdictRegenerate, Input: map[string]any{"promt": "x"}})
		decide(generation.Decision{Verdict: generation.VerdictRegenerate, Items: []int{2}, Input: map[string]any{"prompt": "x"}})
		decide(generation.Decision{Verdict: generation.VerdictRegenerate, Regenerate: "pick"})
		decide(generation.Decision{Verdict: generation.VerdictRegenerate, Items: []int{1}, Input: map[string]any{"prompt": "chalk"}})
	})
	choice := 1
	s.after(2*time.Hour, func() {
		decide(generation.Decision{Verdict: generation.VerdictApprove, Choice: &choice, At: time.Unix(0, 0)})
	})
	s.run(`
steps:
  styles: {for_each: [oil, ink], model: a/b, input: {prompt: "${{ item }}"}}
  pick: {approve: {choose: "${{ steps.styles.outputs }}"}}
  clip: {model: a/b, input: {prompt: "${{ steps.pick.output }}"}}
`, nil)
	s.result()
	require.ElementsMatch(t, []string{"oil", "ink", "chalk", "of chalk"}, s.prompts, "what stays the same is kept")
	require.Len(t, s.answers, 5)
	require.Contains(t, s.answers[0], "input.promt: a/b has no such field; did you mean prompt?")
	require.Contains(t, s.answers[1], "items: styles has none with the number 2")
	require.Contains(t, s.answers[2], `regenerate: "pick" is not one of styles`)
	require.Equal(t, []string{"", ""}, s.answers[3:])

	decisions := s.status().Steps[1].Decisions
	require.Len(t, decisions, 2, "those before a regeneration are kept")
	require.Equal(t, generation.VerdictRegenerate, decisions[0].Verdict)
	require.Equal(t, time.Hour, decisions[1].At.Sub(decisions[0].At), "the workflow sets the time, whatever senders say")
}

// TestRegenerationFails: people are asked again, told why, and what was there before is.
func TestRegenerationFails(t *testing.T) {
	t.Parallel()
	for name, film := range map[string]struct {
		film    string
		decide  generation.Decision
		prompts []string // until people are asked again
		note    string
	}{
		"itself": {`
  still: {model: a/b, input: {prompt: still}}
  pick: {approve: {choose: ["${{ steps.still.output }}"]}}`,
			generation.Decision{Input: map[string]any{"prompt": "bad"}},
			[]string{"still", "bad"}, "still was to be regenerated, and failed: ",
		},
		"an item": {`
  styles: {for_each: {items: [still, ink], max_parallel: 1}, model: a/b, input: {prompt: "${{ item }}"}}
  pick: {approve: {choose: "${{ steps.styles.outputs }}"}}`,
			generation.Decision{Items: []int{0}, Input: map[string]any{"prompt": "bad"}},
			[]string{"still", "ink", "bad"}, "styles was to be regenerated, and failed: 1 of 1 items failed",
		},
		"what is made of it": {`
  still: {model: a/b, input: {prompt: "still"}}
  twice: {for_each: {items: [1, 2], max_parallel: 1}, model: a/b, input: {prompt: '${{ steps.still.output == "of chalk" ? "bad" : string(item) }}'}}
  pick: {approve: {choose: ["${{ steps.still.output }}", "${{ steps.twice.output }}"], regenerate: [still]}}`,
			generation.Decision{Input: map[string]any{"prompt": "chalk"}},
			[]string{"still", "1", "2", "chalk", "bad"}, "twice was to be regenerated, and failed: 1 of 1 items failed",
		},
		"its condition": {`
  still: {model: a/b, input: {prompt: "still"}}
  next: {if: 'fromJSON(steps.still.output == "of still" ? "true" : "{")', model: a/b, input: {prompt: next}}
  pick: {needs: [next], approve: {choose: ["${{ steps.still.output }}"]}}`,
			generation.Decision{Input: map[string]any{"prompt": "chalk"}},
			[]string{"still", "next", "chalk"}, "next was to be regenerated, and failed: ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			film.decide.Verdict = generation.VerdictRegenerate
			s.after(time.Hour, func() { s.update(generation.DecideUpdate, film.decide) })
			s.after(2*time.Hour, func() {
				require.Equal(t, film.prompts, s.prompts)
				status := s.status()
				require.Equal(t, pipeline.StateApproval, status.State)
				require.Contains(t, status.Approvals[0].Note, film.note)
				require.Equal(t, `"of still"`, string(status.Approvals[0].Choices[0]))
				require.Equal(t, pipeline.StateCompleted, status.Steps[0].State)
				require.Equal(t, costs(len(s.prompts)-strings.Count(strings.Join(s.prompts, " "), "bad")), *status.Cost)
				require.Equal(t, `"of still"`, string(s.page().Steps[0].Items[0].Last().Outputs[0]), "who resumes the run has what was there before")
				s.update(generation.DecideUpdate, generation.Decision{Verdict: generation.VerdictApprove, Choice: new(int)})
			})
			s.run("steps:"+film.film+`
  clip: {model: a/b, input: {prompt: "${{ steps.pick.output }}"}}`, nil)
			s.result()
			require.Equal(t, "of still", s.prompts[len(s.prompts)-1])
		})
	}
}

// TestRegenerationIsRejected: if people reject the regenerated output of others, that is final,
// not a failure to be undone.
func TestRegenerationIsRejected(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	decide := func(d generation.Decision) func() { return func() { s.update(generation.DecideUpdate, d) } }
	s.after(1*time.Hour, decide(generation.Decision{Verdict: generation.VerdictApprove}))
	s.after(2*time.Hour, decide(generation.Decision{Verdict: generation.VerdictRegenerate, Input: map[string]any{"prompt": "chalk"}}))
	s.after(3*time.Hour, decide(generation.Decision{Verdict: generation.VerdictReject}))
	s.run(`
steps:
  still: {model: a/b, input: {prompt: still}}
  art: {approve: {show: "${{ steps.still.output }}"}}
  legal: {needs: [art], approve: {show: "${{ steps.still.output }}"}}
`, nil)
	failure, status := s.failure()
	require.Equal(t, generation.ErrorTypeRejected, generation.ErrorTypeOf(failure))
	require.Equal(t, map[string]pipeline.State{"still": "completed", "art": "rejected", "legal": "skipped"}, states(status.Steps))
}

// TestCancel: the error contains the paid results, and nothing more is started.
func TestCancel(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.after(time.Minute, s.CancelWorkflow)
	s.run("steps: {a: {model: a/b, input: {prompt: a}}, b: {model: a/b, input: {prompt: 'endless ${{ steps.a.output }}'}}, c: {needs: [b], model: a/b, input: {prompt: c}}}", nil)
	var canceled *temporal.CanceledError
	require.ErrorAs(t, s.GetWorkflowError(), &canceled)
	var status pipeline.Status
	require.NoError(t, canceled.Details(&status))
	require.Equal(t, map[string]pipeline.State{"a": pipeline.StateCompleted, "b": pipeline.StateCanceled, "c": pipeline.StateCanceled}, states(status.Steps))
	require.Equal(t, pipeline.StateCanceled, status.State)
	require.Equal(t, 2*price, *status.Cost)
}

// TestRefusals come before anything is paid.
func TestRefusals(t *testing.T) {
	t.Parallel()
	balance := price / 2
	for name, c := range map[string]struct {
		run    pipeline.Request
		report runwire.Report
		want   string
	}{
		"nothing":        {pipeline.Request{}, runwire.Report{}, "steps: is empty"},
		"what was found": {film(), runwire.Report{Problems: pipeline.Problems{{Path: []string{"steps", "a"}, Message: "is odd"}}}, "steps.a: is odd"},
		"balance": {film(), runwire.Report{Estimate: &pipeline.Estimate{Total: price, Balance: &balance}},
			"the balance of $0.05 does not cover the estimate of $0.10; nothing was submitted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.report = c.report
			s.ExecuteWorkflow(pipeline.WorkflowName, c.run)
			var failure *temporal.ApplicationError
			require.ErrorAs(t, s.GetWorkflowError(), &failure)
			require.Contains(t, failure.Message(), c.want)
			require.True(t, failure.NonRetryable())
			require.Empty(t, s.prompts)
		})
	}
}

func film() pipeline.Request {
	return pipeline.Request{Pipeline: pipeline.Definition{Name: "film", Steps: pipeline.Named[pipeline.Step]{
		{Name: "a", Value: pipeline.Step{Model: "a/b", Input: map[string]any{"prompt": "x"}}},
	}}}
}

// TestEarlierRuns: a run that resumes another reads what that one has made, and asks for
// the rest.
func TestEarlierRuns(t *testing.T) {
	t.Parallel()
	input := map[string]any{"prompt": "a"}
	fingerprint, err := wire.Fingerprint(generation.Request{Key: "a", Model: "a/b", Input: input})
	require.NoError(t, err)
	output := generation.Output(`"kept"`)
	made := generation.Status{
		Key: "a", Model: "a/b", State: generation.StateCompleted, Fingerprint: fingerprint, Produced: generation.Produced{Outputs: []generation.Output{output}},
		Attempts: []*generation.Attempt{{PredictionID: strings.Repeat("a", 32), State: generation.StateCompleted}},
	}
	for from, want := range map[string][]string{"": {"b kept"}, "a": {"a", "b of a"}, "b": {"b kept"}} {
		t.Run("from "+from, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.RegisterActivityWithOptions(func(_ context.Context, in runwire.RecallInput) (runwire.Page, error) {
				if in.RunID != "earlier" {
					return runwire.Page{}, errors.New("another run was asked for")
				}
				return runwire.Page{Steps: []runwire.StepResults{{ID: "a", Items: []pipeline.ItemResult{{State: pipeline.StateCompleted, Generations: []generation.Status{made}}}}}}, nil
			}, activity.RegisterOptions{Name: runwire.RecallName})
			run := film()
			run.Pipeline.Steps[0].Value.Input = input
			run.Pipeline.Steps = append(run.Pipeline.Steps, pipeline.Entry[pipeline.Step]{
				Name: "b", Value: pipeline.Step{Model: "a/b", Input: map[string]any{"prompt": "b ${{ steps.a.output }}"}},
			})
			run.Resume = &pipeline.Resume{RunID: "earlier", From: from}
			s.ExecuteWorkflow(pipeline.WorkflowName, run)
			result := s.result()
			require.Equal(t, want, s.prompts)
			require.Equal(t, from != "a", result.Steps[0].Kept)
			require.Equal(t, costs(len(want)), *result.Cost)
		})
	}
}

// resumed runs a pipeline that resumes one of which there are these pages.
func (s *stage) resumed(text string, inputs map[string]any, pages ...[]runwire.StepResults) {
	s.t.Helper()
	s.RegisterActivityWithOptions(func(_ context.Context, in runwire.RecallInput) (runwire.Page, error) {
		page := runwire.Page{Steps: pages[in.Cursor.Item]}
		if next := in.Cursor.Item + 1; next < len(pages) {
			page.Next = &runwire.Cursor{Step: page.Steps[0].ID, Item: next}
		}
		return page, nil
	}, activity.RegisterOptions{Name: runwire.RecallName})
	f, err := file.Parse("film.yaml", []byte(text))
	require.NoError(s.t, err)
	s.ExecuteWorkflow(pipeline.WorkflowName, pipeline.Request{Pipeline: f.Definition, Inputs: inputs, Resume: &pipeline.Resume{RunID: "earlier", DropChanges: s.reset}})
}

// earlier is the status of a generation of a/b with this prompt: with a prediction in this state, or, without
// one, a submit of which nobody knows.
func earlier(t *testing.T, prompt, id string, state generation.State) generation.Status {
	t.Helper()
	fingerprint, err := wire.Fingerprint(generation.Request{Key: "a", Model: "a/b", Input: map[string]any{"prompt": prompt}})
	require.NoError(t, err)
	status := generation.Status{
		Key: "a", Model: "a/b", State: state, Fingerprint: fingerprint,
		Attempts: []*generation.Attempt{{Number: 1, PredictionID: id, Nonce: "abad1dea", State: state}},
	}
	switch state {
	case generation.StateCompleted:
		output, _ := json.Marshal("old of " + prompt)
		status.Outputs = []generation.Output{output}
	case generation.StateFailed:
		status.ErrorType = generation.ErrorTypePredictionFailed
	}
	return status
}

func result(index int, generations ...generation.Status) pipeline.ItemResult {
	return pipeline.ItemResult{Index: index, Key: fmt.Sprint(index), State: pipeline.StateFailed, Generations: generations}
}

const everyItem = `
inputs: {list: array}
steps: {a: {for_each: "${{ inputs.list }}", model: a/b, input: {prompt: "${{ item }}"}}}`

// TestChangedItemsOfManyPages: only the first of a step's pages says what was changed.
func TestChangedItemsOfManyPages(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	changed := map[string]map[string]any{"0": {"prompt": "chalk"}}
	s.resumed(everyItem, map[string]any{"list": []any{"oil", "ink"}},
		[]runwire.StepResults{{ID: "a", ItemInput: changed, Items: []pipeline.ItemResult{result(0, earlier(t, "chalk", strings.Repeat("0", 32), generation.StateCompleted))}}},
		[]runwire.StepResults{{ID: "a", Items: []pipeline.ItemResult{result(1, earlier(t, "ink", strings.Repeat("1", 32), generation.StateCompleted))}}},
	)
	require.Equal(t, []any{"old of chalk", "old of ink"}, s.result().Outputs["a"])
	require.Empty(t, s.prompts)
}

// TestWhatAChildSaysIsNewer than what its run knew of the item before.
func TestWhatAChildSaysIsNewer(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	id := strings.Repeat("f", 32)
	s.resumed(everyItem, map[string]any{"list": []any{"x"}}, []runwire.StepResults{{ID: "a", Items: []pipeline.ItemResult{
		result(0, earlier(t, "x", id, generation.StateFailed)), result(0, earlier(t, "x", id, generation.StateWaiting)),
	}}})
	s.result()
	require.Equal(t, []string{"x"}, s.prompts, "the prediction is known to have failed")
}

// TestAlikeItemsInOtherChildren are told to the search for a submit: their predictions are
// not its.
func TestAlikeItemsInOtherChildren(t *testing.T) {
	t.Parallel()
	for _, n := range []int{40, 300} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			var known []string
			s.RegisterActivityWithOptions(func(ctx context.Context, _ wire.FindInput) (wire.Found, error) {
				answer, err := s.QueryWorkflowByID(activity.GetInfo(ctx).WorkflowExecution.ID, wire.KnownQuery, generation.DefaultAccount)
				if err != nil {
					return wire.Found{}, err
				}
				var got wire.KnownPredictions
				if err := answer.Get(&got); err != nil {
					return wire.Found{}, err
				}
				for _, k := range got.Predictions {
					known = append(known, k.PredictionID)
				}
				return wire.Found{Conclusion: wire.ConclusionAbsent}, nil
			}, activity.RegisterOptions{Name: wire.FindName})
			list := make([]any, n)
			for i := range list {
				list[i] = fmt.Sprintf("item %d", i)
			}
			list[0], list[n-1] = "same", "same"
			id := strings.Repeat("f", 32)
			s.resumed(everyItem, map[string]any{"list": list}, []runwire.StepResults{{ID: "a", Items: []pipeline.ItemResult{
				result(0, earlier(t, "same", id, generation.StateCompleted)), result(n-1, earlier(t, "same", "", generation.StateUnknown)),
			}}})
			s.result()
			require.Contains(t, known, id)
		})
	}
}

// TestChoiceInManyItems: children see the choice too.
func TestChoiceInManyItems(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	choice := 1
	s.after(time.Hour, func() {
		s.update(generation.DecideUpdate, generation.Decision{Verdict: generation.VerdictApprove, Choice: &choice})
	})
	s.run(`
inputs: {list: array}
steps:
  styles: {for_each: [oil, ink], model: a/b, input: {prompt: "${{ item }}"}}
  pick: {approve: {choose: "${{ steps.styles.outputs }}"}}
  all: {for_each: {items: "${{ inputs.list }}", tolerate: 100%}, model: a/b, input: {prompt: "${{ item }} ${{ steps.pick.output }} ${{ steps.pick.choice }}"}}
`, map[string]any{"list": many(60)})
	require.Equal(t, 40, s.result().Steps[2].Items.Completed)
	require.Contains(t, s.prompts, "item 0 of ink 1")
}

// TestWhatWasReplacedIsKept: a regeneration throws nothing away that was paid for.
func TestWhatWasReplacedIsKept(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.after(time.Hour, func() {
		s.update(generation.DecideUpdate, generation.Decision{Verdict: generation.VerdictRegenerate, Input: map[string]any{"prompt": "second"}})
	})
	s.after(2*time.Hour, func() { s.update(generation.DecideUpdate, generation.Decision{Verdict: generation.VerdictReject}) })
	s.run("steps: {still: {model: a/b, input: {prompt: first}}, look: {approve: {show: '${{ steps.still.output }}'}}}", nil)
	made := s.page().Steps[0].Items[0]
	require.Equal(t, "of second", made.Last().Outputs[0].String())
	require.Len(t, made.Generations, 1)
	require.Len(t, made.Replaced, 1)
	require.Equal(t, "of first", made.Replaced[0].Outputs[0].String())
}

// TestWhatWasReplacedIsUsedAgain when what was changed is dropped, and not before.
func TestWhatWasReplacedIsUsedAgain(t *testing.T) {
	t.Parallel()
	for reset, want := range map[bool][]string{false: {"x"}, true: nil} {
		t.Run(fmt.Sprint(reset), func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.reset = reset
			s.resumed(everyItem, map[string]any{"list": []any{"x"}}, []runwire.StepResults{{ID: "a", Items: []pipeline.ItemResult{
				{Key: "0", State: pipeline.StateWaiting, Replaced: []generation.Status{earlier(t, "x", strings.Repeat("f", 32), generation.StateCompleted)}},
			}}})
			s.result()
			require.Equal(t, want, s.prompts)
		})
	}
}

// TestTheSameAgain: regenerating with the same input generates a new output.
func TestTheSameAgain(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	decide := func(d generation.Decision) func() { return func() { s.update(generation.DecideUpdate, d) } }
	s.after(1*time.Hour, decide(generation.Decision{Verdict: generation.VerdictRegenerate}))
	s.after(2*time.Hour, decide(generation.Decision{Verdict: generation.VerdictRegenerate}))
	s.after(3*time.Hour, decide(generation.Decision{Verdict: generation.VerdictApprove}))
	s.run("steps: {still: {model: a/b, input: {prompt: x}}, look: {approve: {show: '${{ steps.still.output }}'}}}", nil)
	s.result()
	require.Equal(t, []string{"x", "x", "x"}, s.prompts)
}

// TestTooManyItems are refused before one is made.
func TestTooManyItems(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(everyItem, map[string]any{"list": many(20_001)})
	failure, _ := s.failure()
	require.Contains(t, failure.Message(), "step a failed: for_each.items: gives 20001 items, and a step has at most 20000; give each run a part of the list; nothing was submitted for it")
	require.Empty(t, s.prompts)
}

// TestManyListsAtOnce share the room that a history has.
func TestManyListsAtOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	text := "inputs: {list: array}\nsteps:\n"
	for i := range 10 {
		text += fmt.Sprintf("  a%d: {for_each: {items: '${{ inputs.list }}', max_parallel: 50, tolerate: 100%%}, model: a/b, retry: 2, input: {prompt: '${{ item }}'}}\n", i)
	}
	s.run(text, map[string]any{"list": many(50)})
	inline := 0
	for _, step := range s.result().Steps {
		if step.Children == 0 {
			inline++
		}
	}
	require.Equal(t, 5, inline, "1,500 events each may be, of 8,000")
}

// TestOmittedItems: nothing is made of outputs that are too large to be here.
func TestOmittedItems(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.OnActivity(wire.AwaitName, mock.Anything, mock.Anything).Return(func(_ context.Context, in wire.AwaitInput) (wire.Outcome, error) {
		return wire.Outcome{PredictionID: in.PredictionID, Status: "completed", Produced: generation.Produced{Omitted: true}}, nil
	})
	s.run(`
steps:
  shots: {for_each: [a, b], model: a/b, input: {prompt: "${{ item }}"}}
  count: {if: 'len(steps.shots.items) == 2', model: a/b, input: {prompt: two}}
  larger: {for_each: '${{ filter(steps.shots.items, .state == "completed") }}', model: a/b, input: {prompt: "x ${{ item.output ?? 1 }}"}}
`, nil)
	failure, status := s.failure()
	require.Contains(t, failure.Message(), "steps.shots.items: is too large for a run; prediction 0000")
	require.Equal(t, pipeline.StateCompleted, states(status.Steps)["count"])
	require.ElementsMatch(t, []string{"a", "b", "two"}, s.prompts)
}

// TestSharesDoNotFallBack: a child whose share is spent doesn't use another model while the run
// has more budget.
func TestSharesDoNotFallBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		budget string
		cheap  bool
	}{"enough": {"{usd: 1000}", false}, "enough, then fail": {"{usd: 1000, on_exceeded: fail}", false}, "not enough": {"{usd: 4.05, on_exceeded: fail}", true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.report = runwire.Report{Estimate: &pipeline.Estimate{Steps: []pipeline.StepEstimate{{ID: "a", Model: "a/b", Each: price / 2}}}}
			s.run(`
budget: `+c.budget+`
inputs: {list: array}
steps:
  a: {for_each: {items: "${{ inputs.list }}", max_parallel: 1, tolerate: 100%}, model: a/b, fallback: [{model: c/d, on: [BudgetExceeded], input: {prompt: cheap}}], input: {prompt: "${{ item }}"}}
`, map[string]any{"list": many(60)})
			require.Equal(t, c.cheap, slices.Contains(s.prompts, "cheap"), "%v", s.GetWorkflowError())
		})
	}
}
