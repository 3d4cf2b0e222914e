package webhook

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/loopback"
)

// ValidateBaseURL tells whether the provider can be given addresses under base: an
// https URL without user, query or fragment. Plain http is for this machine, or for
// any host with allowHTTP. Errors name no user and no query, which may be secret.
func ValidateBaseURL(base string, allowHTTP bool) error {
	u, err := url.Parse(base)
	switch {
	case err != nil:
		return errors.New("is not a URL")
	case u.Hostname() == "":
		return errors.New("has no host; give the whole address, as https://media.example.com/webhooks/wavespeed")
	case u.User != nil:
		return errors.New("holds a user, which would be sent to the provider")
	case strings.ContainsAny(base, "?#"):
		return errors.New("has a query or a fragment; the address must be the last part of the path")
	case !isCleanPath(u.EscapedPath()):
		return fmt.Errorf("%q has empty or dotted parts in its path, which servers answer with a redirect", base)
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && (allowHTTP || loopback.Is(u.Hostname())):
		return nil
	default:
		return fmt.Errorf("%q is not https, which the provider needs to reach it", base)
	}
}

// isCleanPath tells whether [http.ServeMux] takes the path as it is.
func isCleanPath(escaped string) bool {
	trimmed := strings.TrimSuffix(escaped, "/")
	return trimmed == "" || path.Clean(trimmed) == trimmed
}

// URL is where the provider reaches an address.
func URL(base, address string) string { return strings.TrimRight(base, "/") + "/" + address }
