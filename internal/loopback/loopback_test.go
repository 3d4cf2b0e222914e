package loopback_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/loopback"
)

func TestIs(t *testing.T) {
	t.Parallel()
	for _, host := range []string{
		"localhost", "LocalHost", "localhost.", "127.0.0.1", "127.0.0.0", "127.255.255.254", "::1", "0:0:0:0:0:0:0:1", "::1%lo", "::ffff:127.0.0.1", "::ffff:7f00:1",
	} {
		require.True(t, loopback.Is(host), host)
	}
	for _, host := range []string{
		"", ".", "localhost..", "localhost.example.com", "a.localhost", "localhost6", "127.1", "2130706433", "0x7f.0.0.1", "127.0.0.1.", "127.0.0.1.example.com",
		"126.255.255.255", "128.0.0.1", "0.0.0.0", "::", "::2", "fe80::1%lo", "[::1]", "::127.0.0.1", "64:ff9b::7f00:1", "10.0.0.1",
	} {
		require.False(t, loopback.Is(host), host)
	}
}

func TestDial(t *testing.T) {
	t.Parallel()
	for listen, want := range map[string]string{
		":80": "127.0.0.1:80", "0.0.0.0:80": "127.0.0.1:80", "[::]:80": "127.0.0.1:80", "[::ffff:0.0.0.0]:80": "127.0.0.1:80",
		"127.0.0.2:80": "127.0.0.2:80", "[::1]:80": "[::1]:80", "[fe80::1%eth0]:80": "[fe80::1%eth0]:80", "example.com:80": "example.com:80",
	} {
		got, err := loopback.Dial(listen)
		require.NoError(t, err, listen)
		require.Equal(t, want, got, listen)
	}
	for _, listen := range []string{"", "80", "::1", "[::1"} {
		_, err := loopback.Dial(listen)
		require.Error(t, err, listen)
	}
}
