package generation

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/input"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/strict"
)

// requestJSON is a Request on the wire, where durations are strings such as "90s", so that
// people and other languages can write them.
type requestJSON struct {
	Key                   string          `json:"key,omitempty"`
	Model                 string          `json:"model"`
	Input                 json.RawMessage `json:"input,omitempty"`
	Account               string          `json:"account,omitempty"`
	Timeout               duration        `json:"timeout,omitzero"`
	Adopt                 string          `json:"adopt,omitempty"`
	MaxPredictions        int             `json:"max_predictions,omitempty"`
	OnUnknown             UnknownPolicy   `json:"on_unknown,omitempty"`
	OnInsufficientCredits CreditsPolicy   `json:"on_insufficient_credits,omitempty"`
	Timing                timingJSON      `json:"timing,omitzero"`
	TaskQueue             string          `json:"task_queue,omitempty"`
	Requires              int             `json:"requires,omitempty"` // the format
}

type timingJSON struct {
	Submit   duration `json:"submit,omitzero"`
	Settle   duration `json:"settle,omitzero"`
	Grace    duration `json:"grace,omitzero"`
	Poll     duration `json:"poll,omitzero"`
	Resubmit duration `json:"resubmit,omitzero"`
	TopUp    duration `json:"top_up,omitzero"`
}

// MarshalJSON writes durations as strings such as "1h30m0s".
func (r Request) MarshalJSON() ([]byte, error) {
	var encoded json.RawMessage
	if r.Input != nil {
		var err error
		if encoded, err = input.Marshal(r.Input); err != nil {
			return nil, err
		}
	}
	return json.Marshal(requestJSON{
		Key: r.Key, Model: r.Model, Input: encoded, Account: r.Account,
		Timeout: duration(r.Timeout), Adopt: r.Adopt, MaxPredictions: r.MaxPredictions, OnUnknown: r.OnUnknown, OnInsufficientCredits: r.OnInsufficientCredits,
		Timing: timingJSON{
			Submit: duration(r.Timing.Submit), Settle: duration(r.Timing.Settle), Grace: duration(r.Timing.Grace),
			Poll: duration(r.Timing.Poll), Resubmit: duration(r.Timing.Resubmit), TopUp: duration(r.Timing.TopUp),
		},
		TaskQueue: r.TaskQueue,
	})
}

// UnmarshalJSON reads the output of MarshalJSON, and rejects unknown fields. It keeps the bytes
// of Input.
func (r *Request) UnmarshalJSON(data []byte) error {
	var wire requestJSON
	if err := strict.Decode(data, &wire); err != nil {
		return err
	}
	*r = Request{
		Key: wire.Key, Model: wire.Model, Account: wire.Account,
		Timeout: time.Duration(wire.Timeout), Adopt: wire.Adopt, MaxPredictions: wire.MaxPredictions, OnUnknown: wire.OnUnknown, OnInsufficientCredits: wire.OnInsufficientCredits,
		Timing: Timing{
			Submit: time.Duration(wire.Timing.Submit), Settle: time.Duration(wire.Timing.Settle), Grace: time.Duration(wire.Timing.Grace),
			Poll: time.Duration(wire.Timing.Poll), Resubmit: time.Duration(wire.Timing.Resubmit), TopUp: time.Duration(wire.Timing.TopUp),
		},
		TaskQueue: wire.TaskQueue,
	}
	if wire.Input != nil {
		r.Input = wire.Input
	}
	return nil
}

// duration is a time.Duration that is a string in JSON.
type duration time.Duration

func (d duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

func (d *duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a duration such as 90s, 15m or 6h", text)
	}
	*d = duration(parsed)
	return nil
}
