package wavespeed

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// DefaultBaseURL is where the WaveSpeedAI API is.
const DefaultBaseURL = "https://api.wavespeed.ai/api/v3"

// Options says how to reach the API.
type Options struct {
	// APIKey is the account's key. Required.
	APIKey string

	// AllowHTTP permits plain HTTP to hosts other than this one, in BaseURL, in
	// webhook addresses and for uploads. It is meant for a simulator in a
	// container network: the key is readable on the way. Defaults to false:
	// https, and http to loopback hosts.
	AllowHTTP bool

	// BaseURL is scheme://host[:port][/prefix]. Without a prefix it is given that
	// of the API, /api/v3. Defaults to [DefaultBaseURL].
	BaseURL string

	// HTTPClient lends its Transport, which must be an [*http.Transport]: proxy,
	// dialer and certificates are taken from a copy of it. Nothing else of it is
	// used. Defaults to a transport as net/http's own.
	HTTPClient *http.Client

	// MaxRequestBytes bounds a request's body. Defaults to 8 MiB. Larger media are
	// for [Client.Upload].
	MaxRequestBytes int64

	// MaxResponseBytes bounds an answer's body. The model catalogue has 2 MB;
	// outputs in base64 have up to 10 MB each. Defaults to 64 MiB.
	MaxResponseBytes int64

	// Timeout bounds one call from its start to the last byte of its answer, if
	// the context does not end before. It does not bound [Client.Upload]'s second
	// step. Defaults to 1 minute.
	Timeout time.Duration

	// UploadTimeout bounds the sending of a file. Defaults to 10 minutes.
	UploadTimeout time.Duration
}

// Client calls the API with one key. It may be used by many goroutines at once.
type Client struct {
	options Options
	base    string

	// reads serves everything that costs nothing; submits serves Submit alone.
	reads, submits http.RoundTripper
	idle           func()
}

// New checks the options and makes a client. It sends nothing.
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

// CloseIdleConnections closes connections that no call uses. The client stays
// usable.
func (c *Client) CloseIdleConnections() { c.idle() }

func (o Options) withDefaults() Options {
	if o.BaseURL == "" {
		o.BaseURL = DefaultBaseURL
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
		return errors.New("Options.APIKey holds a blank, a line break or another character that no key has")
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
