package wavespeed

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/loopback"
)

// parseBaseURL returns the base without a trailing slash.
func parseBaseURL(text string, allowHTTP bool) (string, error) {
	u, err := parseAddress(text, allowHTTP)
	if err != nil {
		return "", err
	}
	if u.RawQuery != "" || u.ForceQuery {
		return "", errors.New("must have no query")
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	if path == "" {
		path = "/api/v3"
	}
	return u.Scheme + "://" + u.Host + path, nil
}

// parseAddress parses an absolute URL that may be called: https, or http to this machine.
// Errors don't repeat the URL, which may be secret.
func parseAddress(text string, allowHTTP bool) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("is not a URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("must begin with https://")
	case u.Hostname() == "":
		return nil, errors.New("has no host")
	case u.User != nil:
		return nil, errors.New("must not contain a user name or password")
	case u.Fragment != "":
		return nil, errors.New("must have no fragment")
	case u.Scheme == "http" && !allowHTTP && !loopback.Is(u.Hostname()):
		return nil, fmt.Errorf("must begin with https://, because %s is not this machine", u.Hostname())
	}
	return u, nil
}

// hostOf returns the host and port of a URL, for errors.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	if u.Port() == "" {
		return u.Hostname()
	}
	return net.JoinHostPort(u.Hostname(), u.Port())
}
