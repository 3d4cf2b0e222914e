package download

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/loopback"
)

// RefusedError is returned for a URL, or the address behind it, from which nothing is
// downloaded.
type RefusedError struct{ Reason string }

func (e *RefusedError) Error() string { return "refused: " + e.Reason }

func refused(format string, values ...any) error {
	return &RefusedError{Reason: fmt.Sprintf(format, values...)}
}

// guard decides which connections are allowed: to public addresses at the standard ports, and
// to the provider that the user configured.
type guard struct {
	trusted string // host:port in canonical form; "" for none
	dialer  net.Dialer
	proxy   func(*http.Request) (*url.URL, error)
}

const (
	connectTimeout = 10 * time.Second
	maxRedirects   = 10
)

func newGuard(baseURL string) (*guard, error) {
	g := &guard{dialer: net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second}, proxy: http.ProxyFromEnvironment}
	if baseURL == "" {
		return g, nil
	}
	u, err := url.Parse(baseURL)
	if err != nil || u.Hostname() == "" {
		return nil, errors.New("the provider's base URL has no host")
	}
	g.trusted = canonical(u)
	return g, nil
}

// canonical is the host and port of a URL. The addresses to which localhost leads are one
// host; another server may listen at others of the loopback interface.
func canonical(u *url.URL) string {
	host, port := strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")), u.Port()
	if port == "" {
		port = defaultPort(u.Scheme)
	}
	if host == "127.0.0.1" || host == "::1" {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

func defaultPort(scheme string) string {
	if scheme == "http" {
		return "80"
	}
	return "443"
}

// check rejects a URL by its text. The dialer checks the address behind its name.
func (g *guard) check(u *url.URL) error {
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return refused("its scheme is %q, not http or https", u.Scheme)
	case u.Hostname() == "":
		return refused("it has no host")
	case u.User != nil:
		return refused("it holds a user name or password")
	case canonical(u) == g.trusted:
		return nil
	}
	if port := u.Port(); port != "" && port != "80" && port != "443" {
		return refused("port %s is neither 80 nor 443", port)
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && !public(ip) {
		return refused("%s is not a public address", ip)
	}
	return nil
}

// redirect implements http.Client.CheckRedirect.
func (g *guard) redirect(request *http.Request, via []*http.Request) error {
	if len(via) >= maxRedirects {
		return refused("more than %d redirects", maxRedirects)
	}
	return g.check(request.URL)
}

// dial checks the resolved address, so the address that is checked is the one that is used.
func (g *guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := g.dialer
	if !g.exempt(ctx, address) {
		dialer.Control = func(_, resolved string, _ syscall.RawConn) error {
			ip, err := netip.ParseAddrPort(resolved)
			if err != nil || !public(ip.Addr()) {
				return refused("its host is at %s, which is not a public address", resolved)
			}
			return nil
		}
	}
	return dialer.DialContext(ctx, network, address)
}

// exempt reports whether the user chose an address: the provider's, or the proxy's.
func (g *guard) exempt(ctx context.Context, address string) bool {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if canonical(&url.URL{Host: net.JoinHostPort(host, port)}) == g.trusted {
		return true
	}
	proxy, _ := ctx.Value(proxyKey{}).(string)
	return proxy != "" && canonical(&url.URL{Host: address}) == proxy
}

type proxyKey struct{}

// withProxy remembers the proxy of a request for its connection. A proxy resolves names itself,
// so only local names and literal addresses can be rejected there.
func (g *guard) withProxy(request *http.Request) (*http.Request, error) {
	proxy, err := g.proxy(request)
	if err != nil || proxy == nil {
		return request, err
	}
	host := strings.ToLower(strings.TrimSuffix(request.URL.Hostname(), "."))
	if canonical(request.URL) != g.trusted && (loopback.Is(host) || strings.HasSuffix(host, ".localhost") || numeric(host)) {
		return nil, refused("%s is not a public address", host)
	}
	return request.WithContext(context.WithValue(request.Context(), proxyKey{}, canonical(proxy))), nil
}

// numeric reports whether a host is an IP address in an unusual form, such as 2130706433 or
// 0x7f.1; [guard.check] handles the usual forms.
func numeric(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	return last != "" && (strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x"))
}

// transport checks each request, including redirects.
func (g *guard) transport() http.RoundTripper {
	t := &http.Transport{
		Proxy:                  func(r *http.Request) (*url.URL, error) { return g.proxy(r) },
		DialContext:            g.dial,
		DisableCompression:     true, // save files unchanged
		ForceAttemptHTTP2:      true,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
		TLSHandshakeTimeout:    connectTimeout,
	}
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		if err := g.check(request.URL); err != nil {
			return nil, err
		}
		request, err := g.withProxy(request)
		if err != nil {
			return nil, err
		}
		return t.RoundTrip(request)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// Address ranges that look global but are not public.
var special = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
)

var (
	globalV6 = netip.MustParsePrefix("2000::/3")
	nat64    = netip.MustParsePrefix("64:ff9b::/96")
)

func prefixes(texts ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		all[i] = netip.MustParsePrefix(text)
	}
	return all
}

// public reports whether an address belongs to the public Internet.
func public(ip netip.Addr) bool {
	ip = ip.Unmap()
	if nat64.Contains(ip) { // an IPv4 address behind a translator
		v6 := ip.As16()
		ip = netip.AddrFrom4([4]byte(v6[12:]))
	}
	if ip.Zone() != "" || !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.Is6() && !globalV6.Contains(ip) {
		return false
	}
	for _, prefix := range special {
		if prefix.Contains(ip) {
			return false
		}
	}
	return true
}
