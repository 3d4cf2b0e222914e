// Package callback makes the URLs that the provider calls.
package callback

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/loopback"
)

// ValidateBase checks whether base can be the base of webhook addresses: an https URL
// without user, query or fragment. Plain http is allowed for this machine, or for any host with
// allowHTTP. Errors omit users and queries, which may be secret.
func ValidateBase(base string, allowHTTP bool) error {
	u, err := url.Parse(base)
	switch {
	case err != nil:
		return errors.New("is not a URL")
	case u.Hostname() == "":
		return errors.New("has no host; use a complete URL, such as https://media.example.com/webhooks/wavespeed")
	case u.User != nil:
		return errors.New("contains a user, which would be sent to the provider")
	case strings.ContainsAny(base, "?#"):
		return errors.New("has a query or a fragment; the address must be the last part of the path")
	case !isCleanPath(u.EscapedPath()):
		return fmt.Errorf("%q has empty or dotted path segments, for which servers return a redirect", base)
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && (allowHTTP || loopback.Is(u.Hostname())):
		return nil
	default:
		return fmt.Errorf("%q is not https, which the provider requires", base)
	}
}

// isCleanPath reports whether [http.ServeMux] accepts the path unchanged.
func isCleanPath(escaped string) bool {
	trimmed := strings.TrimSuffix(escaped, "/")
	return trimmed == "" || path.Clean(trimmed) == trimmed
}

// URL returns the URL of an address.
func URL(base, address string) string { return strings.TrimRight(base, "/") + "/" + address }
