package stack

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	buildMu  sync.Mutex
	buildDir string
	built    = map[string]string{}
)

// Build compiles the program cmd/name, once for all tests, with the race detector when
// the tests have it.
func Build(t testing.TB, name string) string {
	t.Helper()
	return BuildPackage(t, "./cmd/"+name)
}

// BuildPackage does the same for any program of the root module.
func BuildPackage(t testing.TB, pkg string) string {
	t.Helper()
	return build(t, pkg, raceEnabled)
}

// BuildPlain compiles a program as users do, without the race detector.
func BuildPlain(t testing.TB, pkg string) string {
	t.Helper()
	return build(t, pkg, false)
}

func build(t testing.TB, pkg string, race bool) string {
	t.Helper()
	buildMu.Lock()
	defer buildMu.Unlock()
	name := filepath.Base(pkg)
	if race {
		name += "-race"
	}
	if path, ok := built[name]; ok {
		return path
	}
	if buildDir == "" {
		var err error
		buildDir, err = os.MkdirTemp("", "wavespeed-temporal-test-")
		require.NoError(t, err)
	}
	path := filepath.Join(buildDir, name)
	args := []string{"build", "-o", path}
	if race {
		args = append(args, "-race")
	}
	cmd := exec.Command("go", append(args, pkg)...)
	cmd.Dir = Root()
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", output)
	built[name] = path
	return path
}

// Cleanup removes what Build made; a package's TestMain calls it at its end.
func Cleanup() {
	buildMu.Lock()
	defer buildMu.Unlock()
	if buildDir != "" {
		_ = os.RemoveAll(buildDir)
	}
}

// Root is the folder of the root module.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}
