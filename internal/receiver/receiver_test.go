package receiver_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/receiver"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/webhooktest"
)

const (
	path = "/webhooks/wavespeed/"

	secret      = "whsec_the-secret-of-these-tests"
	otherSecret = "whsec_another-secret-of-these-tests"
)

var body = []byte(`{"id":"p1","status":"completed","outputs":["https://x/1.png"]}`)

// received is a server's mux with a handler in it, and all that can be seen of what
// the handler does.
type received struct {
	http.Handler
	keyring *receiver.Keyring
	address string

	// signal is what Temporal does; nil accepts.
	signal func(context.Context) error

	mu      sync.Mutex
	signals []signaled
	answers []webhook.Answer
	log     bytes.Buffer
}

type signaled struct {
	target wire.Target
	signal wire.Signal
}

// newReceiver has one account with one given secret, and an address of it.
func newReceiver(t testing.TB, options webhook.Options) *received {
	t.Helper()
	keyring := newKeyring(t, given(secret))
	r := newReceiverOf(t, keyring, options)
	r.address = seal(t, keyring, target)
	return r
}

func newReceiverOf(t testing.TB, keyring *receiver.Keyring, options webhook.Options) *received {
	t.Helper()
	r := &received{keyring: keyring}
	options.Observe = r.observe
	options.Logger = slog.New(slog.NewTextHandler(r, &slog.HandlerOptions{Level: slog.LevelDebug}))
	handler, err := receiver.New(keyring, r, options)
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.Handle(path+"{address}", handler)
	r.Handler = mux
	return r
}

func (r *received) Signal(ctx context.Context, target wire.Target, signal wire.Signal) error {
	r.mu.Lock()
	r.signals = append(r.signals, signaled{target, signal})
	r.mu.Unlock()
	if r.signal == nil {
		return nil
	}
	return r.signal(ctx)
}

func (r *received) observe(answer webhook.Answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers = append(r.answers, answer)
}

func (r *received) Write(line []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(line)
}

func (r *received) logged() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

func (r *received) signaled() []signaled {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]signaled(nil), r.signals...)
}

// reasons are the answers so far, by reason.
func (r *received) reasons() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	reasons := map[string]int{}
	for _, answer := range r.answers {
		reasons[answer.Reason]++
	}
	return reasons
}

// post answers a delivery of now to an address.
func (r *received) post(secret, address string, body []byte) *httptest.ResponseRecorder {
	return r.serve(webhooktest.NewRequest(secret, path+address, body))
}

func (r *received) serve(request *http.Request) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	r.ServeHTTP(recorder, request)
	return recorder
}

// requireAnswer wants the one answer so far to be this.
func (r *received) requireAnswer(t testing.TB, got *httptest.ResponseRecorder, status int, reason string, what ...any) {
	t.Helper()
	require.Equal(t, status, got.Code, what...)
	require.Equal(t, map[string]int{reason: 1}, r.reasons(), what...)
	r.mu.Lock()
	defer r.mu.Unlock()
	took := r.answers[0].Took
	require.True(t, took >= 0 && took < time.Minute, what...)
}
