package wavespeed

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
)

const (
	opSubmit  = "submit"
	opResult  = "result"
	opList    = "list"
	opModels  = "models"
	opPrice   = "price"
	opBalance = "balance"
	opUpload  = "upload"
	opSecret  = "webhook secret"
	opCharges = "charges"
)

const userAgent = "wavespeed-temporal (+https://github.com/wavespeed-temporal/wavespeed-temporal)"

// call is one API request.
type call struct {
	op, subject string
	method      string
	path        string // under the base URL, escaped, query included
	body        any    // json.RawMessage is sent unchanged; nil for none
	readOnly    bool   // net/http may repeat it on a kept connection that broke
	secrets     []string
}

// answer is a complete response with any status and body.
type answer struct {
	status     int
	retryAfter time.Duration
	object     object // the body, if it is a JSON object
	text       string // the body, if it is plain text
	broken     error  // why a body could not be read
}

// ask makes the call and decodes the response's data into out.
func (c *Client) ask(ctx context.Context, r call, out any) error {
	got, err := c.exchange(ctx, c.reads, r)
	if err != nil {
		return err
	}
	if !got.ok() {
		return c.failure(r, got)
	}
	if err := json.Unmarshal(got.data(), out); err != nil {
		return c.unreadable(r, got, fmt.Errorf("its data is not as documented: %w", err))
	}
	return nil
}

// exchange sends the request once and reads the response. It fails only without a complete
// response, or without one whose status is meaningful.
func (c *Client) exchange(ctx context.Context, via http.RoundTripper, r call) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	if err := ended(ctx); err != nil {
		return answer{}, c.fault(r, provider.NeverSent, err)
	}
	request, err := c.request(ctx, r)
	if err != nil {
		return answer{}, err
	}
	sent, answered := func() bool { return true }, func() {}
	if via == c.submits {
		gatedCtx, g := withGate(ctx)
		request = request.WithContext(gatedCtx)
		request.GetBody = nil
		sent, answered = func() bool { return !g.shut() }, func() { g.answered.Store(true) }
	}
	response, err := via.RoundTrip(request)
	if err != nil {
		if contextErr := ended(ctx); contextErr != nil {
			err = contextErr
		}
		if sent() {
			return answer{}, c.fault(r, provider.MaybeAccepted, err)
		}
		return answer{}, c.fault(r, provider.NeverSent, err)
	}
	defer response.Body.Close()
	got := readAnswer(response, c.options.MaxResponseBytes)
	if ended(ctx) == nil {
		answered()
	}
	if got.broken != nil && got.status < 300 {
		return answer{}, c.unreadable(r, got, got.broken)
	}
	return got, nil
}

func (c *Client) request(ctx context.Context, r call) (*http.Request, error) {
	var body io.Reader
	if r.body != nil {
		encoded, err := encode(r.body)
		if err != nil {
			return nil, c.invalid(r, "the request cannot be encoded: "+err.Error())
		}
		if int64(len(encoded)) > c.options.MaxRequestBytes {
			return nil, c.invalid(r, fmt.Sprintf("the request has %d bytes, more than %d; upload large media and give their URL",
				len(encoded), c.options.MaxRequestBytes))
		}
		body = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, r.method, c.base+r.path, body)
	if err != nil {
		return nil, c.invalid(r, "the request's URL cannot be built")
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Authorization", "Bearer "+c.options.APIKey)
	request.Header.Set("User-Agent", userAgent)
	request.Header.Set("X-Client-Name", "wavespeed-temporal")
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if r.readOnly {
		request.Header["Idempotency-Key"] = nil // not sent; allows net/http to repeat the request
	}
	return request, nil
}

// encode is json.Marshal, but keeps a json.RawMessage unchanged, and & < > in strings.
func encode(value any) ([]byte, error) {
	if raw, ok := value.(json.RawMessage); ok {
		return raw, nil
	}
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n")), nil
}

func readAnswer(response *http.Response, limit int64) answer {
	got := answer{status: response.StatusCode, retryAfter: retryAfter(response.Header, time.Now())}
	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	switch {
	case err != nil:
		got.broken = err
	case int64(len(body)) > limit:
		got.broken = fmt.Errorf("the response has more than %d bytes", limit)
	default:
		if err := json.Unmarshal(body, &got.object); err != nil || got.object == nil {
			got.broken = errors.New("the response is not a JSON object")
			if strings.HasPrefix(response.Header.Get("Content-Type"), "text/plain") {
				got.text = string(body)
			}
		}
	}
	return got
}
