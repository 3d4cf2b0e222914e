// Package tests shows from outside what the dev server does: each test starts
// the built binary as a process and talks to it as its users do.
package tests

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// binary is the dev server under test.
var binary string

func TestMain(m *testing.M) {
	out, err := filepath.Abs("../../bin/devserver")
	if err != nil {
		fail(err)
	}
	build := exec.Command("sh", "../build.sh", out)
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fail(err)
	}
	binary = out
	os.Exit(m.Run())
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "cannot build the dev server:", err)
	os.Exit(1)
}
