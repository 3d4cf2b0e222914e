package generate

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/values"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/text"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline/file"
)

const maxInputBytes = 1 << 20

// readInput returns the object from --input, with the key=value pairs set in it.
func readInput(ctx context.Context, s *session.Session, o options, pairs []string) (map[string]any, error) {
	input := make(map[string]any)
	if o.input != "" {
		var err error
		if input, err = readFile(s, o.input); err != nil {
			return nil, fmt.Errorf("--input: %w", err)
		}
	}
	for _, pair := range pairs {
		key, text, ok := strings.Cut(pair, "=")
		if !ok || key == "" {
			return nil, fmt.Errorf("%q does not have the form key=value", pair)
		}
		value, err := values.Any(ctx, s, o.request.Account, text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		input[key] = value
	}
	return input, nil
}

// readFile reads an object of JSON or YAML, from stdin if name is "-".
func readFile(s *session.Session, name string) (map[string]any, error) {
	in := s.In
	if name == "-" {
		name = "stdin"
	} else {
		opened, err := os.Open(name) // #nosec G304 -- the user names the file
		if err != nil {
			return nil, err
		}
		defer opened.Close()
		in = opened
	}
	content, err := text.Read(name, in, maxInputBytes)
	if err != nil {
		return nil, err
	}
	value, err := file.Value(name, content)
	if err != nil {
		return nil, err
	}
	input, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf(`%s: must hold an object, such as {"prompt": "a cat"}`, name)
	}
	return input, nil
}
