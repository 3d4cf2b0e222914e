package file

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/schema"
)

// elsewhere maps other tools' names for a step's fields to ours.
var elsewhere = map[string]string{
	"depends_on": "needs", "dependsOn": "needs", "after": "needs",
	"when": "if", "condition": "if",
	"foreach": "for_each", "with_items": "for_each", "matrix": "for_each", "loop": "for_each",
	"uses": "model", "with": "input", "inputs": "input", "params": "input", "parameters": "input",
	"retries": "retry", "timeout_seconds": "timeout",
}

var durations = []string{"timeout", "wait"}

// cured adds to a finding's message what to write instead, if known.
func cured(finding schema.Finding) string {
	path, message := finding.Path, finding.Message
	if len(path) == 0 {
		return message
	}
	last := path[len(path)-1]
	inStep := len(path) == 3 && path[0] == "steps"
	switch {
	case message == "is not known" && inStep && elsewhere[last] != "":
		return message + "; write " + elsewhere[last]
	case message == "is not known" && inStep:
		return message + "; fields of the model belong in input"
	case strings.HasPrefix(message, "is of type array") && len(path) == 1 && slices.Contains([]string{"steps", "inputs", "outputs"}, last):
		return fmt.Sprintf("is a list; must be a mapping. Write each %s under its name, without a dash", strings.TrimSuffix(last, "s"))
	case strings.HasPrefix(message, "is of type number") && slices.Contains(durations, last):
		return "must be a duration with a unit, such as 90s, 15m or 6h"
	}
	return message
}
