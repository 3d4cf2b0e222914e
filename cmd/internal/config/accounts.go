package config

import (
	"fmt"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// accountNames are names of which each makes variables of its own. A name that is
// refused is not repeated: somebody may have given keys instead.
func accountNames(v string) ([]string, error) {
	names := list(v)
	taken := make(map[string]bool)
	for i, name := range names {
		suffix := suffix(name)
		switch {
		case strings.ContainsFunc(name, isNoNameRune):
			return nil, fmt.Errorf("name %d holds something other than letters, digits and dashes", i+1)
		case name == generation.DefaultAccount:
			return nil, fmt.Errorf("name %d is %q, which is there anyway: its key is WAVESPEED_API_KEY", i+1, name)
		case strings.HasSuffix(suffix, fileSuffix):
			return nil, fmt.Errorf("name %d ends in \"file\", as variables do that name files", i+1)
		case taken[suffix]:
			return nil, fmt.Errorf("name %d has the same variables as another", i+1)
		}
		taken[suffix] = true
	}
	return names, nil
}

func isNoNameRune(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-')
}

// suffix is what an account's name adds to a variable's.
func suffix(account string) string {
	if account == generation.DefaultAccount {
		return ""
	}
	return "_" + strings.ToUpper(strings.ReplaceAll(account, "-", "_"))
}

// KeyVariable is the variable with an account's API key.
func KeyVariable(account string) string { return "WAVESPEED_API_KEY" + suffix(account) }

// of is a setting as another account has it, without a flag.
func (s Setting) of(account string) Setting {
	s.Env += suffix(account)
	s.Flag = ""
	return s
}
