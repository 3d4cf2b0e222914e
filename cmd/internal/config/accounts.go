package config

import (
	"fmt"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// accountNames parses account names, each of which must have variables of its own. Errors don't
// repeat a rejected name, because it may be a key.
func accountNames(v string) ([]string, error) {
	names := list(v)
	taken := make(map[string]bool)
	for i, name := range names {
		suffix := suffix(name)
		switch {
		case strings.ContainsFunc(name, isNoNameRune):
			return nil, fmt.Errorf("name %d contains characters other than letters, digits and dashes", i+1)
		case name == generation.DefaultAccount:
			return nil, fmt.Errorf("name %d is %q, which always exists: its key is WAVESPEED_API_KEY", i+1, name)
		case strings.HasSuffix(suffix, fileSuffix):
			return nil, fmt.Errorf("name %d ends in \"file\", which is reserved for variables that name files", i+1)
		case taken[suffix]:
			return nil, fmt.Errorf("name %d maps to the same variables as another name", i+1)
		}
		taken[suffix] = true
	}
	return names, nil
}

func isNoNameRune(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-')
}

// suffix is what an account's name adds to its variables' names.
func suffix(account string) string {
	if account == generation.DefaultAccount {
		return ""
	}
	return "_" + strings.ToUpper(strings.ReplaceAll(account, "-", "_"))
}

// KeyVariable returns the variable for an account's API key.
func KeyVariable(account string) string { return "WAVESPEED_API_KEY" + suffix(account) }

// LimitsVariable returns the variable for an account's limits.
func LimitsVariable(account string) string { return "WAVESPEED_LIMITS" + suffix(account) }

// of returns the setting of another account, which has no flag.
func (s Setting) of(account string) Setting {
	s.Env += suffix(account)
	s.Flag = ""
	return s
}
