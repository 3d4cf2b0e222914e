package wavespeed

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// UsageOptions selects what [Client.Usage] counts.
type UsageOptions struct {
	// From and To bound the time, by the provider's clock. Both are required.
	From, To time.Time

	// Model selects by the model's name. Defaults to all.
	Model string
}

// Usage is what an account has spent.
type Usage struct {
	Cost      generation.USD
	Requests  int
	Succeeded int
	Models    []ModelUsage
	Days      []DayUsage
}

// ModelUsage is what one model was used for.
type ModelUsage struct {
	Model     string         `json:"model_uuid"`
	Type      string         `json:"model_type"`
	UnitPrice generation.USD `json:"unit_price"`
	Cost      generation.USD `json:"total_cost"`
	Count     int            `json:"total_count"`
	LastUsed  string         `json:"last_used_date"` // a day, such as 2026-11-25
}

// DayUsage is what one day was used for.
type DayUsage struct {
	Day    string         `json:"date"` // such as 2026-11-25
	Cost   generation.USD `json:"amount"`
	Count  int            `json:"count"`
	Models []struct {
		Model string         `json:"model_uuid"`
		Count int            `json:"count"`
		Cost  generation.USD `json:"amount"`
	} `json:"models"`
}

// Usage reads what the account spent between two times, by model and by day. It lags
// and includes what others did with the account: use it for reports alone.
func (c *Client) Usage(ctx context.Context, options UsageOptions) (Usage, error) {
	r := call{op: opUsage, method: http.MethodPost, path: "/user/usage_stats", readOnly: true}
	if options.From.IsZero() || options.To.IsZero() {
		return Usage{}, c.invalid(r, "usage needs From and To")
	}
	r.body = struct {
		From  string `json:"start_time"`
		To    string `json:"end_time"`
		Model string `json:"model_uuid,omitempty"`
	}{millisecondBefore(options.From), millisecondAfter(options.To), options.Model}
	var data struct {
		Models  []ModelUsage `json:"per_model_usage"`
		Days    []DayUsage   `json:"daily_usage"`
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
		return Usage{}, &Error{Op: opUsage, StatusCode: http.StatusOK, Err: errors.New("the answer holds no summary")}
	}
	return Usage{
		Cost: data.Summary.Cost, Requests: data.Summary.Requests, Succeeded: data.Summary.Succeeded,
		Models: data.Models, Days: data.Days,
	}, nil
}
