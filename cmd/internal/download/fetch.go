package download

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"
)

// permanentError is an error that a retry can't fix.
type permanentError struct{ error }

func (e permanentError) Unwrap() error { return e.error }

// statusError is a response with a status other than 200.
type statusError struct {
	code  int
	after time.Duration // from Retry-After
}

func (e *statusError) Error() string {
	text := fmt.Sprintf("HTTP %d", e.code)
	switch e.code {
	case http.StatusNotFound, http.StatusForbidden, http.StatusGone:
		text += "; WaveSpeed keeps files for 7 days"
	}
	return text
}

var errStalled = errors.New("no data arrived in time")

// fetch downloads a URL into a file, from its start, and returns the content type. It retries
// temporary errors.
func (c *Client) fetch(ctx context.Context, address string, file *os.File) (contentType string, err error) {
	for attempt := 1; ; attempt++ {
		contentType, err = c.get(ctx, address, file)
		if err == nil || ctx.Err() != nil || attempt >= c.options.Attempts || !transient(err) {
			break
		}
		if !sleep(ctx, c.pause(attempt, err)) {
			break
		}
		if err := rewind(file); err != nil {
			return "", err
		}
	}
	var outer *url.Error // it repeats the URL, which may be a secret
	if errors.As(err, &outer) {
		err = outer.Err
	}
	return contentType, err
}

func rewind(file *os.File) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return file.Truncate(0)
}

// get is a single attempt.
func (c *Client) get(ctx context.Context, address string, file *os.File) (string, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stalled := time.AfterFunc(c.options.StallTimeout, func() { cancel(errStalled) })
	defer stalled.Stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", permanentError{errors.New("its address is not a URL")}
	}
	response, err := c.http.Do(request)
	if err != nil {
		return "", cause(ctx, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", &statusError{code: response.StatusCode, after: retryAfter(response.Header)}
	}
	if response.ContentLength > c.options.MaxBytes {
		return "", c.tooLarge()
	}
	body := &watched{Reader: io.LimitReader(response.Body, c.options.MaxBytes+1), timer: stalled, timeout: c.options.StallTimeout}
	n, err := io.Copy(local{file}, body)
	switch {
	case err != nil:
		return "", cause(ctx, err)
	case n > c.options.MaxBytes:
		return "", c.tooLarge()
	default:
		return response.Header.Get("Content-Type"), nil
	}
}

func (c *Client) tooLarge() error {
	return permanentError{fmt.Errorf("it is larger than the limit of %s", FormatSize(c.options.MaxBytes))}
}

// cause returns why an attempt's context was canceled, if it was.
func cause(ctx context.Context, err error) error {
	if why := context.Cause(ctx); errors.Is(why, errStalled) {
		return why
	}
	return err
}

// watched is a response body that must keep arriving.
type watched struct {
	io.Reader
	timer   *time.Timer
	timeout time.Duration
}

func (w *watched) Read(b []byte) (int, error) {
	w.timer.Reset(w.timeout)
	return w.Reader.Read(b)
}

// local marks errors of the local disk. It hides the file's ReadFrom, which would mix them up
// with network errors.
type local struct{ file *os.File }

func (l local) Write(b []byte) (int, error) {
	n, err := l.file.Write(b)
	if err != nil {
		err = permanentError{err}
	}
	return n, err
}

func transient(err error) bool {
	var permanent permanentError
	var no *RefusedError
	var status *statusError
	var untrusted *tls.CertificateVerificationError
	var unresolved *net.DNSError
	switch {
	case errors.As(err, &permanent), errors.As(err, &no), errors.As(err, &untrusted):
		return false
	case errors.As(err, &unresolved):
		return !unresolved.IsNotFound
	case errors.As(err, &status):
		return status.code >= 500 || status.code == http.StatusTooManyRequests || status.code == http.StatusRequestTimeout || status.code == http.StatusTooEarly
	default: // a reset, a timeout, a body that ended early
		return true
	}
}

// maxPause limits the pause between two attempts, whatever a server requests.
const maxPause = 30 * time.Second

// pause doubles with each attempt and is randomized, so many downloads don't retry together.
func (c *Client) pause(attempt int, err error) time.Duration {
	wait := c.options.Backoff << (attempt - 1)
	wait = wait/2 + rand.N(wait/2+1) // #nosec G404 -- not security relevant
	var status *statusError
	if errors.As(err, &status) {
		wait = max(wait, status.after)
	}
	return min(wait, maxPause)
}

func retryAfter(header http.Header) time.Duration {
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, 3600)) * time.Second
}

func sleep(ctx context.Context, wait time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(wait):
		return true
	}
}
