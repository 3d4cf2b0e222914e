package cli_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli"
)

// TestSchemas are printed without any setting, as one JSON document each.
func TestSchemas(t *testing.T) {
	t.Parallel()
	for command, title := range map[string]string{
		"schema generate": "A request to the workflow wavespeed.Generate",
		"schema pipeline": "A request to the workflow wavespeed.Pipeline",
		"pipeline schema": "A pipeline of wavespeed-temporal",
	} {
		var out, failures bytes.Buffer
		code := cli.Run(t.Context(), strings.Fields(command), nil, cli.Streams{In: strings.NewReader(""), Out: &out, Err: &failures})
		require.Zero(t, code, failures.String())
		var schema struct{ Title string }
		require.NoError(t, json.Unmarshal(out.Bytes(), &schema), command)
		require.Equal(t, title, schema.Title)
	}
}
