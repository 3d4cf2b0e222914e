package file

import (
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// Value parses one value from YAML or JSON. name is only shown, except that a file with the
// extension .json must be JSON. Objects are map[string]any, lists []any, and numbers
// [encoding/json.Number] with all of their digits. It fails with [pipeline.Problems] unless the
// whole text is one value: see docs/pipelines.md for the accepted forms.
func Value(name string, content []byte) (any, error) {
	_, value, err := parse(name, content, "the file is empty")
	if err != nil {
		return nil, err
	}
	return unordered(value), nil
}

// unordered converts mappings to maps.
func unordered(value any) any {
	switch value := value.(type) {
	case pipeline.Named[any]:
		object := make(map[string]any, len(value))
		for _, entry := range value {
			object[entry.Name] = unordered(entry.Value)
		}
		return object
	case []any:
		for i := range value {
			value[i] = unordered(value[i])
		}
	}
	return value
}
