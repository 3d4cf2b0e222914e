package wavespeed_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

type otherTransport struct{ http.RoundTripper }

func TestNewRefusesWhatCannotBeRight(t *testing.T) {
	t.Parallel()
	unverified := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // refused
	for says, options := range map[string]wavespeed.Options{
		"Options.APIKey is empty":                 {},
		"Options.APIKey contains":                 {APIKey: key + "\n"},
		"Options.BaseURL: must begin":             {APIKey: key, BaseURL: "api.wavespeed.ai"},
		"because api.example is not this machine": {APIKey: key, BaseURL: "http://api.example"},
		"Options.BaseURL: is not a URL":           {APIKey: key, BaseURL: "https://a b/"},
		"Options.BaseURL: has no host":            {APIKey: key, BaseURL: "https:///x"},
		"must not contain a user name":            {APIKey: key, BaseURL: "https://user:pass@api.example"},
		"must have no query":                      {APIKey: key, BaseURL: "https://api.example?x=1"},
		"must have no fragment":                   {APIKey: key, BaseURL: "https://api.example#x"},
		"Options.Timeout is negative":             {APIKey: key, Timeout: -time.Second},
		"Options.UploadTimeout is negative":       {APIKey: key, UploadTimeout: -1},
		"Options.MaxRequestBytes is negative":     {APIKey: key, MaxRequestBytes: -1},
		"Options.MaxResponseBytes is negative":    {APIKey: key, MaxResponseBytes: -1},
		"must be an *http.Transport":              {APIKey: key, HTTPClient: &http.Client{Transport: otherTransport{}}},
		"does not verify certificates":            {APIKey: key, HTTPClient: unverified},
	} {
		_, err := wavespeed.New(options)
		require.ErrorContains(t, err, says)
		require.NotContains(t, err.Error(), key)
	}
}

func TestBaseURLHasThePrefixOfTheAPIUnlessItHasOne(t *testing.T) {
	t.Parallel()
	p := serve(t, say(http.StatusOK, `{"data":{"balance":1}}`))
	for base, path := range map[string]string{
		p.URL:                "/api/v3/balance",
		p.URL + "/":          "/api/v3/balance",
		p.URL + "/api/v3":    "/api/v3/balance",
		p.URL + "/api/v3//":  "/api/v3/balance",
		p.URL + "/gateway/x": "/gateway/x/balance",
	} {
		_, err := client(t, base).Balance(context.Background())
		require.NoError(t, err)
		sent := p.requests()
		require.Equal(t, path, sent[len(sent)-1].URL.Path, base)
	}
}

func TestPlainHTTPToOtherHostsMustBeAllowed(t *testing.T) {
	t.Parallel()
	_, err := wavespeed.New(wavespeed.Options{APIKey: key, BaseURL: "http://simulator:8080", AllowHTTP: true})
	require.NoError(t, err)
	_, err = wavespeed.New(wavespeed.Options{APIKey: key})
	require.NoError(t, err)
}

func TestTheLentClientStaysAsItIs(t *testing.T) {
	t.Parallel()
	p := serve(t, say(http.StatusOK, created))
	transport := &http.Transport{MaxIdleConns: 7}
	lent := &http.Client{Transport: transport, Timeout: time.Nanosecond}
	_, err := client(t, p.URL, func(o *wavespeed.Options) { o.HTTPClient = lent }).Submit(context.Background(), flux)
	require.NoError(t, err)
	require.False(t, transport.DisableKeepAlives)
	require.Nil(t, transport.DialContext)
}

func TestValidateModel(t *testing.T) {
	t.Parallel()
	for _, id := range []string{
		"wavespeed-ai/flux-dev", "wavespeed-ai/wan-2.1/i2v-480p", "tripo3d/h3.1/multiview-to-3d", "a", "A_b/c...d", "x/predictions", "modelscope/y",
	} {
		require.NoError(t, wavespeed.ValidateModel(id), id)
	}
	for _, id := range []string{
		"", "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/./b", "a b", "a?x=1", "a#x", "a%2fb", "a\\b", "a:b", "a\n", "é/b", "a/b;c",
		"predictions", "predictions/x", "balance", "models", "model/price", "media/uploads", "webhook/secret", "billings/search",
		"account/balance", "user/usage_stats", "upload", strings.Repeat("a", 201),
	} {
		require.Error(t, wavespeed.ValidateModel(id), id)
	}
}
