package tests

import (
	"io"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
)

// TestDrivenBySDK uses each option of the SDK's function for the temporal
// command.
func TestDrivenBySDK(t *testing.T) {
	t.Parallel()
	model := temporal.NewSearchAttributeKeyKeyword("Model")
	server, err := testsuite.StartDevServer(bounded(t), testsuite.DevServerOptions{
		ExistingPath:     binary,
		ClientOptions:    &client.Options{Namespace: "media", Logger: quiet{}},
		DBFilename:       filepath.Join(t.TempDir(), "dev.db"),
		EnableUI:         true,
		LogLevel:         "error",
		LogFormat:        "json",
		SearchAttributes: temporal.NewSearchAttributes(model.ValueSet("")),
		ExtraArgs:        []string{"--sqlite-pragma", "synchronous=0"},
		Stdout:           io.Discard,
		Stderr:           io.Discard,
	})
	require.NoError(t, err)

	c := server.Client()
	work(t, c)
	run := begin(t, c, client.StartWorkflowOptions{
		TypedSearchAttributes: temporal.NewSearchAttributes(model.ValueSet("flux")),
	}, greet, "you")
	requireResult(t, run, "Hello, you")
	requireFound(t, c, `Model = "flux"`, run.GetID())
	require.NoError(t, server.Stop())
}
