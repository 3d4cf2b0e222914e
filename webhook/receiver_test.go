package webhook_test

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

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/webhooktest"
)

const path = "/webhooks/wavespeed/"

// receiver is a server's mux with a handler in it, and all that can be seen of what
// the handler does.
type receiver struct {
	http.Handler
	keyring *webhook.Keyring
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

// newReceiver has one account with one given secret, unless options say otherwise.
func newReceiver(t testing.TB, options webhook.Options) *receiver {
	t.Helper()
	r := &receiver{keyring: options.Keyring}
	if r.keyring == nil {
		r.keyring = newKeyring(t, given(secret))
		r.address = seal(t, r.keyring, target)
	}
	options.Keyring = r.keyring
	options.Signaler = r
	options.Observe = r.observe
	options.Logger = slog.New(slog.NewTextHandler(r, &slog.HandlerOptions{Level: slog.LevelDebug}))
	handler, err := webhook.NewHandler(options)
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.Handle(path+"{address}", handler)
	r.Handler = mux
	return r
}

func (r *receiver) Signal(ctx context.Context, target wire.Target, signal wire.Signal) error {
	r.mu.Lock()
	r.signals = append(r.signals, signaled{target, signal})
	r.mu.Unlock()
	if r.signal == nil {
		return nil
	}
	return r.signal(ctx)
}

func (r *receiver) observe(answer webhook.Answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers = append(r.answers, answer)
}

func (r *receiver) Write(line []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(line)
}

func (r *receiver) logged() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

func (r *receiver) signaled() []signaled {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]signaled(nil), r.signals...)
}

// reasons are the answers so far, by reason.
func (r *receiver) reasons() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	reasons := map[string]int{}
	for _, answer := range r.answers {
		reasons[answer.Reason]++
	}
	return reasons
}

// post answers a delivery of now to an address.
func (r *receiver) post(secret, address string, body []byte) *httptest.ResponseRecorder {
	return r.serve(webhooktest.NewRequest(secret, path+address, body))
}

func (r *receiver) serve(request *http.Request) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	r.ServeHTTP(recorder, request)
	return recorder
}

// requireAnswer wants the one answer so far to be this.
func (r *receiver) requireAnswer(t testing.TB, got *httptest.ResponseRecorder, status int, reason string, what ...any) {
	t.Helper()
	require.Equal(t, status, got.Code, what...)
	require.Equal(t, map[string]int{reason: 1}, r.reasons(), what...)
	r.mu.Lock()
	defer r.mu.Unlock()
	took := r.answers[0].Took
	require.True(t, took >= 0 && took < time.Minute, what...)
}
