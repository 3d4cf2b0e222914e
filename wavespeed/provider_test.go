package wavespeed_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

// otherSelf is what this program does when a test runs it as another process.
var otherSelf = func() bool { return false }

func TestMain(m *testing.M) {
	if otherSelf() {
		return
	}
	goleak.VerifyTestMain(m)
}

const key = "sk-secret-0123456789abcdef"

const predictionID = "d965d49efbbb49ffa9c7445f0a0cae03"

// request is what a provider was asked.
type request struct {
	*http.Request
	body string
}

// provider is a server that remembers what it was asked.
type server struct {
	*httptest.Server
	mu   sync.Mutex
	seen []request
}

func (p *server) requests() []request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen
}

// serve starts a provider that answers as the handler does.
func serve(t *testing.T, handler http.HandlerFunc) *server {
	t.Helper()
	p := unstarted(handler)
	p.Start()
	t.Cleanup(p.Close)
	return p
}

func unstarted(handler http.HandlerFunc) *server {
	p := &server{}
	p.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		p.mu.Lock()
		p.seen = append(p.seen, request{Request: r, body: string(body)})
		p.mu.Unlock()
		handler(w, r)
	}))
	return p
}

// say answers every request alike.
func say(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// client calls the provider at base; changes to its options come last.
func client(t *testing.T, base string, changes ...func(*wavespeed.Options)) *wavespeed.Client {
	t.Helper()
	options := wavespeed.Options{APIKey: key, BaseURL: base}
	for _, change := range changes {
		change(&options)
	}
	c, err := wavespeed.New(options)
	require.NoError(t, err)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// failure is the client's error.
func failure(t *testing.T, err error) *wavespeed.Error {
	t.Helper()
	var failed *wavespeed.Error
	require.ErrorAs(t, err, &failed)
	return failed
}

var flux = wavespeed.SubmitRequest{Model: "wavespeed-ai/flux-dev", Input: map[string]any{"prompt": "a lighthouse"}}
