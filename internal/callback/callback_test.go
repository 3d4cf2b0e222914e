package callback_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/callback"
)

func TestValidateBase(t *testing.T) {
	t.Parallel()
	const (
		noURL   = "is not a URL"
		noHost  = "has no host"
		user    = "contains a user"
		query   = "has a query or a fragment"
		dotted  = "has empty or dotted path segments"
		noHTTPS = "is not https"
	)
	for base, want := range map[string]string{
		"https://media.example.com":                     "",
		"https://media.example.com/":                    "",
		"https://media.example.com:8443/webhooks/":      "",
		"https://media.example.com/a%2Fb/%2e":           "",
		"https://[2001:db8::1]/hooks":                   "",
		"http://localhost:8080/hooks":                   "",
		"http://127.0.0.1:8080":                         "",
		"http://127.9.9.9":                              "",
		"http://[::1]:8080":                             "",
		"http://[::ffff:127.0.0.1]":                     "",
		"HTTPS://media.example.com":                     "",
		"http://media.example.com":                      noHTTPS,
		"http://127.0.0.1.example.com":                  noHTTPS,
		"http://localhost.example.com":                  noHTTPS,
		"http://10.0.0.1":                               noHTTPS,
		"http://2130706433":                             noHTTPS,
		"ftp://localhost/x":                             noHTTPS,
		"ws://localhost/x":                              noHTTPS,
		"":                                              noHost,
		"media.example.com/webhooks":                    noHost,
		"localhost:8080/webhooks":                       noHost,
		"/webhooks":                                     noHost,
		"https://":                                      noHost,
		"https:///webhooks":                             noHost,
		"https://:8443/webhooks":                        noHost,
		"https:media.example.com":                       noHost,
		"user:hunter2@media.example.com":                noHost,
		"https://hunter2@media.example.com":             user,
		"https://:hunter2@media.example.com":            user,
		"https://media.example.com?token=hunter2":       query,
		"https://media.example.com/?":                   query,
		"https://media.example.com/#hunter2":            query,
		"https://media.example.com/#":                   query,
		"https://media.example.com//webhooks":           dotted,
		"https://media.example.com/a/../b":              dotted,
		"https://media.example.com/a/.":                 dotted,
		"https://media.example.com/webhooks//":          dotted,
		"https://media.example.com/a b\x7f":             noURL,
		"https://media.example.com/\n":                  noURL,
		"https://media example.com":                     noURL,
		"https://media.example.com:port":                noURL,
		"https://media.example.com/%zz":                 noURL,
		"://hunter2":                                    noURL,
		"https://user:hunter2@media.example.com:port/x": noURL,
	} {
		err := callback.ValidateBase(base, false)
		if want == "" {
			require.NoError(t, err, base)
			continue
		}
		require.ErrorContains(t, err, want, base)
		require.NotContains(t, err.Error(), "hunter2")
	}
	require.NoError(t, callback.ValidateBase("http://media.example.com", true))
	require.ErrorContains(t, callback.ValidateBase("ftp://media.example.com", true), noHTTPS)
}

func TestURL(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"https://x":       "https://x/A-_",
		"https://x/":      "https://x/A-_",
		"https://x/hooks": "https://x/hooks/A-_",
		"https://x/h/":    "https://x/h/A-_",
	} {
		require.Equal(t, want, callback.URL(base, "A-_"))
	}
}

func FuzzBaseURL(f *testing.F) {
	f.Add("https://media.example.com/webhooks/", "A-_")
	f.Add("http://[::1]:80/%2e%2e/", "x")
	f.Add("https://a@b?c#d", "x")
	f.Fuzz(func(t *testing.T, base, address string) {
		if callback.ValidateBase(base, false) != nil {
			return
		}
		whole := callback.URL(base, url.PathEscape(address))
		parsed, err := url.Parse(whole)
		require.NoError(t, err)
		before, err := url.Parse(base)
		require.NoError(t, err)
		require.Equal(t, before.Host, parsed.Host)
		require.Equal(t, before.Scheme, parsed.Scheme)
		require.Empty(t, parsed.RawQuery)
		require.Empty(t, parsed.Fragment)
		require.Nil(t, parsed.User)
	})
}
