// Package predictionid validates prediction ids, which people write and which are put into URLs.
package predictionid

import (
	"fmt"
	"strings"
)

// maxBytes is far longer than the provider's ids, which have 32 characters.
const maxBytes = 256

// Validate checks whether an id can be a prediction id: 1 to 256 letters, digits,
// dots, dashes and underscores. It does not check whether the prediction exists.
func Validate(id string) error {
	switch {
	case id == "":
		return fmt.Errorf("a prediction id is empty")
	case len(id) > maxBytes:
		return fmt.Errorf("a prediction id has %d characters, more than %d", len(id), maxBytes)
	case strings.Trim(id, ".") == "" || strings.ContainsFunc(id, func(c rune) bool { return !isIDRune(c) }):
		return fmt.Errorf("%q is not a prediction id, which has only letters, digits, dots, dashes and underscores", id)
	}
	return nil
}

func isIDRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r)
}
