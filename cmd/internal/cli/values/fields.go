package values

import (
	"context"
	"fmt"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/jsonvalue"
)

// Fields reads step.field=value pairs, or field=value ones for a step that is known.
// A value @FILE uploads the file.
func Fields(ctx context.Context, s *session.Session, account, step string, pairs []string) (map[string]map[string]any, error) {
	form := "field=value"
	if step == "" {
		form = "step.field=value"
	}
	changes := make(map[string]map[string]any)
	for _, pair := range pairs {
		name, text, ok := strings.Cut(pair, "=")
		target := step
		if ok && step == "" {
			target, name, ok = strings.Cut(name, ".")
		}
		if !ok || name == "" || target == "" {
			return nil, fmt.Errorf("%q does not have the form %s", pair, form)
		}
		value, err := Any(ctx, s, account, text)
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", target, name, err)
		}
		if value, err = jsonvalue.Of(value); err != nil {
			return nil, fmt.Errorf("%s.%s: %w", target, name, err)
		}
		if changes[target] == nil {
			changes[target] = make(map[string]any)
		}
		changes[target][name] = value
	}
	return changes, nil
}
