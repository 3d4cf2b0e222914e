package pipeline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/strict"
)

// UnmarshalJSON refuses fields that it does not know, except for "$schema", which is for
// editors: a file's content is a definition as it is.
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
		d.Outputs[i].Value = numbers(d.Outputs[i].Value)
	}
	return nil
}

// UnmarshalJSON refuses fields that it does not know.
func (s *Step) UnmarshalJSON(data []byte) error {
	type plain Step
	if err := strict.Decode(data, (*plain)(s)); err != nil {
		return err
	}
	numbers(s.Input)
	return nil
}

// UnmarshalJSON refuses fields that it does not know.
func (r *Run) UnmarshalJSON(data []byte) error {
	type plain Run
	wire := struct {
		*plain
		Requires int `json:"requires"` // see generation.Format
	}{plain: (*plain)(r)}
	if err := strict.Decode(data, &wire); err != nil {
		return err
	}
	numbers(r.Inputs)
	if r.Resume != nil {
		for _, input := range r.Resume.Input {
			numbers(input)
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
	numbers(s.Input)
	for _, input := range s.ItemInput {
		numbers(input)
	}
	return nil
}

// UnmarshalJSON also reads a type alone.
func (i *Input) UnmarshalJSON(data []byte) error {
	type plain Input
	if isString(data) {
		return json.Unmarshal(data, &i.Type)
	}
	if err := strict.Decode(data, (*plain)(i)); err != nil {
		return err
	}
	i.Default = numbers(i.Default)
	numbers(i.Enum)
	return nil
}

// UnmarshalJSON also reads an amount alone.
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

// UnmarshalJSON also reads the items alone.
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
	f.Items = numbers(f.Items)
	return nil
}

// UnmarshalJSON also reads the number of predictions alone.
func (r *Retry) UnmarshalJSON(data []byte) error {
	type plain Retry
	if isObject(data) {
		return strict.Decode(data, (*plain)(r))
	}
	return json.Unmarshal(data, &r.Predictions)
}

// UnmarshalJSON also reads a model alone.
func (f *Fallback) UnmarshalJSON(data []byte) error {
	type plain Fallback
	if isString(data) {
		return json.Unmarshal(data, &f.Model)
	}
	if err := strict.Decode(data, (*plain)(f)); err != nil {
		return err
	}
	numbers(f.Input)
	return nil
}

// UnmarshalJSON refuses fields that it does not know.
func (a *Approve) UnmarshalJSON(data []byte) error {
	type plain Approve
	if err := strict.Decode(data, (*plain)(a)); err != nil {
		return err
	}
	a.Show, a.Choose = numbers(a.Show), numbers(a.Choose)
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
		return fmt.Errorf("tolerate: %q is neither a number of items nor a share such as 5%%", text)
	}
	t.Percent = percent
	return nil
}

func isObject(data []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) }
func isString(data []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(data), []byte(`"`)) }

func badDuration(text []byte) error {
	return fmt.Errorf("%q is not a duration such as 90s, 15m or 6h", text)
}

func isDigits(text string) bool {
	return strings.Trim(strings.TrimPrefix(text, "-"), "0123456789") == ""
}

func formatNumber(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// numbers makes whole numbers int and others float64, in place where it can: expressions
// tell them apart, and an index must be whole. Those that neither can hold stay as they are
// written: an expression can hand them on and can't count with them.
func numbers(value any) any {
	switch value := value.(type) {
	case json.Number:
		if whole, err := strconv.Atoi(value.String()); err == nil {
			return whole
		}
		float, err := value.Float64()
		if err != nil || isDigits(value.String()) && formatNumber(float) != value.String() {
			return value // with all of its digits, to be handed on
		}
		return numbers(float)
	case float64:
		if value == math.Trunc(value) && math.Abs(value) < 1<<63 {
			return int(value)
		}
	case map[string]any:
		for key, member := range value {
			value[key] = numbers(member)
		}
	case []any:
		for i, member := range value {
			value[i] = numbers(member)
		}
	}
	return value
}

// Decode reads one JSON value as expressions see it: whole numbers as int, others as
// float64, and those that neither can hold as [json.Number]. It fails if more follows the
// value.
func Decode(data []byte) (any, error) {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more after the JSON value")
	}
	return numbers(value), nil
}

// Normal is a Go value as expressions see it: what its JSON decodes to.
func Normal(value any) (any, error) {
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return Decode(encoded)
}
