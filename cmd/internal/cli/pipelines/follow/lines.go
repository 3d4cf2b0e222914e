package follow

import (
	"encoding/json"
	"fmt"
	"strings"
)

// maxLine is the maximum length of a line that holds a whole list.
const maxLine = 100

// outputLines formats an output on one line, or one line per member if it is a long list.
func outputLines(name string, value any) []string {
	text := plainText(value)
	list, isList := value.([]any)
	if !isList || len(name)+len("\t")+len(text) <= maxLine {
		return []string{name + "\t" + text}
	}
	lines := make([]string, len(list))
	for i, member := range list {
		lines[i] = fmt.Sprintf("%s[%d]\t%s", name, i, plainText(member))
	}
	return lines
}

func plainText(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	encoded, err := encodeJSON(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return encoded
}

// encodeJSON encodes a value on one line, without escaping & < >.
func encodeJSON(value any) (string, error) {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return strings.TrimSuffix(text.String(), "\n"), err
}
