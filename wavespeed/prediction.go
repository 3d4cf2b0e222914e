package wavespeed

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
)

// Prediction is the provider's object for one accepted submit. Responses, lists and webhooks
// contain the same object.
type Prediction = provider.Prediction

// parsePrediction reads the body of a webhook, which is a prediction without the
// envelope of other answers. It fails unless the body is one JSON object with an id
// and a status. Keys are matched exactly. The status may be one that is not terminal,
// or unknown.
func parsePrediction(body []byte) (Prediction, error) {
	p, err := readPrediction(body)
	if err != nil {
		return Prediction{}, fmt.Errorf("wavespeed: webhook: %w", err)
	}
	if err := validateID(p.ID); err != nil {
		return Prediction{}, fmt.Errorf("wavespeed: webhook: %w", err)
	}
	if p.State == provider.StateUnknown {
		return Prediction{}, errors.New("wavespeed: webhook: the prediction has no status")
	}
	return p, nil
}

// readPrediction reads a prediction in every shape that the provider is known to
// use. Only an id or a status that is not a text is an error; any other field that
// is not as expected is left empty, since a result that was paid for should not be
// lost for a field beside it.
func readPrediction(data []byte) (p Prediction, err error) {
	var o object
	if err := json.Unmarshal(data, &o); err != nil {
		return p, errors.New("a prediction is not a JSON object")
	}
	p = Prediction{Model: o.text("model"), Outputs: list(o["outputs"]), Input: o.input(), InferenceMS: o.inference(), CreatedAt: o.created()}
	var status string
	if err := decodeText(o, "id", &p.ID); err != nil {
		return p, err
	}
	if err := decodeText(o, "status", &status); err != nil {
		return p, err
	}
	p.State = stateOf(status)
	p.Failure = failureOf(status, int(cmp.Or(o.number("code"), o.object("error").number("code"))), clean(flatten(o["error"])))
	if json.Unmarshal(o["has_nsfw_contents"], &p.NSFW) != nil {
		p.NSFW = nil
	}
	return p, nil
}

// created returns the creation time; zero if missing. Unix time 0 means missing too.
func (o object) created() time.Time {
	created, err := time.Parse(time.RFC3339, o.text("created_at"))
	if err != nil || created.Unix() <= 0 {
		return time.Time{}
	}
	return created
}

func decodeText(o object, key string, into *string) error {
	raw, present := o[key]
	if !present {
		return nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("a prediction's %s is not a string", key)
	}
	return nil
}

// list returns the elements of an array. Any other value except null is its only element.
func list(raw json.RawMessage) []json.RawMessage {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var elements []json.RawMessage
	if json.Unmarshal(raw, &elements) != nil {
		return []json.RawMessage{raw}
	}
	return elements
}

// input looks under both known names.
func (o object) input() json.RawMessage {
	for _, key := range []string{"input", "inputs"} {
		if raw := o[key]; len(raw) > 0 && string(raw) != "null" {
			return raw
		}
	}
	return nil
}

// inference has moved: older responses have executionTime next to timings.
func (o object) inference() int64 {
	for _, ms := range []int64{o.object("timings").number("inference"), o.number("executionTime"), o.number("execution_time")} {
		if ms > 0 {
			return ms
		}
	}
	return 0
}
