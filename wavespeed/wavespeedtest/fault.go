package wavespeedtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fault is a rule: what goes wrong, for which predictions, how often. Only Kind is required; a
// rule with only a Kind applies to everything.
type Fault struct {
	Kind Kind

	// Account, Model and Input select predictions: an account's name, a model id, a text that
	// the input's JSON contains. Each defaults to any. Lists and billing have only an account,
	// outages none of them.
	Account string
	Model   string
	Input   string

	// Nth is the first matching one that is hit, counting from 1. Defaults to 1.
	Nth int

	// Times is the maximum number of hits. Defaults to no limit.
	Times int

	// Probability is the probability of each hit. Defaults to 1.
	Probability float64

	// Delay, Status, Code, Count, Message and Value are details; see the kinds.
	Delay   time.Duration
	Status  int
	Code    int
	Count   int
	Message string
	Value   string
}

func (f Fault) validate() error {
	if scopes[f.Kind] == "" {
		return fmt.Errorf("fault %q is unknown", f.Kind)
	}
	switch {
	case f.Probability < 0 || f.Probability > 1 || f.Probability != f.Probability:
		return fmt.Errorf("fault %s: probability %v is not between 0 and 1", f.Kind, f.Probability)
	case f.Nth < 0 || f.Times < 0 || f.Count < 0 || f.Delay < 0:
		return fmt.Errorf("fault %s: a number is negative", f.Kind)
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("fault %s: %d is not an HTTP status", f.Kind, f.Status)
	}
	return nil
}

func (f Fault) delay(otherwise time.Duration) time.Duration {
	if f.Delay > 0 {
		return f.Delay
	}
	return otherwise
}

func (f Fault) status(otherwise int) int {
	if f.Status > 0 {
		return f.Status
	}
	return otherwise
}

func (f Fault) value(otherwise string) string {
	if f.Value != "" {
		return f.Value
	}
	return otherwise
}

func (f Fault) message(otherwise string) string {
	if f.Message != "" {
		return f.Message
	}
	return otherwise
}

// ParseFault parses a rule from a flag: the kind, then optionally "=" and a probability, then
// any other fields by name.
//
//	webhook-lost
//	accepted-reset=0.02
//	fails=1,model=wavespeed-ai/flux-dev,code=1200,times=3
//	webhook-late,delay=6m
//
// A text that contains a comma can't be given in a flag.
func ParseFault(text string) (Fault, error) {
	head, rest, _ := strings.Cut(text, ",")
	kind, probability, given := strings.Cut(head, "=")
	fields := map[string]any{"kind": kind}
	if given {
		number, err := strconv.ParseFloat(probability, 64)
		if err != nil || number == 0 {
			return Fault{}, fmt.Errorf("fault %s: %q is not a probability above 0", kind, probability)
		}
		fields["probability"] = number
	}
	for _, pair := range strings.FieldsFunc(rest, func(r rune) bool { return r == ',' }) {
		name, value, _ := strings.Cut(pair, "=")
		fields[name] = value
		if slices.Contains([]string{"nth", "times", "status", "code", "count", "probability"}, name) {
			number, err := strconv.ParseFloat(value, 64)
			if err != nil {
				return Fault{}, fmt.Errorf("fault %s: %s: %q is not a number", kind, name, value)
			}
			fields[name] = number
		}
	}
	encoded, err := json.Marshal(fields)
	if err != nil { // NaN
		return Fault{}, fmt.Errorf("fault %s: a number is NaN", kind)
	}
	var fault Fault
	if err := json.Unmarshal(encoded, &fault); err != nil {
		return Fault{}, fmt.Errorf("fault %s: %w", kind, err)
	}
	return fault, fault.validate()
}

// faultJSON is a Fault on the wire, where the delay is a string such as "90s".
type faultJSON struct {
	Kind        Kind    `json:"kind"`
	Account     string  `json:"account,omitempty"`
	Model       string  `json:"model,omitempty"`
	Input       string  `json:"input,omitempty"`
	Nth         int     `json:"nth,omitempty"`
	Times       int     `json:"times,omitempty"`
	Probability float64 `json:"probability,omitempty"`
	Delay       string  `json:"delay,omitempty"`
	Status      int     `json:"status,omitempty"`
	Code        int     `json:"code,omitempty"`
	Count       int     `json:"count,omitempty"`
	Message     string  `json:"message,omitempty"`
	Value       string  `json:"value,omitempty"`
}

// MarshalJSON writes the delay as a string such as "1m30s".
func (f Fault) MarshalJSON() ([]byte, error) {
	wire := faultJSON{
		Kind: f.Kind, Account: f.Account, Model: f.Model, Input: f.Input, Nth: f.Nth, Times: f.Times,
		Probability: f.Probability, Status: f.Status, Code: f.Code, Count: f.Count, Message: f.Message, Value: f.Value,
	}
	if f.Delay > 0 {
		wire.Delay = f.Delay.String()
	}
	return json.Marshal(wire)
}

// UnmarshalJSON reads the output of MarshalJSON, and rejects unknown fields.
func (f *Fault) UnmarshalJSON(data []byte) error {
	var wire faultJSON
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&wire); err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	*f = Fault{
		Kind: wire.Kind, Account: wire.Account, Model: wire.Model, Input: wire.Input, Nth: wire.Nth, Times: wire.Times,
		Probability: wire.Probability, Status: wire.Status, Code: wire.Code, Count: wire.Count, Message: wire.Message, Value: wire.Value,
	}
	if wire.Delay != "" {
		delay, err := time.ParseDuration(wire.Delay)
		if err != nil {
			return fmt.Errorf("delay %q is not a duration such as 90s", wire.Delay)
		}
		f.Delay = delay
	}
	return nil
}

// oneOrMore decodes a fault, or a list of faults.
type oneOrMore []Fault

func (o *oneOrMore) UnmarshalJSON(data []byte) error {
	if strings.HasPrefix(strings.TrimSpace(string(data)), "[") {
		return json.Unmarshal(data, (*[]Fault)(o))
	}
	var one Fault
	if err := json.Unmarshal(data, &one); err != nil {
		return err
	}
	*o = oneOrMore{one}
	return nil
}
