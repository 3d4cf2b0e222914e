package save

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/models"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/config"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

const (
	// maxOmittedBytes limits a response with outputs that were too large for a history.
	maxOmittedBytes = 512 << 20

	// omittedAttempts is how often such a response is requested.
	omittedAttempts = 4
)

// omitted fetches a prediction's outputs that were too large for a history.
func omitted(ctx context.Context, s *session.Session, account, id string) ([]generation.Output, error) {
	account = cmp.Or(account, generation.DefaultAccount)
	if s.Config.Accounts[account].APIKey == "" {
		return nil, fmt.Errorf("it is too large for a workflow's history; to fetch it, set %s", config.KeyVariable(account))
	}
	at, err := models.Provider(s, account, wavespeed.Options{MaxResponseBytes: maxOmittedBytes, Timeout: 10 * time.Minute})
	if err != nil {
		return nil, err
	}
	var prediction provider.Prediction
	for attempt := range omittedAttempts {
		if attempt > 0 {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(time.Second << (attempt - 1)):
			}
		}
		prediction, err = at.Result(ctx, id)
		var refused *provider.Error
		if err == nil || errors.As(err, &refused) && refused.Answered() && refused.Kind != provider.Limited {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	outputs := make([]generation.Output, len(prediction.Outputs))
	for i, output := range prediction.Outputs {
		outputs[i] = generation.Output(output)
	}
	if len(outputs) == 0 {
		return nil, errors.New("WaveSpeed no longer has its outputs")
	}
	return outputs, nil
}
