package generate

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/models"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/preflight"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// check checks a generation's model and input before it costs anything, and
// returns the input to submit. Without a key here, or an answer, the worker's provider
// checks alone.
func check(ctx context.Context, s *session.Session, request generation.Request, input map[string]any) (map[string]any, error) {
	if request.Adopt != "" { // nothing is submitted
		return input, nil
	}
	accounts, err := models.Accounts(s)
	if err != nil {
		return input, exit.With(exit.Usage, err)
	}
	account, known := accounts[cmp.Or(request.Account, generation.DefaultAccount)]
	if !known {
		fmt.Fprintln(s.Err, "warning: the model and the input were not checked: this command has no API key for the account")
		return input, nil
	}
	checked, problems, err := preflight.Input(ctx, account, request.Model, input)
	switch {
	case ctx.Err() != nil:
		return input, exit.With(exit.Interrupted, ctx.Err())
	case err != nil:
		fmt.Fprintln(s.Err, "warning: the model and the input were not checked:", err)
		return input, nil
	case len(problems) > 0:
		return input, exit.With(exit.Usage, fmt.Errorf("nothing was submitted:\n%w", quoted(problems, input)))
	default:
		return checked, nil
	}
}

// quoted explains how to write a string that is also valid JSON, such as prompt=1984.
func quoted(problems pipeline.Problems, input map[string]any) pipeline.Problems {
	for i, problem := range problems {
		if len(problem.Path) != 2 || !strings.Contains(problem.Message, "and must be string") {
			continue
		}
		name := problem.Path[1]
		switch input[name].(type) {
		case nil, bool, int, float64, json.Number:
			problems[i].Message += fmt.Sprintf(`. For a string, add quotes: %s='"…"'`, name)
		}
	}
	return problems
}
