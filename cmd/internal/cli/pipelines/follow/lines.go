package follow

import (
	"encoding/json"
	"fmt"
	"strings"
)

// maxLine is how long a line may be that holds a whole list.
const maxLine = 100

// outputLines are an output in one line, or in one for each member of a long list.
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

// encodeJSON is a value in one line of JSON, with & < > as they are.
func encodeJSON(value any) (string, error) {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return strings.TrimSuffix(text.String(), "\n"), err
}
