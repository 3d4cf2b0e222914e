package workflows

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/ballot"
)

func (b *board) validate(d generation.Decision) error {
	a, err := b.addressee(d)
	if err != nil {
		return err
	}
	return a.validate(d)
}

// addressee finds the open approval that a decision is for.
func (b *board) addressee(d generation.Decision) (*approval, error) {
	var open []string
	var found *approval
	for _, a := range b.approvals {
		if !a.open() {
			continue
		}
		open = append(open, a.status.Key)
		if d.Approval == "" || d.Approval == a.status.Key {
			found = a
		}
	}
	switch {
	case len(open) == 0:
		return nil, fmt.Errorf("no approval is pending")
	case found == nil:
		return nil, fmt.Errorf("approval: %q is not pending; pending: %s", d.Approval, strings.Join(open, ", "))
	case d.Approval == "" && len(open) > 1:
		return nil, fmt.Errorf("approval: several are pending; name one of: %s", strings.Join(open, ", "))
	default:
		return found, nil
	}
}

func (a *approval) validate(d generation.Decision) error {
	if err := a.validatePerson(d); err != nil {
		return err
	}
	if err := a.validateVerdict(d); err != nil {
		return err
	}
	if encoded, _ := json.Marshal(d); a.size()+len(encoded) > maxApprovalBytes {
		return fmt.Errorf("has %d bytes, but only %d are left", len(encoded), maxApprovalBytes-a.size())
	}
	if a.check == nil {
		return nil
	}
	return a.check(a.complete(d))
}

// complete fills in the optional parts of a valid decision.
func (a *approval) complete(d generation.Decision) generation.Decision {
	d.Approval = a.status.Key
	if d.Verdict == generation.VerdictRegenerate && d.Regenerate == "" {
		d.Regenerate = a.status.Regenerable[0]
	}
	return d
}

func (a *approval) validateVerdict(d generation.Decision) error {
	switch d.Verdict {
	case generation.VerdictApprove:
		return a.validateChoice(d)
	case generation.VerdictReject:
		return nil
	case generation.VerdictRegenerate:
		return a.validateRegenerate(d)
	default:
		return fmt.Errorf("verdict: %q is not one of approve, reject and regenerate", d.Verdict)
	}
}

func (a *approval) validatePerson(d generation.Decision) error {
	switch {
	case d.By == "" && (len(a.status.Approvers) > 0 || a.status.Needed > 1):
		return fmt.Errorf("by: is required; name the person who decides")
	case len(a.status.Approvers) > 0 && !slices.Contains(a.status.Approvers, d.By):
		return fmt.Errorf("by: %q is not among the approvers: %s", d.By, strings.Join(a.status.Approvers, ", "))
	case d.By != "" && slices.ContainsFunc(a.status.Decisions, func(other generation.Decision) bool { return other.By == d.By }):
		return fmt.Errorf("by: %s has already decided", d.By)
	default:
		return nil
	}
}

func (a *approval) validateChoice(d generation.Decision) error {
	switch n := len(a.status.Choices); {
	case n == 0 && d.Choice != nil:
		return fmt.Errorf("choice: %q has no choices", a.status.Key)
	case n > 0 && d.Choice == nil:
		return fmt.Errorf("choice: is required, from 0 to %d", n-1)
	case n > 0 && (*d.Choice < 0 || *d.Choice >= n):
		return fmt.Errorf("choice: %d is not between 0 and %d", *d.Choice, n-1)
	default:
		return nil
	}
}

func (a *approval) validateRegenerate(d generation.Decision) error {
	switch names := a.status.Regenerable; {
	case len(names) == 0:
		return fmt.Errorf("verdict: %q does not allow regeneration", a.status.Key)
	case d.Regenerate == "" && len(names) > 1:
		return fmt.Errorf("regenerate: name one of %s", strings.Join(names, ", "))
	case d.Regenerate != "" && !slices.Contains(names, d.Regenerate):
		return fmt.Errorf("regenerate: %q is not one of %s", d.Regenerate, strings.Join(names, ", "))
	case slices.ContainsFunc(d.Items, func(i int) bool { return i < 0 }):
		return fmt.Errorf("items: must not be negative")
	default:
		return nil
	}
}

// decide applies a valid decision.
func (a *approval) decide(d generation.Decision) {
	d = a.complete(d)
	a.status.Decisions = append(a.status.Decisions, d)
	switch {
	case d.Verdict == generation.VerdictRegenerate:
		a.status.Verdict = generation.VerdictRegenerate
	case d.Verdict == generation.VerdictApprove && ballot.Votes(a.status, d.Choice) >= a.status.Needed:
		a.status.Verdict, a.status.Choice = generation.VerdictApprove, d.Choice
	case a.lost():
		a.status.Verdict = generation.VerdictReject
	}
}

// lost reports whether too few people are left to approve.
func (a *approval) lost() bool {
	if len(a.status.Approvers) == 0 {
		return a.status.Decisions[len(a.status.Decisions)-1].Verdict == generation.VerdictReject
	}
	undecided := len(a.status.Approvers) - len(a.status.Decisions)
	return ballot.Votes(a.status, ballot.Favourite(a.status))+undecided < a.status.Needed
}
