package pipeline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/jsonvalue"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/strict"
)

// UnmarshalJSON accepts the short forms of the definition's parts, and rejects unknown fields,
// except "$schema", which editors use.
func (d *Definition) UnmarshalJSON(data []byte) error {
	type plain Definition
	wire := struct {
		*plain
		Schema string `json:"$schema"`
	}{plain: (*plain)(d)}
	if err := strict.Decode(data, &wire); err != nil {
		return err
	}
	d.eachValue(func(value *any) { *value = jsonvalue.Numbers(*value) })
	return nil
}

// eachValue visits the values in the definition that may have any type.
func (d *Definition) eachValue(visit func(*any)) {
	object := func(of map[string]any) {
		for name, value := range of {
			visit(&value)
			of[name] = value
		}
	}
	for i := range d.Inputs {
		input := &d.Inputs[i].Value
		visit(&input.Default)
		for i := range input.Enum {
			visit(&input.Enum[i])
		}
	}
	for i := range d.Steps {
		step := &d.Steps[i].Value
		object(step.Input)
		for _, fallback := range step.Fallback {
			object(fallback.Input)
		}
		if step.ForEach != nil {
			visit(&step.ForEach.Items)
		}
		if step.Approve != nil {
			visit(&step.Approve.Show)
			visit(&step.Approve.Choose)
		}
	}
	for i := range d.Outputs {
		visit(&d.Outputs[i].Value)
	}
}

// UnmarshalJSON rejects unknown fields.
func (r *Request) UnmarshalJSON(data []byte) error {
	type plain Request
	wire := struct {
		*plain
		Requires int `json:"requires"` // see written.Format
	}{plain: (*plain)(r)}
	if err := strict.Decode(data, &wire); err != nil {
		return err
	}
	jsonvalue.Numbers(r.Inputs)
	if r.Resume != nil {
		for _, input := range r.Resume.Input {
			jsonvalue.Numbers(input)
		}
	}
	return nil
}

// UnmarshalJSON reads 10 or "5%".
func (t *Tolerance) UnmarshalJSON(data []byte) error {
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte(`"`)) {
		return json.Unmarshal(data, &t.Items)
	}
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	percent, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64)
	if err != nil || !strings.HasSuffix(text, "%") || percent < 0 || percent > 100 {
		return fmt.Errorf("tolerate: %q is not a number of items or a percentage such as 5%%", text)
	}
	t.Percent = percent
	return nil
}

func badDuration(text []byte) error {
	return fmt.Errorf("%q is not a duration such as 90s, 15m or 6h", text)
}
