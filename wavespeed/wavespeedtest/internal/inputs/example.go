package inputs

import (
	"encoding/json"
	"fmt"
)

// Example returns an input with all required fields, different for each number.
func (s Schema) Example(number int) json.RawMessage {
	in := Input{}
	for _, name := range append([]string{"prompt"}, s.Required...) {
		p := s.Properties[name]
		switch {
		case !s.Knows(name):
		case p.Default != nil:
			in[name] = p.Default
		case len(p.Enum) > 0:
			in[name] = p.Enum[0]
		case p.Type == "array":
			in[name] = []string{fmt.Sprintf("https://example.com/%d.png", number)}
		case p.numeric():
			in[name] = 1
		case p.Type == "boolean":
			in[name] = false
		case name == "prompt" || name == "text":
			in[name] = fmt.Sprintf("a picture for somebody else, number %d", number)
		default:
			in[name] = fmt.Sprintf("https://example.com/%d.png", number)
		}
	}
	return encode(in)
}

// Superset returns the input with one additional field, if the schema allows one.
func (s Schema) Superset(raw json.RawMessage) json.RawMessage {
	var fields Fields
	if json.Unmarshal(raw, &fields) != nil {
		return raw
	}
	before := len(fields)
	for _, name := range s.order() {
		if s.Properties[name].Default != nil && len(fields) == before {
			if _, given := fields[name]; !given {
				fields[name] = encode(s.Properties[name].Default)
			}
		}
	}
	return encode(fields)
}
