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

// UnmarshalJSON rejects unknown fields, except "$schema", which editors use.
func (d *Definition) UnmarshalJSON(data []byte) error {
	type plain Definition
	wire := struct {
		*plain
		Schema string `json:"$schema"`
	}{plain: (*plain)(d)}
	if err := strict.Decode(data, &wire); err != nil {
		return err
	}
	for i := range d.Outputs {
		d.Outputs[i].Value = jsonvalue.Numbers(d.Outputs[i].Value)
	}
	return nil
}

// UnmarshalJSON rejects unknown fields.
func (s *Step) UnmarshalJSON(data []byte) error {
	type plain Step
	if err := strict.Decode(data, (*plain)(s)); err != nil {
		return err
	}
	jsonvalue.Numbers(s.Input)
	return nil
}

// UnmarshalJSON rejects unknown fields.
func (r *Request) UnmarshalJSON(data []byte) error {
	type plain Request
	wire := struct {
		*plain
		Requires int `json:"requires"` // see generation.Format
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

// UnmarshalJSON keeps all digits of numbers in inputs.
func (s *StepResults) UnmarshalJSON(data []byte) error {
	type plain StepResults
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode((*plain)(s)); err != nil {
		return err
	}
	jsonvalue.Numbers(s.Input)
	for _, input := range s.ItemInput {
		jsonvalue.Numbers(input)
	}
	return nil
}

// UnmarshalJSON also accepts just a type.
func (i *Input) UnmarshalJSON(data []byte) error {
	type plain Input
	if isString(data) {
		return json.Unmarshal(data, &i.Type)
	}
	if err := strict.Decode(data, (*plain)(i)); err != nil {
		return err
	}
	i.Default = jsonvalue.Numbers(i.Default)
	jsonvalue.Numbers(i.Enum)
	return nil
}

// UnmarshalJSON also accepts just an amount.
func (b *Budget) UnmarshalJSON(data []byte) error {
	type plain Budget
	if isObject(data) {
		return strict.Decode(data, (*plain)(b))
	}
	if err := json.Unmarshal(data, &b.USD); err != nil {
		return err
	}
	return nil
}

// UnmarshalJSON also accepts just the items.
func (f *ForEach) UnmarshalJSON(data []byte) error {
	type plain ForEach
	if !isObject(data) {
		*f = ForEach{}
		if err := strict.Decode(data, &f.Items); err != nil {
			return err
		}
	} else if err := strict.Decode(data, (*plain)(f)); err != nil {
		return err
	}
	f.Items = jsonvalue.Numbers(f.Items)
	return nil
}

// UnmarshalJSON also accepts just the number of predictions.
func (r *Retry) UnmarshalJSON(data []byte) error {
	type plain Retry
	if isObject(data) {
		return strict.Decode(data, (*plain)(r))
	}
	return json.Unmarshal(data, &r.Predictions)
}

// UnmarshalJSON also accepts just a model.
func (f *Fallback) UnmarshalJSON(data []byte) error {
	type plain Fallback
	if isString(data) {
		return json.Unmarshal(data, &f.Model)
	}
	if err := strict.Decode(data, (*plain)(f)); err != nil {
		return err
	}
	jsonvalue.Numbers(f.Input)
	return nil
}

// UnmarshalJSON rejects unknown fields.
func (a *Approve) UnmarshalJSON(data []byte) error {
	type plain Approve
	if err := strict.Decode(data, (*plain)(a)); err != nil {
		return err
	}
	a.Show, a.Choose = jsonvalue.Numbers(a.Show), jsonvalue.Numbers(a.Choose)
	return nil
}

// UnmarshalJSON reads 10 or "5%".
func (t *Tolerance) UnmarshalJSON(data []byte) error {
	if !isString(data) {
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

func isObject(data []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) }
func isString(data []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(data), []byte(`"`)) }

func badDuration(text []byte) error {
	return fmt.Errorf("%q is not a duration such as 90s, 15m or 6h", text)
}
