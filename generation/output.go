package generation

import (
	"encoding/json"
	"strings"
)

// Output is one output of a prediction as returned by the provider: usually a file's URL,
// sometimes a text or an object, which json.Unmarshal decodes.
type Output json.RawMessage

// MarshalJSON returns the output unchanged.
func (o Output) MarshalJSON() ([]byte, error) { return json.RawMessage(o).MarshalJSON() }

// UnmarshalJSON stores data unchanged.
func (o *Output) UnmarshalJSON(data []byte) error { return (*json.RawMessage)(o).UnmarshalJSON(data) }

// URL returns the URL of the output's file, given as a string or as an object's "url"; "" if it
// has none.
func (o Output) URL() string {
	text := o.Text()
	if text == "" {
		var object struct {
			URL string `json:"url"`
		}
		if json.Unmarshal(o, &object) != nil {
			return ""
		}
		text = object.URL
	}
	if !strings.HasPrefix(text, "https://") && !strings.HasPrefix(text, "http://") {
		return ""
	}
	return text
}

// Text returns the output if it is a string of any kind; "" otherwise.
func (o Output) Text() string {
	var text string
	if json.Unmarshal(o, &text) != nil {
		return ""
	}
	return text
}

// String returns the output's text, or its JSON.
func (o Output) String() string {
	if text := o.Text(); text != "" {
		return text
	}
	return string(o)
}
