package worker

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestVersion: workers report the version of the plugin that they were built with.
func TestVersion(t *testing.T) {
	t.Parallel()
	for want, info := range map[string]debug.BuildInfo{
		"v1.2.3": {Main: debug.Module{Path: "example.com/app", Version: "v0.1.0"}, Deps: []*debug.Module{{Path: module, Version: "v1.2.3"}}},
		"v1.3.0": {Main: debug.Module{Path: module, Version: "v1.3.0"}},
		"v1.2.4": {Deps: []*debug.Module{{Path: module, Version: "v1.2.3", Replace: &debug.Module{Path: "example.com/fork", Version: "v1.2.4"}}}},
		"":       {Main: debug.Module{Path: module, Version: "(devel)"}},
	} {
		require.Equal(t, want, versionIn(&info))
	}
	plugin, err := NewPlugin(Options{APIKey: "key"})
	require.NoError(t, err)
	require.Equal(t, version(), plugin.Version())
}
