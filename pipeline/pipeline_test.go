package pipeline_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// decode reads a definition that can be read.
func decode(t *testing.T, text string) pipeline.Definition {
	t.Helper()
	var d pipeline.Definition
	require.NoError(t, json.Unmarshal([]byte(text), &d))
	return d
}

func names[T any](of pipeline.Named[T]) (names []string) {
	for _, entry := range of {
		names = append(names, entry.Name)
	}
	return names
}
