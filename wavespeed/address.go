package wavespeed

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/loopback"
)

// parseBaseURL gives the base without a slash at its end.
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

// parseAddress reads an absolute URL that may be called: https, or http where
// nobody else can listen. Its errors do not repeat the address, which may be a
// capability.
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
		return nil, errors.New("must hold no user name or password")
	case u.Fragment != "":
		return nil, errors.New("must have no fragment")
	case u.Scheme == "http" && !allowHTTP && !loopback.Is(u.Hostname()):
		return nil, fmt.Errorf("must begin with https://, since %s is not this machine", u.Hostname())
	}
	return u, nil
}

// hostOf is the host and port of an address, for errors.
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
