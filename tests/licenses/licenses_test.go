package main

import (
	"strings"
	"testing"
)

// TestLinkedLicensesArePermissive, those of what is linked into the programs.
func TestLinkedLicensesArePermissive(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"./cmd/wavespeed-temporal", "./cmd/wavespeed-simulator"} {
		var list strings.Builder
		if err := run(&list, "../..", program); err != nil {
			t.Errorf("%s: %v\n%s", program, err, &list)
		}
		if !strings.Contains(list.String(), "github.com/spf13/cobra") {
			t.Errorf("%s: the list misses what is certainly linked:\n%s", program, &list)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	for name, ids := range map[string][]string{"none": nil, "copyleft": {"GPL-3.0"}, "one of two": {"MIT", "AGPL-3.0"}} {
		if check(module{Path: name, Licenses: ids}) == nil {
			t.Errorf("%s: not refused", name)
		}
	}
	if err := check(module{Licenses: []string{"MIT", "Apache-2.0"}}); err != nil {
		t.Error(err)
	}
}
