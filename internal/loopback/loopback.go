// Package loopback knows the addresses at which nobody but this machine listens.
package loopback

import (
	"net"
	"net/netip"
	"strings"
)

// Is reports whether a host in a URL is certainly this machine: localhost, or an address of the
// loopback interface in its usual form. Where other forms, such as 127.1, and names below
// localhost lead depends on the resolver.
func Is(host string) bool {
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// Dial is where this machine reaches what a program in Go listens at: without a host, and at
// an unspecified address of either kind, it listens at 127.0.0.1 too. Containers may lack ::1.
func Dial(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", err
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.Unmap().IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), nil
}
