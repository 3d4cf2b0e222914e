package wavespeed

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// defaultBaseURL is the URL of the WaveSpeedAI API.
const defaultBaseURL = "https://api.wavespeed.ai/api/v3"

// Options says how to reach the API.
type Options struct {
	// APIKey is the account's key. Required.
	APIKey string

	// AllowHTTP permits plain HTTP to other hosts, for BaseURL, webhooks and uploads. It is
	// meant for a simulator in a container network: the key can be intercepted. Defaults to
	// false: https, and http to loopback hosts.
	AllowHTTP bool

	// BaseURL is scheme://host[:port][/prefix]. Without a prefix, the API's prefix /api/v3 is
	// added. Defaults to https://api.wavespeed.ai/api/v3.
	BaseURL string

	// HTTPClient provides a Transport, which must be an [*http.Transport]. A copy of it
	// supplies proxy, dialer and certificates; nothing else is used. Defaults to net/http's own
	// transport.
	HTTPClient *http.Client

	// MaxRequestBytes limits a request's body. Defaults to 8 MiB. Use [Client.Upload] for
	// larger media.
	MaxRequestBytes int64

	// MaxResponseBytes limits a response's body. The model catalogue is 2 MB; base64 outputs
	// are up to 10 MB each. Defaults to 64 MiB.
	MaxResponseBytes int64

	// Timeout limits one call, from its start to the last byte of its response, unless the
	// context ends earlier. It does not limit the second step of [Client.Upload]. Defaults to 1
	// minute.
	Timeout time.Duration

	// UploadTimeout limits sending a file. Defaults to 10 minutes.
	UploadTimeout time.Duration
}

// Client calls the API with one key. It is safe for concurrent use.
type Client struct {
	options Options
	base    string

	// reads serves free requests; submits serves only Submit.
	reads, submits http.RoundTripper
	idle           func()
}

// New creates a client after checking the options. It sends nothing.
func New(options Options) (*Client, error) {
	options = options.withDefaults()
	if err := options.validate(); err != nil {
		return nil, fmt.Errorf("wavespeed: %w", err)
	}
	base, err := parseBaseURL(options.BaseURL, options.AllowHTTP)
	if err != nil {
		return nil, fmt.Errorf("wavespeed: Options.BaseURL: %w", err)
	}
	transport, err := options.transport()
	if err != nil {
		return nil, fmt.Errorf("wavespeed: Options.HTTPClient: %w", err)
	}
	reads, submits := readTransport(transport), submitTransport(transport)
	return &Client{options: options, base: base, reads: reads, submits: submits, idle: reads.CloseIdleConnections}, nil
}

// CloseIdleConnections closes idle connections. The client remains usable.
func (c *Client) CloseIdleConnections() { c.idle() }

func (o Options) withDefaults() Options {
	if o.BaseURL == "" {
		o.BaseURL = defaultBaseURL
	}
	if o.MaxRequestBytes == 0 {
		o.MaxRequestBytes = 8 << 20
	}
	if o.MaxResponseBytes == 0 {
		o.MaxResponseBytes = 64 << 20
	}
	if o.Timeout == 0 {
		o.Timeout = time.Minute
	}
	if o.UploadTimeout == 0 {
		o.UploadTimeout = 10 * time.Minute
	}
	return o
}

func (o Options) validate() error {
	switch {
	case o.APIKey == "":
		return errors.New("Options.APIKey is empty")
	case !printable(o.APIKey):
		return errors.New("Options.APIKey contains a space, a line break or another character that is invalid in a key")
	case o.MaxRequestBytes < 0:
		return errors.New("Options.MaxRequestBytes is negative")
	case o.MaxResponseBytes < 0:
		return errors.New("Options.MaxResponseBytes is negative")
	case o.Timeout < 0:
		return errors.New("Options.Timeout is negative")
	case o.UploadTimeout < 0:
		return errors.New("Options.UploadTimeout is negative")
	}
	return nil
}

func printable(key string) bool {
	for _, c := range []byte(key) {
		if c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
