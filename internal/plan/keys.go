package plan

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"unicode"
)

const maxKeyBytes = 100

// WithItem returns the values that expressions see inside a for_each.
func WithItem(values map[string]any, index int, item any) map[string]any {
	inner := maps.Clone(values)
	inner[RootItem], inner[RootIndex] = item, index
	return inner
}

// ItemKeys returns the keys of a step's for_each items, or their indices. It fails if a key is
// not a short text or is not unique.
func (s *PlannedStep) ItemKeys(items []any, values map[string]any) ([]string, error) {
	keys := make([]string, len(items))
	taken := make(map[string]int, len(items))
	for i, item := range items {
		if s.Key == nil {
			keys[i] = strconv.Itoa(i)
			continue
		}
		key, err := s.itemKey(WithItem(values, i, item))
		if err != nil {
			return nil, fmt.Errorf("item %d: %w", i, err)
		}
		if j, twice := taken[key]; twice {
			return nil, fmt.Errorf("items %d and %d have the same key %q", j, i, key)
		}
		keys[i], taken[key] = key, i
	}
	return keys, nil
}

func (s *PlannedStep) itemKey(values map[string]any) (string, error) {
	value, err := s.Key.Eval(values)
	if err != nil {
		return "", err
	}
	key, isText := value.(string)
	if !isText {
		if value == nil {
			return "", fmt.Errorf("%s: is null%s", s.Key.Source, itemFields(s.Key, values))
		}
		key = fmt.Sprint(value)
	}
	if key == "" || len(key) > maxKeyBytes || strings.ContainsFunc(key, func(c rune) bool { return !unicode.IsPrint(c) }) {
		return "", fmt.Errorf("%s: must be a printable string of 1 to %d bytes", s.Key.Source, maxKeyBytes)
	}
	return key, nil
}
