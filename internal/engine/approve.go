package engine

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/jsonvalue"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/nearest"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/shape"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/strict"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

// approve asks people to decide. A request to regenerate doesn't end the step.
func (r *run) approve(ctx workflow.Context, s *step) error {
	question, err := r.question(s)
	s.undo, s.note = nil, ""
	if err != nil {
		return err
	}
	if s.decided != nil && s.decided.Verdict == generation.VerdictApprove && !r.freshBefore(s) && sameQuestion(*s.decided, question) {
		s.approval = s.decided
		return nil
	}
	answer, err := workflows.Approve(ctx, question)
	s.approval = &answer
	if err != nil {
		return err
	}
	if answer.Verdict == generation.VerdictRegenerate {
		r.regenerate(s, answer.Decisions[len(answer.Decisions)-1])
		return errAgain
	}
	return nil
}

// freshBefore reports whether something to judge was produced in this run.
func (r *run) freshBefore(s *step) bool {
	for _, other := range r.steps {
		decided := other.approval != nil && other.approval != other.decided
		if (fresh(other.made.entries) || decided) && r.plan.Before(other.ID, s.ID) {
			return true
		}
	}
	return false
}

// sameQuestion reports whether people were shown the same outputs and choices before.
func sameQuestion(before generation.ApprovalStatus, question workflows.Approval) bool {
	choices := question.Choices
	if len(choices) != len(before.Choices) || !slices.Equal(question.Show, before.Show) {
		return false
	}
	for i, choice := range choices {
		decoded, err := jsonvalue.Decode(before.Choices[i])
		if err != nil || !reflect.DeepEqual(decoded, choice) {
			return false
		}
	}
	return true
}

func (r *run) question(s *step) (workflows.Approval, error) {
	values := r.values(s.References())
	message, err := s.Message.Eval(values)
	if err != nil {
		return workflows.Approval{}, invalid(s.ID, "approve.message", err)
	}
	shown, err := s.Show.Eval(values)
	if err != nil {
		return workflows.Approval{}, invalid(s.ID, "approve.show", err)
	}
	chosen, err := s.Choose.Eval(values)
	if err != nil {
		return workflows.Approval{}, invalid(s.ID, "approve.choose", err)
	}
	choices, isList := chosen.([]any)
	if chosen != nil && (!isList || len(choices) == 0) {
		return workflows.Approval{}, invalid(s.ID, "approve.choose", fmt.Errorf("must give a list with something in it"))
	}
	looked, names := texts(shown), r.makers(s)
	return workflows.Approval{
		Key: s.ID, Message: text(message), Note: s.note, Show: looked, Choices: choices,
		ShowKeys: names.of(looked), ChoiceKeys: names.of(eachText(choices)),
		Approvers: s.Approve.Approvers, Needed: s.Approve.Needed,
		Timeout: time.Duration(s.Approve.Timeout), OnTimeout: s.Approve.OnTimeout,
		Regenerable: s.Regenerates,
		Validate:    r.validate,
	}, nil
}

// validate checks a decision's request to regenerate.
func (r *run) validate(d generation.Decision) error {
	if d.Verdict != generation.VerdictRegenerate {
		return nil
	}
	target := r.step(d.Regenerate)
	if known := r.fields[target.ID]; len(known) > 0 {
		for _, name := range workflow.DeterministicKeys(d.Input) {
			if d.Input[name] != nil && !slices.Contains(known, name) {
				return fmt.Errorf("input.%s: %s has no such field%s", name, target.Model, nearest.Hint(name, known))
			}
		}
	}
	for _, wrong := range r.shapes[target.Model].Check(r.shapes[target.Model].Fit(merged(nil, d.Input))) {
		if wrong.Got != shape.Null || len(wrong.Path) > 1 { // null removes a field
			return fmt.Errorf("%s: %s", strict.PathText(append([]string{"input"}, wrong.Path...)), whatToDo(wrong, ""))
		}
	}
	return target.validateItems(d.Items)
}

func (s *step) validateItems(items []int) error {
	if len(items) > 0 && s.Kind() != plan.KindForEach {
		return fmt.Errorf("items: %s has none", s.ID)
	}
	for _, i := range items {
		if i >= len(s.items) {
			return fmt.Errorf("items: %s has none with the number %d; they count from 0", s.ID, i)
		}
	}
	return nil
}

// text formats a value for people.
func text(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		return value
	default:
		encoded, _ := json.Marshal(value)
		return string(encoded)
	}
}

// maxShownBytes limits what is shown of long lists; nobody looks at all of it.
const maxShownBytes = 200_000

// texts lists what to look at: each member of a list separately.
func texts(value any) []string {
	list, isList := value.([]any)
	if !isList {
		list = []any{value}
	}
	var all []string
	room := maxShownBytes
	for i, member := range list {
		if shown := strings.TrimSpace(text(member)); shown != "" {
			all = append(all, shown)
			room -= len(shown)
		}
		if room < 0 {
			return append(all[:len(all)-1], fmt.Sprintf("… and %d more: query %s", len(list)-i, wire.RunResultsQuery))
		}
	}
	return all
}

// makers are the keys of generations by the texts of their outputs.
type makers map[string]string

// maxKeysBytes limits the keys next to a question.
const maxKeysBytes = 200_000

// makers are those of the steps that an approval refers to.
func (r *run) makers(s *step) makers {
	all := make(makers)
	for _, ref := range s.References() {
		if ref.Root != plan.RootSteps {
			continue
		}
		for _, item := range r.step(ref.Name).items {
			last := item.last()
			for i, output := range decodeAll(last.Outputs) {
				key := last.Key
				if len(last.Outputs) > 1 {
					key = fmt.Sprintf("%s %d", key, i)
				}
				if made := strings.TrimSpace(text(output)); all[made] == "" {
					all[made] = key
				}
			}
		}
	}
	return all
}

// of returns the keys for texts; nil if there are none, or too many to show.
func (m makers) of(texts []string) []string {
	keys := make([]string, len(texts))
	bytes := 0
	for i, made := range texts {
		keys[i] = m[strings.TrimSpace(made)]
		bytes += len(keys[i])
	}
	if bytes == 0 || bytes > maxKeysBytes {
		return nil
	}
	return keys
}

func eachText(values []any) []string {
	all := make([]string, len(values))
	for i, value := range values {
		all[i] = text(value)
	}
	return all
}
