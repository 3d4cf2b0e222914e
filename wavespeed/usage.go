package wavespeed

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Usage is what an account has spent.
type Usage struct {
	Cost      generation.USD `json:"-"`
	Requests  int            `json:"-"`
	Succeeded int            `json:"-"`

	// Models is what each model was used for.
	Models []struct {
		Model     string         `json:"model_uuid"`
		Type      string         `json:"model_type"`
		UnitPrice generation.USD `json:"unit_price"`
		Cost      generation.USD `json:"total_cost"`
		Count     int            `json:"total_count"`
		LastUsed  string         `json:"last_used_date"` // a day, such as 2026-11-25
	} `json:"per_model_usage"`

	// Days is what each day was used for.
	Days []struct {
		Day    string         `json:"date"` // such as 2026-11-25
		Cost   generation.USD `json:"amount"`
		Count  int            `json:"count"`
		Models []struct {
			Model string         `json:"model_uuid"`
			Count int            `json:"count"`
			Cost  generation.USD `json:"amount"`
		} `json:"models"`
	} `json:"daily_usage"`
}

// Usage reads the account's spending between two times, by model and by day. It lags and
// includes usage by others: use it only for reports.
func (c *Client) Usage(ctx context.Context, from, to time.Time, model string) (Usage, error) {
	r := call{op: opUsage, method: http.MethodPost, path: "/user/usage_stats", readOnly: true}
	if from.IsZero() || to.IsZero() {
		return Usage{}, c.invalid(r, "usage needs two times")
	}
	r.body = struct {
		From  string `json:"start_time"`
		To    string `json:"end_time"`
		Model string `json:"model_uuid,omitempty"`
	}{millisecondBefore(from), millisecondAfter(to), model}
	var data struct {
		Usage
		Summary *struct {
			Cost      generation.USD `json:"total_cost"`
			Requests  int            `json:"total_requests"`
			Succeeded int            `json:"success_requests"`
		} `json:"summary"`
	}
	if err := c.ask(ctx, r, &data); err != nil {
		return Usage{}, err
	}
	if data.Summary == nil {
		return Usage{}, oddly(opUsage, errors.New("the response contains no summary"))
	}
	usage := data.Usage
	usage.Cost, usage.Requests, usage.Succeeded = data.Summary.Cost, data.Summary.Requests, data.Summary.Succeeded
	return usage, nil
}
