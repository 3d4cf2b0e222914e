package engine

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"unicode"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

const (
	// maxInline is how many items are made in the run itself.
	maxInline = 50

	// maxOwnEvents is the length of the run's history from which on items are not made in
	// it any more; Temporal warns at 10,240 events, and an item has some 15.
	maxOwnEvents  = 8000
	eventsPerItem = 15

	maxItems       = 100_000
	maxItemKey     = 100
	defaultAtOnce  = 10
	maxUnreadBytes = 1 << 20
)

// fanOut runs a step once for each item of its list.
func (r *run) fanOut(ctx workflow.Context, s *step) error {
	if err := r.setItems(s); err != nil {
		return err
	}
	options := workflows.ForEachOptions{MaxParallel: s.ForEach.MaxParallel, Tolerate: s.ForEach.Tolerate.Of(len(s.items))}
	if options.MaxParallel == 0 {
		options.MaxParallel = defaultAtOnce
	}
	var err error
	if r.fits(ctx, len(s.items)) {
		err = r.makeInline(ctx, s, options)
	} else {
		err = r.spread(ctx, s, options)
	}
	for _, item := range s.items {
		if len(item.generations) > 0 {
			s.earlier[item.key] = item.generations
			s.fresh = s.fresh || !item.kept
		}
	}
	return err
}

func (r *run) fits(ctx workflow.Context, n int) bool {
	return n <= maxInline && workflow.GetInfo(ctx).GetCurrentHistoryLength()+n*eventsPerItem < maxOwnEvents
}

// makeInline makes the items in the run itself.
func (r *run) makeInline(ctx workflow.Context, s *step, options workflows.ForEachOptions) error {
	m, values := r.maker(s), r.values(s.References())
	_, err := workflows.ForEach(ctx, s.items, options, func(ctx workflow.Context, _ int, item *item) (struct{}, error) {
		name := itemName(s.ID, item.key)
		r.own(s, m.keys(name))
		err := m.make(ctx, item, name, withItem(values, item), merged(s.input, s.itemInput[item.key]), s.earlier[item.key])
		r.show(ctx)
		return struct{}{}, err
	})
	return err
}

func itemName(id, key string) string { return id + "[" + key + "]" }

// withItem is a scope with one item in it.
func withItem(values map[string]any, item *item) map[string]any {
	inner := maps.Clone(values)
	inner[pipeline.RootItem], inner[pipeline.RootIndex] = item.value, item.index
	return inner
}

// setItems evaluates the list, and names its items.
func (r *run) setItems(s *step) error {
	values := r.values(s.References())
	value, err := s.Items.Eval(values)
	if err != nil {
		return invalid(s.ID, "for_each.items", err)
	}
	list, ok := value.([]any)
	switch {
	case !ok:
		return invalid(s.ID, "for_each.items", fmt.Errorf("gives %T, and must give a list", value))
	case len(list) > maxItems:
		return invalid(s.ID, "for_each.items", fmt.Errorf("%d are more than %d", len(list), maxItems))
	}
	s.items = make([]*item, len(list))
	taken := make(map[string]int, len(list))
	for i, value := range list {
		s.items[i] = &item{index: i, key: strconv.Itoa(i), value: value, state: pipeline.StepWaiting}
		if s.Key == nil {
			continue
		}
		if s.items[i].key, err = itemKey(s, withItem(values, s.items[i])); err != nil {
			return invalid(s.ID, "for_each.key", fmt.Errorf("item %d: %w", i, err))
		}
		if j, twice := taken[s.items[i].key]; twice {
			return invalid(s.ID, "for_each.key", fmt.Errorf("items %d and %d have the same key %q", j, i, s.items[i].key))
		}
		taken[s.items[i].key] = i
	}
	return nil
}

func itemKey(s *step, values map[string]any) (string, error) {
	value, err := s.Key.Eval(values)
	if err != nil {
		return "", err
	}
	key, isText := value.(string)
	if !isText {
		if value == nil {
			return "", fmt.Errorf("is null")
		}
		key = fmt.Sprint(value)
	}
	if key == "" || len(key) > maxItemKey || strings.ContainsFunc(key, func(c rune) bool { return !unicode.IsPrint(c) }) {
		return "", fmt.Errorf("must be a printable text of 1 to %d bytes", maxItemKey)
	}
	return key, nil
}

// weight is about how many bytes an item has on its way to a child.
func (s *step) weight(item *item) int {
	value, _ := json.Marshal(item.value)
	earlier, _ := json.Marshal(s.earlier[item.key])
	return len(value) + len(earlier) + len(item.key) + 50
}

// tooMany is the error of a step of which too many items have failed.
func tooMany(s *step, failed, ended, tolerated int) error {
	var first string
	for _, item := range s.items {
		if item.state == pipeline.StepFailed {
			first = item.reason
			break
		}
	}
	return temporal.NewNonRetryableApplicationError(
		fmt.Sprintf("%d of %d items failed, and %d are tolerated. The first: %s", failed, ended, tolerated, first),
		generation.ErrTooManyFailed, nil)
}
