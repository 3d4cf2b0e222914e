package compose

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
)

// file is what is looked at of docker-compose.yml.
type file struct {
	Name     string
	Version  string
	Services map[string]service
	Volumes  map[string]any
}

type service struct {
	Image         string
	Build         any
	ContainerName string `yaml:"container_name"`
	Privileged    bool
	Restart       string
	ReadOnly      bool     `yaml:"read_only"`
	CapDrop       []string `yaml:"cap_drop"`
	SecurityOpt   []string `yaml:"security_opt"`
	Ports         []string
	Volumes       []string
	Profiles      []string
	Healthcheck   map[string]any
	DependsOn     map[string]struct{ Condition string } `yaml:"depends_on"`
	Environment   map[string]string
}

func read(t *testing.T) file {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(stack.Root(), "docker-compose.yml"))
	require.NoError(t, err)
	var f file
	require.NoError(t, yaml.Unmarshal(text, &f))
	require.NotEmpty(t, f.Services)
	return f
}

// oneShot are services that end when they have done their work.
var oneShot = []string{"schema", "setup"}

func TestServicesAreSafe(t *testing.T) {
	t.Parallel()
	f := read(t)
	require.Equal(t, "wavespeed-temporal", f.Name)
	require.Empty(t, f.Version, "version: is obsolete")
	for name, s := range f.Services {
		require.Empty(t, s.ContainerName, "%s: a fixed name forbids --scale and a second stack", name)
		require.False(t, s.Privileged, name)
		require.True(t, s.ReadOnly, "%s: its root can be written to", name)
		require.Equal(t, []string{"ALL"}, s.CapDrop, name)
		require.Equal(t, []string{"no-new-privileges:true"}, s.SecurityOpt, name)
		if slices.Contains(oneShot, name) {
			require.Contains(t, s.Restart, "on-failure", name)
		} else {
			require.Equal(t, "unless-stopped", s.Restart, name)
		}
		for _, volume := range s.Volumes {
			source, _, _ := strings.Cut(volume, ":")
			require.Contains(t, f.Volumes, source, "%s: %s is not a named volume, and is lost with its container", name, volume)
		}
	}
}

// TestPortsAreOfThisMachine: all but the TLS front's.
func TestPortsAreOfThisMachine(t *testing.T) {
	t.Parallel()
	for name, s := range read(t).Services {
		if name == "tls" {
			require.Equal(t, []string{"tls"}, s.Profiles)
			continue
		}
		for _, port := range s.Ports {
			require.True(t, strings.HasPrefix(port, "127.0.0.1:"), "%s publishes %s to everybody", name, port)
		}
	}
}

// TestVersionsArePinned, each with a variable to choose another.
func TestVersionsArePinned(t *testing.T) {
	t.Parallel()
	for name, s := range read(t).Services {
		require.Regexp(t, `^[\w./-]+:\$\{[A-Z_]+:-[\w.-]+\}$`, s.Image, name)
		require.NotContains(t, s.Image, "latest", name)
	}
	dockerfile, err := os.ReadFile(filepath.Join(stack.Root(), "Dockerfile"))
	require.NoError(t, err)
	for _, banned := range []string{"# syntax", "RUN --mount", "COPY --chmod", ":latest", "\nADD "} {
		require.NotContains(t, string(dockerfile), banned)
	}
}

// TestServicesWaitForEachOther: for health or for an end, never for a mere start.
func TestServicesWaitForEachOther(t *testing.T) {
	t.Parallel()
	f := read(t)
	for name, s := range f.Services {
		for other, on := range s.DependsOn {
			require.Contains(t, f.Services, other)
			want := "service_healthy"
			if slices.Contains(oneShot, other) {
				want = "service_completed_successfully"
			}
			require.Equal(t, want, on.Condition, "%s waits for %s", name, other)
		}
		// Those without one have it from their image, which is ours.
		if !slices.Contains(oneShot, name) && s.Build == nil && !strings.HasPrefix(s.Image, "wavespeed-temporal:") {
			require.NotEmpty(t, s.Healthcheck, name)
		}
	}
}

// TestSecretsAreNotInTheFile, nor in what is committed beside it.
func TestSecretsAreNotInTheFile(t *testing.T) {
	t.Parallel()
	for name, s := range read(t).Services {
		for key, value := range s.Environment {
			if strings.Contains(key, "PASSWORD") || strings.Contains(key, "PWD") || strings.Contains(key, "KEY") || strings.Contains(key, "SECRET") {
				require.Regexp(t, `^\$\{`, value, "%s: %s", name, key)
			}
		}
	}
	example, err := os.ReadFile(filepath.Join(stack.Root(), ".env.example"))
	require.NoError(t, err)
	for line := range strings.Lines(string(example)) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if ok && !strings.HasPrefix(key, "#") && (strings.HasSuffix(key, "KEY") || strings.HasSuffix(key, "PASSWORD") || strings.HasSuffix(key, "SECRET")) {
			require.Empty(t, value, "%s has a value for everybody", key)
		}
	}
}
