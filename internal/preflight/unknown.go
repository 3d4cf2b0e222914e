package preflight

import (
	"slices"
	"strconv"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
)

// unknowns are the parts of a value that are unknown before the run.
type unknowns struct {
	places []place
}

type place struct {
	path []string
	kind string
}

// replace substitutes an unknown part with something of the right type, if known, and records
// its place.
func (u *unknowns) replace(value any, path []string) any {
	switch value := value.(type) {
	case plan.Unknown:
		u.places = append(u.places, place{path, value.Kind})
		return standIn(value.Kind)
	case map[string]any:
		replaced := make(map[string]any, len(value))
		for name, member := range value {
			replaced[name] = u.replace(member, append(slices.Clone(path), name))
		}
		return replaced
	case []any:
		replaced := make([]any, len(value))
		for i, member := range value {
			replaced[i] = u.replace(member, append(slices.Clone(path), strconv.Itoa(i)))
		}
		return replaced
	default:
		return value
	}
}

func standIn(kind string) any {
	switch kind {
	case "integer", "number":
		return 1
	case "boolean":
		return true
	case "array":
		return []any{}
	case "object": // may be an output with its URL
		return map[string]any{"url": "https://unknown.invalid/"}
	default:
		return "unknown"
	}
}

// believes reports whether a finding holds whatever the unknown values will be. A finding about
// a known type does; others about unknown values don't.
func (u *unknowns) believes(path []string, ofType bool) bool {
	for _, place := range u.places {
		if len(path) < len(place.path) || !slices.Equal(path[:len(place.path)], place.path) {
			continue
		}
		return ofType && place.kind != "any" && len(path) == len(place.path)
	}
	return true
}

func hasUnknown(value any) bool {
	switch value := value.(type) {
	case plan.Unknown:
		return true
	case map[string]any:
		for _, member := range value {
			if hasUnknown(member) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(value, hasUnknown)
	}
	return false
}

// withoutUnknown removes fields that are not known.
func withoutUnknown(input map[string]any) map[string]any {
	known := make(map[string]any, len(input))
	for name, value := range input {
		if !hasUnknown(value) {
			known[name] = value
		}
	}
	return known
}
