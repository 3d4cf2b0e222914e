// Command licenses lists the licences of all modules that are linked into a program,
// and fails when one is not permissive:
//
//	go run . DIRECTORY PACKAGE
//
// The directory is that of the module whose package it is.
package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/google/licensecheck"
)

// permissive licences ask for no more than to be named.
var permissive = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"}

// unstated have no licence file; each is here for a reason.
var unstated = map[string]string{
	"github.com/nexus-rpc/nexus-proto-annotations": "generated code of Temporal's, whose go.temporal.io/api (MIT) needs it",
}

// module is one that is linked in, with the licences that its files show.
type module struct {
	Path, Version, Dir string
	Licenses           []string
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: licenses DIRECTORY PACKAGE")
		os.Exit(2)
	}
	if err := run(os.Stdout, os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "licenses:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, directory, pkg string) error {
	modules, err := linked(directory, pkg)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	var refused []error
	for _, m := range modules {
		if m.Licenses, err = licenses(m.Dir); err != nil {
			return err
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", m.Path, m.Version, cmp.Or(strings.Join(m.Licenses, ", "), "none stated"))
		refused = append(refused, check(m))
	}
	return errors.Join(table.Flush(), errors.Join(refused...))
}

// linked are the modules that a program consists of.
func linked(directory, pkg string) ([]module, error) {
	cmd := exec.Command("go", "list", "-deps", "-json=Module", pkg) // #nosec G204 -- this is what it is for
	cmd.Dir, cmd.Stderr = directory, os.Stderr
	output, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	found := map[string]module{}
	for decoder := json.NewDecoder(strings.NewReader(string(output))); ; {
		var p struct{ Module *module }
		if err := decoder.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		if p.Module != nil {
			found[p.Module.Path] = *p.Module
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b module) int { return cmp.Compare(a.Path, b.Path) }), nil
}

// licenses are those that the files at a module's root are.
func licenses(directory string) ([]string, error) {
	found := map[string]bool{}
	for _, pattern := range []string{"LICEN[CS]E*", "COPYING*"} {
		files, err := filepath.Glob(filepath.Join(directory, pattern))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			for _, match := range licensecheck.Scan(text).Match {
				if !match.IsURL {
					found[match.ID] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// check refuses a module without a licence, or with one that asks for more.
func check(m module) error {
	if len(m.Licenses) == 0 && unstated[m.Path] == "" {
		return fmt.Errorf("%s: no licence found", m.Path)
	}
	for _, id := range m.Licenses {
		if !slices.Contains(permissive, id) {
			return fmt.Errorf("%s: %s is not one of %s", m.Path, id, strings.Join(permissive, ", "))
		}
	}
	return nil
}
