package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/kernel"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

// poll is an approval that people are asked for, with what their updates came to.
type poll struct {
	env      *testsuite.TestWorkflowEnvironment
	at       time.Duration // of the latest decision
	answers  []string      // what each decision was refused for; "" for accepted
	statuses []generation.ApprovalStatus
	canceled int // timers
	timers   int
}

func newPoll(t *testing.T) *poll {
	t.Helper()
	p := &poll{env: newEnv(t, accepts())}
	p.env.SetOnTimerCanceledListener(func(string) { p.canceled++ })
	p.env.SetOnTimerScheduledListener(func(string, time.Duration) { p.timers++ })
	return p
}

// decide has people decide, a minute after each other.
func (p *poll) decide(decisions ...generation.Decision) {
	for _, d := range decisions {
		p.at += time.Minute
		p.env.RegisterDelayedCallback(func() {
			p.env.UpdateWorkflow(generation.DecideUpdate, "", &testsuite.TestUpdateCallback{
				OnReject: func(err error) { p.answers = append(p.answers, err.Error()) },
				OnComplete: func(success any, err error) {
					p.answers = append(p.answers, "")
					status, _ := success.(generation.ApprovalStatus)
					p.statuses = append(p.statuses, status)
				},
			}, d)
		}, p.at)
	}
}

// ask asks until there is an answer that is not to regenerate.
func (p *poll) ask(question workflows.Approval) {
	p.env.RegisterWorkflowWithOptions(func(ctx workflow.Context) (generation.ApprovalStatus, error) {
		for {
			status, err := workflows.Approve(ctx, question)
			if err != nil || status.Verdict != generation.VerdictRegenerate {
				return status, err
			}
		}
	}, workflow.RegisterOptions{Name: "test"})
	p.env.ExecuteWorkflow("test")
}

func (p *poll) approved(t *testing.T) generation.ApprovalStatus {
	t.Helper()
	require.NoError(t, p.env.GetWorkflowError())
	var status generation.ApprovalStatus
	require.NoError(t, p.env.GetWorkflowResult(&status))
	require.Equal(t, generation.VerdictApprove, status.Verdict)
	return status
}

// rejected is the error in which the workflow ended.
func (p *poll) rejected(t *testing.T) (string, generation.ApprovalStatus) {
	t.Helper()
	var failure *temporal.ApplicationError
	require.ErrorAs(t, p.env.GetWorkflowError(), &failure)
	require.Equal(t, generation.ErrorTypeRejected, generation.ErrorTypeOf(failure))
	require.True(t, failure.NonRetryable())
	var status generation.ApprovalStatus
	require.NoError(t, failure.Details(&status))
	require.Equal(t, generation.VerdictReject, status.Verdict)
	return failure.Message(), status
}

func approve(by string) generation.Decision {
	return generation.Decision{Verdict: generation.VerdictApprove, By: by}
}

func reject(by, comment string) generation.Decision {
	return generation.Decision{Verdict: generation.VerdictReject, By: by, Comment: comment}
}

func choose(by string, choice int) generation.Decision {
	return generation.Decision{Verdict: generation.VerdictApprove, By: by, Choice: &choice}
}

func TestApprove(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		question  workflows.Approval
		decisions []generation.Decision
		answers   int // how many decisions it took
	}{
		"anybody":            {workflows.Approval{}, []generation.Decision{approve("")}, 1},
		"two of anybody":     {workflows.Approval{Needed: 2}, []generation.Decision{approve("art"), approve("brand")}, 2},
		"one of three":       {workflows.Approval{Approvers: []string{"art", "brand", "legal"}}, []generation.Decision{approve("legal")}, 1},
		"two of three":       {workflows.Approval{Approvers: []string{"art", "brand", "legal"}, Needed: 2}, []generation.Decision{approve("legal"), reject("art", ""), approve("brand")}, 3},
		"all three":          {workflows.Approval{Approvers: []string{"art", "brand", "legal"}, Needed: 3}, []generation.Decision{approve("legal"), approve("art"), approve("brand")}, 3},
		"against one voice":  {workflows.Approval{Approvers: []string{"art", "brand"}}, []generation.Decision{reject("art", ""), approve("brand")}, 2},
		"one of two choices": {workflows.Approval{Choices: []any{"oil", "ink"}}, []generation.Decision{choose("", 1)}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPoll(t)
			p.decide(c.decisions...)
			c.question.Key = "review"
			p.ask(c.question)
			status := p.approved(t)
			require.Equal(t, c.decisions[:c.answers], unaddressed(status.Decisions))
			require.Equal(t, make([]string, c.answers), p.answers)
			require.Equal(t, c.decisions[c.answers-1].Choice, status.Choice)
		})
	}
}

// unaddressed are decisions as they were sent.
func unaddressed(decisions []generation.Decision) []generation.Decision {
	for i := range decisions {
		decisions[i].Approval, decisions[i].At = "", time.Time{}
	}
	return decisions
}

func TestReject(t *testing.T) {
	t.Parallel()
	three := []string{"art", "brand", "legal"}
	for name, c := range map[string]struct {
		question  workflows.Approval
		decisions []generation.Decision
		want      string
	}{
		"anybody":                {workflows.Approval{}, []generation.Decision{reject("", "")}, `approval "review": rejected`},
		"says why":               {workflows.Approval{}, []generation.Decision{reject("art", "too dark")}, `approval "review": rejected by art: too dark`},
		"a veto":                 {workflows.Approval{Needed: 2}, []generation.Decision{approve("art"), reject("brand", "")}, `rejected by brand`},
		"all are needed":         {workflows.Approval{Approvers: three, Needed: 3}, []generation.Decision{approve("art"), reject("brand", "")}, `rejected by brand`},
		"too few are left":       {workflows.Approval{Approvers: three, Needed: 2}, []generation.Decision{reject("art", ""), approve("brand"), reject("legal", "")}, `rejected by legal`},
		"no choice can have two": {workflows.Approval{Approvers: []string{"art", "brand"}, Needed: 2, Choices: []any{"oil", "ink"}}, []generation.Decision{choose("art", 0), choose("brand", 1)}, "no choice can reach 2 votes any more"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPoll(t)
			p.decide(c.decisions...)
			c.question.Key = "review"
			p.ask(c.question)
			message, status := p.rejected(t)
			require.Contains(t, message, c.want)
			require.Equal(t, c.decisions, unaddressed(status.Decisions))
		})
	}
}

func TestChoices(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		question  workflows.Approval
		decisions []generation.Decision
		want      int
	}{
		"two for the same": {workflows.Approval{Needed: 2}, []generation.Decision{choose("art", 0), choose("brand", 2), choose("legal", 2)}, 2},
		"in the end, the most": {workflows.Approval{Needed: 3, OnTimeout: generation.VerdictApprove},
			[]generation.Decision{choose("art", 0), choose("brand", 2), choose("legal", 2)}, 2},
		"of equals, the first": {workflows.Approval{Needed: 2, OnTimeout: generation.VerdictApprove}, []generation.Decision{choose("art", 2), choose("brand", 1)}, 1},
		"of none, the first":   {workflows.Approval{OnTimeout: generation.VerdictApprove}, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPoll(t)
			p.decide(c.decisions...)
			c.question.Key, c.question.Choices = "pick", []any{"oil", map[string]any{"url": "https://cdn.test/1.png"}, 3}
			p.ask(c.question)
			status := p.approved(t)
			require.Equal(t, c.want, *status.Choice)
			require.JSONEq(t, `{"url":"https://cdn.test/1.png"}`, string(status.Choices[1]))
		})
	}
}

func TestNobodyDecides(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		question workflows.Approval
		after    time.Duration
	}{
		"three days":           {workflows.Approval{}, 72 * time.Hour},
		"as long as it is set": {workflows.Approval{Timeout: time.Hour}, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPoll(t)
			began := p.env.Now()
			c.question.Key = "review"
			p.ask(c.question)
			message, status := p.rejected(t)
			require.Contains(t, message, "nobody decided until "+began.Add(c.after).UTC().Format(time.RFC3339))
			require.WithinDuration(t, began.Add(c.after), p.env.Now(), time.Second)
			require.WithinDuration(t, began.Add(c.after), status.Deadline, time.Second)
			require.Equal(t, generation.VerdictReject, status.OnDeadline)
		})
	}
	p := newPoll(t)
	p.ask(workflows.Approval{Key: "review", OnTimeout: generation.VerdictApprove})
	require.Nil(t, p.approved(t).Choice, "there was none")
}

// TestRegenerate ends a round, whatever approvals it had, and the same key is asked again.
func TestRegenerate(t *testing.T) {
	t.Parallel()
	p := newPoll(t)
	again := generation.Decision{Verdict: generation.VerdictRegenerate, By: "brand", Input: map[string]any{"prompt": "in blue"}}
	p.decide(approve("art"), again, approve("art"), approve("brand"))
	p.ask(workflows.Approval{Key: "review", Approvers: []string{"art", "brand"}, Needed: 2, Regenerable: []string{"still"}})
	status := p.approved(t)
	require.Equal(t, []string{"", "", "", ""}, p.answers)
	require.Len(t, status.Decisions, 2, "of the second round")
	require.Equal(t, generation.VerdictRegenerate, p.statuses[1].Verdict)
	last := p.statuses[1].Decisions[1]
	require.Equal(t, "still", last.Regenerate, "there is one thing only")
	require.Equal(t, "review", last.Approval)
	require.Equal(t, map[string]any{"prompt": "in blue"}, last.Input)

	answer, err := p.env.QueryWorkflow(generation.ApprovalsQuery)
	require.NoError(t, err)
	var approvals []generation.ApprovalStatus
	require.NoError(t, answer.Get(&approvals))
	require.Len(t, approvals, 1, "in the place of the one before")
}

// TestTimersAreCanceled once people have decided: one that fires days later would wake the
// workflow for nothing.
func TestTimersAreCanceled(t *testing.T) {
	t.Parallel()
	p := newPoll(t)
	p.decide(generation.Decision{Verdict: generation.VerdictRegenerate}, approve(""))
	play(p.env, func(ctx workflow.Context) error {
		for range 2 {
			if _, err := workflows.Approve(ctx, workflows.Approval{Key: "review", Regenerable: []string{"still"}}); err != nil {
				return err
			}
		}
		return workflow.Sleep(ctx, time.Minute)
	})
	require.NoError(t, p.env.GetWorkflowError())
	require.Equal(t, 2, p.canceled)
}

func TestDecisionsThatAreRefused(t *testing.T) {
	t.Parallel()
	plain := workflows.Approval{Key: "review"}
	named := workflows.Approval{Key: "review", Approvers: []string{"art", "brand"}, Needed: 2, Regenerable: []string{"still", "clip"}}
	choices := workflows.Approval{Key: "review", Choices: []any{"oil", "ink"}}
	strict := workflows.Approval{Key: "review", Regenerable: []string{"still"}, Validate: func(d generation.Decision) error {
		if d.Approval != "review" || d.Regenerate != "still" {
			return nil
		}
		return temporal.NewApplicationError("not this one", "test")
	}}
	regenerate := func(change func(*generation.Decision)) generation.Decision {
		d := generation.Decision{Verdict: generation.VerdictRegenerate, By: "art", Regenerate: "still"}
		change(&d)
		return d
	}
	for name, c := range map[string]struct {
		question workflows.Approval
		decision generation.Decision
		want     string
	}{
		"no verdict":             {plain, generation.Decision{}, `verdict: "" is not one of approve, reject and regenerate`},
		"another verdict":        {plain, generation.Decision{Verdict: "yes"}, `verdict: "yes" is not one of`},
		"another approval":       {plain, generation.Decision{Verdict: generation.VerdictApprove, Approval: "other"}, `approval: "other" is not pending; pending: review`},
		"nobody":                 {named, approve(""), "by: is required; name the person who decides"},
		"nobody of many":         {workflows.Approval{Key: "review", Needed: 2}, approve(""), "by: is required; name the person who decides"},
		"a stranger":             {named, approve("boss"), `by: "boss" is not among the approvers: art, brand`},
		"a choice of none":       {plain, choose("", 0), `choice: "review" has no choices`},
		"none of the choices":    {choices, approve(""), "choice: is required, from 0 to 1"},
		"a choice too far":       {choices, choose("", 2), "choice: 2 is not between 0 and 1"},
		"a choice below":         {choices, choose("", -1), "choice: -1 is not between 0 and 1"},
		"nothing to regenerate":  {plain, generation.Decision{Verdict: generation.VerdictRegenerate}, `verdict: "review" does not allow regeneration`},
		"one of several":         {named, regenerate(func(d *generation.Decision) { d.Regenerate = "" }), "regenerate: name one of still, clip"},
		"another one":            {named, regenerate(func(d *generation.Decision) { d.Regenerate = "film" }), `regenerate: "film" is not one of still, clip`},
		"items below":            {named, regenerate(func(d *generation.Decision) { d.Items = []int{0, -1} }), "items: must not be negative"},
		"what the workflow says": {strict, generation.Decision{Verdict: generation.VerdictRegenerate}, "not this one"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPoll(t)
			p.decide(c.decision)
			p.ask(c.question)
			_, status := p.rejected(t)
			require.Len(t, p.answers, 1)
			require.Contains(t, p.answers[0], c.want)
			require.Empty(t, status.Decisions, "it leaves no trace")
		})
	}
}

func TestDecidedAlready(t *testing.T) {
	t.Parallel()
	p := newPoll(t)
	p.decide(approve("art"), reject("art", ""), approve("brand"), approve("legal"))
	p.ask(workflows.Approval{Key: "review", Needed: 2})
	p.approved(t)
	require.Equal(t, []string{"", "by: art has already decided", ""}, p.answers[:3])
}

// TestNothingIsOpen: decisions that arrive before the question, or after the answer, are
// rejected with a reason.
func TestNothingIsOpen(t *testing.T) {
	t.Parallel()
	p := newPoll(t)
	p.decide(approve("early"), approve("art"), approve("late"))
	play(p.env, func(ctx workflow.Context) error {
		if err := kernel.BoardOf(ctx).AnswerDecisions(ctx); err != nil {
			return err
		}
		if err := workflow.Sleep(ctx, 90*time.Second); err != nil {
			return err
		}
		if _, err := workflows.Approve(ctx, workflows.Approval{Key: "review"}); err != nil {
			return err
		}
		return workflow.Sleep(ctx, time.Hour)
	})
	require.NoError(t, p.env.GetWorkflowError())
	require.Equal(t, []string{"no approval is pending", "", "no approval is pending"}, p.answers)
}

// TestSeveralAreOpen: a decision must name the one that it is for.
func TestSeveralAreOpen(t *testing.T) {
	t.Parallel()
	p := newPoll(t)
	named := func(d generation.Decision, key string) generation.Decision {
		d.Approval = key
		return d
	}
	p.decide(approve("art"), named(approve("art"), "second"), approve("brand"))
	var ended []string
	play(p.env, func(ctx workflow.Context) error {
		group := workflow.NewWaitGroup(ctx)
		for _, key := range []string{"first", "second"} {
			group.Go(ctx, func(ctx workflow.Context) {
				if _, err := workflows.Approve(ctx, workflows.Approval{Key: key}); err == nil {
					ended = append(ended, key)
				}
			})
		}
		group.Wait(ctx)
		return nil
	})
	require.NoError(t, p.env.GetWorkflowError())
	require.Contains(t, p.answers[0], "approval: several are pending; name one of: ")
	require.Equal(t, []string{"", ""}, p.answers[1:])
	require.Equal(t, []string{"second", "first"}, ended, "while one is left, it needs no name")
}

func TestApprovalsThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		question workflows.Approval
		want     string
	}{
		"no key":              {workflows.Approval{}, `approval "": key: is empty`},
		"needed below":        {workflows.Approval{Key: "a", Needed: -1}, "needed: -1 is less than 1"},
		"needed of too few":   {workflows.Approval{Key: "a", Needed: 2, Approvers: []string{"art"}}, "needed: 2 is more than the 1 approvers"},
		"on timeout":          {workflows.Approval{Key: "a", OnTimeout: generation.VerdictRegenerate}, `on_timeout: "regenerate" is neither`},
		"timeout below":       {workflows.Approval{Key: "a", Timeout: -1}, "timeout: -1ns is negative"},
		"choices not of JSON": {workflows.Approval{Key: "a", Choices: []any{1, make(chan int)}}, "choices[1]: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPoll(t)
			p.ask(c.question)
			var failure *temporal.ApplicationError
			require.ErrorAs(t, p.env.GetWorkflowError(), &failure)
			require.Equal(t, generation.ErrorTypeInvalidInput, generation.ErrorTypeOf(failure))
			require.Contains(t, failure.Message(), c.want)
			require.Zero(t, p.timers)
		})
	}
}

func TestKeysOfOpenApprovalsDiffer(t *testing.T) {
	t.Parallel()
	p := newPoll(t)
	play(p.env, func(ctx workflow.Context) error {
		workflow.Go(ctx, func(ctx workflow.Context) { _, _ = workflows.Approve(ctx, workflows.Approval{Key: "review"}) })
		if err := workflow.Sleep(ctx, time.Minute); err != nil {
			return err
		}
		_, err := workflows.Approve(ctx, workflows.Approval{Key: "review"})
		return err
	})
	require.ErrorContains(t, p.env.GetWorkflowError(), `approval "review": is open already`)
}

func TestApprovalIsCanceled(t *testing.T) {
	t.Parallel()
	p := newPoll(t)
	p.env.RegisterDelayedCallback(p.env.CancelWorkflow, time.Hour)
	p.ask(workflows.Approval{Key: "review"})
	var canceled *temporal.CanceledError
	require.ErrorAs(t, p.env.GetWorkflowError(), &canceled)
	var status generation.ApprovalStatus
	require.NoError(t, canceled.Details(&status))
	require.Equal(t, "review", status.Key)
	require.Equal(t, generation.VerdictWithdrawn, status.Verdict)
}

// TestOpenApprovalsAreShown where the workflow is looked at.
func TestOpenApprovalsAreShown(t *testing.T) {
	t.Parallel()
	p := newPoll(t)
	var during, after string
	var asked []generation.ApprovalStatus
	p.env.RegisterDelayedCallback(func() { p.env.SignalWorkflow("look", nil) }, 30*time.Second)
	p.decide(approve("art"))
	play(p.env, func(ctx workflow.Context) error {
		workflow.Go(ctx, func(ctx workflow.Context) {
			workflow.GetSignalChannel(ctx, "look").Receive(ctx, nil)
			during, asked = workflow.GetCurrentDetails(ctx), workflows.Approvals(ctx)
		})
		_, err := workflows.Approve(ctx, workflows.Approval{
			Key: "review", Message: "Is it <b>good</b>?", Show: []string{"https://cdn.test/still.png"}, Regenerable: []string{"still"},
		})
		after = workflow.GetCurrentDetails(ctx)
		return err
	})
	require.NoError(t, p.env.GetWorkflowError())
	for _, text := range []string{"**Decide: review**", `Is it \<b\>good\</b\>?`, "[still.png](https://cdn.test/still.png)", "approve, reject or regenerate still", "0 of 1 needed"} {
		require.Contains(t, during, text)
	}
	require.Equal(t, "review", asked[0].Key)
	require.NotContains(t, after, "Decide:", "it has been decided")
	require.Regexp(t, `^Decided: review: \*\*approve\*\* · art: approve at \d{4}-`, after)
}
