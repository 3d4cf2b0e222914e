package workflows

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/ballot"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/written"
)

// Approval asks people to decide. Only Key is required.
type Approval struct {
	// Key names the approval in its workflow. Required.
	Key string

	// Message tells people what to decide, in Markdown.
	Message string

	// Note explains why people are asked again, for example because a regeneration failed.
	Note string

	// Show is what people should judge, usually URLs of outputs.
	Show []string

	// Choices are the choices, each any value that encodes to JSON. Defaults to none: approve
	// or reject.
	Choices []any

	// ShowKeys and ChoiceKeys are the keys of the generations that produced Show and Choices.
	// People see them instead of file names. Default to none.
	ShowKeys, ChoiceKeys []string

	// Approvers are the names of the people who may decide. Names are not verified. Defaults to
	// anybody.
	Approvers []string

	// Needed is how many people must approve, and approve the same choice if there are choices.
	// Defaults to 1.
	Needed int

	// Timeout is how long to wait. Defaults to 3 days; the provider keeps outputs for 7.
	Timeout time.Duration

	// OnTimeout is the verdict without a decision in time: [generation.VerdictApprove] or
	// [generation.VerdictReject]. Defaults to Reject.
	OnTimeout string

	// Regenerable names what people may regenerate. Defaults to nothing.
	Regenerable []string

	// Validate adds checks of a decision to the built-in ones. It must not change anything.
	// Defaults to none.
	Validate func(generation.Decision) error
}

func (a Approval) withDefaults() Approval {
	if a.Needed == 0 {
		a.Needed = 1
	}
	if a.Timeout == 0 {
		a.Timeout = 72 * time.Hour
	}
	if a.OnTimeout == "" {
		a.OnTimeout = generation.VerdictReject
	}
	return a
}

func (a Approval) validate() error {
	switch {
	case a.Key == "":
		return fmt.Errorf("key: is empty")
	case a.Needed < 1:
		return fmt.Errorf("needed: %d is less than 1", a.Needed)
	case slices.ContainsFunc(a.Approvers, func(name string) bool { return name == "" }) || len(slices.Compact(slices.Sorted(slices.Values(a.Approvers)))) < len(a.Approvers):
		return fmt.Errorf("approvers: a name is empty, or is listed twice")
	case len(a.Approvers) > 0 && a.Needed > len(a.Approvers):
		return fmt.Errorf("needed: %d is more than the %d approvers", a.Needed, len(a.Approvers))
	case a.OnTimeout != generation.VerdictApprove && a.OnTimeout != generation.VerdictReject:
		return fmt.Errorf("on_timeout: %q is neither %q nor %q", a.OnTimeout, generation.VerdictApprove, generation.VerdictReject)
	case a.Timeout < 0:
		return fmt.Errorf("timeout: %v is negative", a.Timeout)
	default:
		return nil
	}
}

// Approve asks people, and waits for their decisions, which arrive by the update
// [generation.DecideUpdate]. The approval ends with enough approvals, a rejection, a request to
// regenerate, or the timeout. It is rejected as soon as too few approvers are left; without
// named approvers, by the first rejection.
//
// The result's Verdict is [generation.VerdictApprove] or [generation.VerdictRegenerate]. After the
// latter, its last Decision says what to regenerate. The caller then asks again with the same key,
// even if the regeneration failed, with a Note that says so. Otherwise Approve fails with
// [generation.ErrorTypeRejected], with the approval as its detail, or with a
// *temporal.CanceledError.
func Approve(ctx workflow.Context, question Approval) (generation.ApprovalStatus, error) {
	board := boardOf(ctx)
	question = question.withDefaults()
	a, err := newApproval(ctx, question)
	if err != nil {
		return generation.ApprovalStatus{}, temporal.NewNonRetryableApplicationError(
			fmt.Sprintf("approval %q: %v", question.Key, err), string(generation.ErrorTypeInvalidInput), nil)
	}
	if err := board.ask(ctx, a); err != nil {
		return generation.ApprovalStatus{}, err
	}
	if err := a.await(ctx, question); err != nil {
		return a.status, err
	}
	board.UpdateDetails(ctx)
	if a.status.Verdict == generation.VerdictReject {
		return a.status, a.rejected()
	}
	return a.status, nil
}

// approval is one approval with the decisions so far.
type approval struct {
	status generation.ApprovalStatus
	check  func(generation.Decision) error
}

func newApproval(ctx workflow.Context, question Approval) (*approval, error) {
	if err := question.validate(); err != nil {
		return nil, err
	}
	a := &approval{check: question.Validate, status: generation.ApprovalStatus{
		Key: question.Key, Message: question.Message, Note: question.Note, Show: question.Show, Approvers: question.Approvers, Needed: question.Needed,
		Regenerable: question.Regenerable, Deadline: workflow.Now(ctx).Add(question.Timeout), OnDeadline: question.OnTimeout,
	}}
	for i, choice := range question.Choices {
		encoded, err := json.Marshal(choice)
		if err != nil {
			return nil, fmt.Errorf("choices[%d]: %w", i, err)
		}
		a.status.Choices = append(a.status.Choices, encoded)
	}
	if size := a.asked(); size > maxQuestionBytes {
		return nil, fmt.Errorf("what is shown and to be chosen has %d bytes, more than %d", size, maxQuestionBytes)
	}
	a.status.ShowKeys, a.status.ChoiceKeys = question.ShowKeys, question.ChoiceKeys // not limited in size
	return a, nil
}

const (
	// maxApprovalBytes is below Temporal's limit of 2 MiB for one payload: each decision is
	// answered with the whole approval.
	maxApprovalBytes = 1_500_000
	maxQuestionBytes = 500_000
)

// asked is the size of what is shown and to be chosen. It decides whether people are asked, so
// it must not depend on how the status is encoded.
func (a *approval) asked() int {
	size := len(a.status.Message)
	for _, shown := range a.status.Show {
		size += len(shown)
	}
	for _, choice := range a.status.Choices {
		size += len(choice)
	}
	return size
}

// size excludes keys, whose size callers limit, so they don't affect which decisions are
// accepted.
func (a *approval) size() int {
	status := a.status
	status.ShowKeys, status.ChoiceKeys = nil, nil
	encoded, _ := json.Marshal(status)
	return len(encoded)
}

const (
	maxEarlier        = 100
	maxEarlierComment = 500
)

// earlierDecisions are those of all rounds so far, of many the last.
func earlierDecisions(before generation.ApprovalStatus) []generation.Decision {
	all := slices.Concat(before.Earlier, before.Decisions)
	all = all[max(0, len(all)-maxEarlier):]
	for i := range all {
		all[i].Input, all[i].Comment = nil, plaintext.Clip(all[i].Comment, maxEarlierComment)
	}
	return all
}

func (a *approval) open() bool { return a.status.Verdict == "" }

// ask puts the approval on the board, replacing an earlier one with its key.
func (b *board) ask(ctx workflow.Context, a *approval) error {
	if err := b.AnswerDecisions(ctx); err != nil {
		return err
	}
	i := slices.IndexFunc(b.approvals, func(other *approval) bool { return other.status.Key == a.status.Key })
	switch {
	case i < 0:
		b.approvals = append(b.approvals, a)
	case b.approvals[i].open():
		return temporal.NewNonRetryableApplicationError(
			fmt.Sprintf("approval %q: is open already; give each its own key", a.status.Key), string(generation.ErrorTypeInvalidInput), nil)
	default:
		a.status.Earlier = earlierDecisions(b.approvals[i].status)
		b.approvals[i] = a
	}
	b.UpdateDetails(ctx)
	return nil
}

func (b *board) AnswerDecisions(ctx workflow.Context) error {
	if b.decides {
		return nil
	}
	b.decides = true
	if err := workflow.SetQueryHandlerWithOptions(ctx, generation.ApprovalsQuery,
		func() ([]generation.ApprovalStatus, error) { return b.approvalStatuses(), nil },
		workflow.QueryHandlerOptions{Description: "the approvals of this workflow, pending and decided"}); err != nil {
		return err
	}
	return workflow.SetUpdateHandlerWithOptions(ctx, generation.DecideUpdate,
		func(ctx workflow.Context, argument written.Argument[generation.Decision]) (generation.ApprovalStatus, error) {
			d, err := argument.Read()
			if err != nil {
				return generation.ApprovalStatus{}, err
			}
			a, err := b.addressee(d)
			if err != nil {
				return generation.ApprovalStatus{}, err
			}
			d.At = workflow.Now(ctx)
			a.decide(d)
			b.UpdateDetails(ctx)
			return a.status, nil
		},
		workflow.UpdateHandlerOptions{
			Validator: func(_ workflow.Context, argument written.Argument[generation.Decision]) error {
				d, err := argument.Read()
				if err != nil {
					return temporal.NewNonRetryableApplicationError("decision: "+err.Error(), string(generation.ErrorTypeInvalidInput), nil)
				}
				return b.validate(d)
			},
			Description: `decides an approval: {"approval": "…", "verdict": "approve" | "reject" | "regenerate", "by": "…", "comment": "…", "choice": 0, "input": {…}}`,
		})
}

func (b *board) approvalStatuses() []generation.ApprovalStatus {
	statuses := make([]generation.ApprovalStatus, len(b.approvals))
	for i, a := range b.approvals {
		statuses[i] = a.status
		statuses[i].Decisions = slices.Clone(a.status.Decisions)
	}
	return statuses
}

func (a *approval) await(ctx workflow.Context, question Approval) error {
	timerCtx, stop := workflow.WithCancel(ctx)
	defer stop()
	timer := workflow.NewTimerWithOptions(timerCtx, question.Timeout, workflow.TimerOptions{
		Summary: plaintext.Clip(fmt.Sprintf("%s · waiting for a decision until this timer fires, then: %s", question.Key, question.OnTimeout), maxSummaryBytes),
	})
	err := workflow.Await(ctx, func() bool { return !a.open() || timer.IsReady() })
	switch {
	// A cancellation makes the timer ready, too.
	case err != nil || a.open() && ctx.Err() != nil:
		a.status.Verdict = generation.VerdictWithdrawn
		return temporal.NewCanceledError(a.status)
	case a.open():
		a.status.Verdict = question.OnTimeout
		if question.OnTimeout == generation.VerdictApprove {
			a.status.Choice = ballot.Favourite(a.status)
		}
	}
	return nil
}

func (a *approval) rejected() error {
	reason := fmt.Sprintf("nobody decided until %s", a.status.Deadline.UTC().Format(time.RFC3339))
	switch n := len(a.status.Decisions); {
	case n == 0:
	case a.status.Decisions[n-1].Verdict == generation.VerdictReject:
		last := a.status.Decisions[n-1]
		reason = "rejected"
		if last.By != "" {
			reason += " by " + last.By
		}
		if last.Comment != "" {
			reason += ": " + last.Comment
		}
	case a.lost():
		reason = fmt.Sprintf("no choice can reach %d votes any more", a.status.Needed)
	}
	return temporal.NewApplicationErrorWithOptions(fmt.Sprintf("approval %q: %s", a.status.Key, reason), string(generation.ErrorTypeRejected),
		temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{a.status}})
}
