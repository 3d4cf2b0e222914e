package tests

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
)

// modulePath is what users import and install from.
var modulePath = strings.TrimSuffix(module, "/")

// goCommand is a go command of README that gets this module.
var goCommand = regexp.MustCompile(`(?m)^go ((?:get|install) github\.com/\S+)$`)

// TestInstall gets the library and the program as README says, from a module proxy that has
// this very tree as the latest version, and builds the program that README shows with it.
func TestInstall(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join(stack.Root(), "README.md"))
	require.NoError(t, err)
	commands := goCommand.FindAllStringSubmatch(string(readme), -1)
	require.Len(t, commands, 2, "README has a go get and a go install")

	user := newUser(t)
	user.run("mod", "init", "example.com/media")
	for _, command := range commands {
		user.run(strings.Fields(command[1])...)
	}

	program, err := os.ReadFile(filepath.Join(stack.Root(), "examples", "embed", "main.go"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(user.dir, "main.go"), program, 0o600))
	user.run("build", "-mod=mod", ".")
	_, err = os.Stat(filepath.Join(user.dir, "media"))
	require.NoError(t, err)

	// The test that docs/testing.md shows runs in the user's module.
	require.NoError(t, os.WriteFile(filepath.Join(user.dir, "clip_test.go"), []byte(shownTest(t)), 0o600))
	require.Contains(t, user.run("test", "-mod=mod", "-v", "."), "--- PASS: TestClip")

	printed, err := exec.Command(filepath.Join(user.bin, "wavespeed-temporal"), "version").CombinedOutput()
	require.NoError(t, err, "%s", printed)
	require.Contains(t, string(printed), user.version)
}

// shownTest is the first test of docs/testing.md, as a file.
func shownTest(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(stack.Root(), "docs", "testing.md"))
	require.NoError(t, err)
	block := quoted.FindStringSubmatch(string(text))
	require.NotNil(t, block)
	return `package main

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"` + modulePath + `/examples/clip"
	"` + modulePath + `/workflows/workflowstest"
)

` + block[2]
}

// user is a person with their own module, and a module proxy that serves this tree.
type user struct {
	t       *testing.T
	dir     string
	bin     string
	proxy   string
	version string
}

// newUser publishes this tree. It uses the modules and compiled packages of the user who runs
// the test, so that only this module is compiled.
func newUser(t *testing.T) *user {
	t.Helper()
	u := &user{t: t, dir: t.TempDir(), bin: t.TempDir(), proxy: t.TempDir()}
	u.publish()
	t.Cleanup(u.forget)
	return u
}

// run runs a go command in the user's module.
func (u *user) run(args ...string) string {
	u.t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = u.dir
	cmd.Env = append(os.Environ(), "GOPROXY=file://"+u.proxy+","+goEnv(u.t, "GOPROXY"), "GOSUMDB=off", "GOBIN="+u.bin, "GOFLAGS=", "GOWORK=off")
	output, err := cmd.CombinedOutput()
	require.NoError(u.t, err, "go %s: %s", strings.Join(args, " "), output)
	return string(output)
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	value, err := exec.Command("go", "env", name).Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(value))
}

// publish writes what a module proxy serves. The version names the content, so that the
// build cache knows it again, and the place, so that other checkouts have another.
func (u *user) publish() {
	u.t.Helper()
	files := moduleFiles(u.t)
	digest := sha256.New()
	fmt.Fprintln(digest, stack.Root())
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(stack.Root(), file))
		require.NoError(u.t, err)
		fmt.Fprintln(digest, file, len(text))
		digest.Write(text)
	}
	u.version = "v0.1.0-tree." + hex.EncodeToString(digest.Sum(nil))[:12]

	mod, err := os.ReadFile(filepath.Join(stack.Root(), "go.mod"))
	require.NoError(u.t, err)
	dir := filepath.Join(u.proxy, filepath.FromSlash(modulePath), "@v")
	require.NoError(u.t, os.MkdirAll(dir, 0o750))
	for name, content := range map[string][]byte{
		"list":              []byte(u.version + "\n"),
		u.version + ".info": fmt.Appendf(nil, `{"Version":%q,"Time":%q}`, u.version, time.Now().UTC().Format(time.RFC3339)),
		u.version + ".mod":  mod,
		u.version + ".zip":  zipped(u.t, modulePath+"@"+u.version, files),
	} {
		require.NoError(u.t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
	}
}

// moduleFiles are those of a published module: what git has, without nested modules.
func moduleFiles(t *testing.T) (files []string) {
	t.Helper()
	cmd := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = stack.Root()
	listed, err := cmd.Output()
	require.NoError(t, err)
	all := strings.Split(strings.TrimRight(string(listed), "\x00"), "\x00")
	nested := make(map[string]bool)
	for _, file := range all {
		if path.Base(file) == "go.mod" && file != "go.mod" {
			nested[path.Dir(file)] = true
		}
	}
	for _, file := range all {
		info, err := os.Lstat(filepath.Join(stack.Root(), file))
		if err == nil && info.Mode().IsRegular() && !isBelow(file, nested) {
			files = append(files, file)
		}
	}
	return files
}

func isBelow(file string, dirs map[string]bool) bool {
	for dir := path.Dir(file); dir != "."; dir = path.Dir(dir) {
		if dirs[dir] {
			return true
		}
	}
	return false
}

func zipped(t *testing.T, prefix string, files []string) []byte {
	t.Helper()
	var buffer bytes.Buffer
	archive := zip.NewWriter(&buffer)
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(stack.Root(), file))
		require.NoError(t, err)
		entry, err := archive.Create(prefix + "/" + file)
		require.NoError(t, err)
		_, err = entry.Write(text)
		require.NoError(t, err)
	}
	require.NoError(t, archive.Close())
	return buffer.Bytes()
}

// forget takes the version out of the module cache again. Its files are read-only.
func (u *user) forget() {
	cache := goEnv(u.t, "GOMODCACHE")
	extracted := filepath.Join(cache, filepath.FromSlash(modulePath)+"@"+u.version)
	_ = filepath.WalkDir(extracted, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			_ = os.Chmod(path, 0o700) // #nosec G302 -- a directory
		}
		return nil
	})
	_ = os.RemoveAll(extracted)
	downloads, _ := filepath.Glob(filepath.Join(cache, "cache", "download", filepath.FromSlash(modulePath), "@v", u.version+".*"))
	for _, path := range downloads {
		_ = os.Remove(path)
	}
}
