package wavespeed

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// connectTimeout limits connecting, so that it fails well before the call does: a request that
// was never sent can be sent again.
const connectTimeout = 10 * time.Second

const maxHeaderBytes = 256 << 10

// transport returns a copy of the caller's transport, or our own.
func (o Options) transport() (*http.Transport, error) {
	if o.HTTPClient == nil || o.HTTPClient.Transport == nil {
		return &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second}).DialContext,
			ForceAttemptHTTP2:      true,
			IdleConnTimeout:        90 * time.Second,
			MaxIdleConnsPerHost:    64,
			MaxResponseHeaderBytes: maxHeaderBytes,
			TLSHandshakeTimeout:    connectTimeout,
		}, nil
	}
	t, ok := o.HTTPClient.Transport.(*http.Transport)
	if !ok {
		return nil, fmt.Errorf("its Transport is a %T; it must be an *http.Transport, "+
			"because only that reports whether a request was sent", o.HTTPClient.Transport)
	}
	if t.TLSClientConfig != nil && t.TLSClientConfig.InsecureSkipVerify {
		return nil, errors.New("it does not verify certificates; add yours to TLSClientConfig.RootCAs instead")
	}
	t = t.Clone()
	if t.MaxResponseHeaderBytes == 0 {
		t.MaxResponseHeaderBytes = maxHeaderBytes
	}
	return t, nil
}

// readTransport serves free requests, over reused connections.
func readTransport(t *http.Transport) *http.Transport { return t.Clone() }
