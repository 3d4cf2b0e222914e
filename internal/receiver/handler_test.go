package receiver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/receiver"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/webhooktest"
)

func TestAnswers(t *testing.T) {
	t.Parallel()
	unchanged := func(*http.Request) {}
	signals := func(err error) func(context.Context) error {
		return func(context.Context) error { return err }
	}
	for name, test := range map[string]struct {
		options webhook.Options
		signal  func(context.Context) error
		change  func(*http.Request)
		body    string

		status int
		reason string
		tells  bool
		header http.Header
	}{
		"signaled":        {change: unchanged, status: 200, reason: receiver.Signaled, tells: true},
		"workflow closed": {change: unchanged, signal: signals(fmt.Errorf("%w: x", wire.ErrNoWorkflow)), status: 200, reason: receiver.Orphan, tells: true},
		"kept":            {change: unchanged, signal: signals(fmt.Errorf("%w: x", wire.ErrKept)), status: 200, reason: receiver.Kept, tells: true},
		"signals refused": {change: unchanged, signal: signals(fmt.Errorf("%w: x", wire.ErrRefused)), status: 200, reason: receiver.Refused, tells: true},
		"Temporal down":   {change: unchanged, signal: signals(errors.New("unavailable")), status: 503, reason: receiver.Unavailable, tells: true, header: http.Header{"Retry-After": {"5"}}},
		"not ended":       {change: unchanged, body: `{"id":"p1","status":"processing"}`, status: 200, reason: receiver.NotEnded},
		"status unknown":  {change: unchanged, body: `{"id":"p1","status":"paused"}`, status: 200, reason: receiver.NotEnded},
		"no JSON":         {change: unchanged, body: `{`, status: 400, reason: receiver.BadBody},
		"no id":           {change: unchanged, body: `{"status":"completed"}`, status: 400, reason: receiver.BadBody},
		"not signed":      {change: func(r *http.Request) { r.Header.Del(receiver.HeaderSignature) }, status: 401, reason: receiver.NotSigned},
		"wrongly signed":  {change: func(r *http.Request) { r.Header.Set(receiver.HeaderID, "x") }, status: 401, reason: receiver.BadSignature},
		"too old":         {change: signedThen(-301 * time.Second), status: 200, reason: receiver.Hinted, tells: true},
		"too new":         {change: signedThen(302 * time.Second), status: 200, reason: receiver.Hinted, tells: true},
		"old":             {change: signedThen(-290 * time.Second), status: 200, reason: receiver.Signaled, tells: true},
		"new":             {change: signedThen(299 * time.Second), status: 200, reason: receiver.Signaled, tells: true},
		"tolerated":       {options: webhook.Options{Tolerance: time.Hour}, change: signedThen(-time.Minute * 59), status: 200, reason: receiver.Signaled, tells: true},
		"other clock":     {options: webhook.Options{Now: func() time.Time { return time.Now().Add(time.Hour) }}, change: unchanged, status: 200, reason: receiver.Hinted, tells: true},
		"hint not ended":  {change: signedThen(-301 * time.Second), body: `{"id":"p1","status":"created"}`, status: 200, reason: receiver.NotEnded},
		"hint orphaned":   {change: signedThen(-301 * time.Second), signal: signals(wire.ErrNoWorkflow), status: 200, reason: receiver.Orphan, tells: true},
		"hint not signed": {change: func(r *http.Request) { signedThen(-time.Hour)(r); r.Header.Set(receiver.HeaderID, "x") }, status: 401, reason: receiver.BadSignature},
		"GET":             {change: method("GET"), status: 405, reason: receiver.WrongMethod, header: http.Header{"Allow": {"POST"}}},
		"post":            {change: method("post"), status: 405, reason: receiver.WrongMethod, header: http.Header{"Allow": {"POST"}}},
		"gzip":            {change: encoded("gzip"), status: 415, reason: receiver.Encoded, header: http.Header{"Connection": {"close"}}},
		"br":              {change: encoded("br"), status: 415, reason: receiver.Encoded, header: http.Header{"Connection": {"close"}}},
		"identity":        {change: encoded("identity"), status: 200, reason: receiver.Signaled, tells: true},
		"too large":       {options: webhook.Options{MaxBodyBytes: 10}, change: unchanged, status: 413, reason: receiver.TooLarge, header: http.Header{"Connection": {"close"}}},
		"body breaks off": {change: func(r *http.Request) { r.Body = io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF)) }, status: 400, reason: receiver.Unreadable},
		"panic":           {change: unchanged, signal: func(context.Context) error { panic("oh") }, status: 500, reason: receiver.Panicked, tells: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReceiver(t, test.options)
			r.signal = test.signal
			if test.body == "" {
				test.body = string(body)
			}
			request := webhooktest.NewRequest(secret, path+r.address, []byte(test.body))
			test.change(request)
			got := r.serve(request)
			r.requireAnswer(t, got, test.status, test.reason)
			require.Equal(t, test.reason != receiver.WrongMethod, r.answers[0].Account == "default", "of an address that was opened")
			require.Equal(t, test.tells, len(r.signaled()) == 1)
			require.Equal(t, http.StatusText(test.status)+"\n", got.Body.String())
			want := http.Header{"Content-Type": {"text/plain; charset=utf-8"}, "X-Content-Type-Options": {"nosniff"}}
			for name, values := range test.header {
				want[name] = values
			}
			require.Equal(t, want, got.Header())
		})
	}
}

func signedThen(late time.Duration) func(*http.Request) {
	return func(r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		r.Header = webhooktest.Sign(secret, "id", time.Now().Add(late), body)
	}
}

func method(name string) func(*http.Request) { return func(r *http.Request) { r.Method = name } }

func encoded(how string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Content-Encoding", how) }
}

func TestSignalSaysWhatTheDeliverySaid(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, webhook.Options{})
	const delivered = `{"id":"p1","model":"m","status":"failed","outputs":["https://x/1.png",{"url":"https://x/2"}],
		"input":{"prompt":"a secret wish"},"urls":{"get":"https://evil.example/"},"has_nsfw_contents":[true,false],
		"error":{"code":1200,"message":"flagged"},"timings":{"inference":6710},"created_at":"2025-09-25T09:12:48Z"}`
	sent := time.Now().UTC().Truncate(time.Second)
	request := webhooktest.NewRequest(secret, path+r.address, []byte(delivered))
	request.Header = webhooktest.Sign(secret, "id", sent, []byte(delivered))
	require.Equal(t, 200, r.serve(request).Code)
	require.Equal(t, []signaled{{target, wire.Signal{Nonce: target.Nonce, Sent: sent, Outcome: wire.Outcome{
		PredictionID: "p1", Status: "failed", Produced: generation.Produced{Outputs: []generation.Output{generation.Output(`"https://x/1.png"`), generation.Output(`{"url":"https://x/2"}`)}, NSFW: []bool{true, false}, InferenceMS: 6710},
		Failure: generation.ErrorTypeContentRejected, Error: "failed (code 1200): flagged",
	}}}}, r.signaled())
}

func TestHintSaysNothingButTheID(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, webhook.Options{})
	request := webhooktest.NewRequest(secret, path+r.address, body)
	signedThen(-time.Hour)(request)
	require.Equal(t, 200, r.serve(request).Code)
	require.Equal(t, []signaled{{target, wire.Signal{Nonce: target.Nonce, Hint: true, Outcome: wire.Outcome{PredictionID: "p1"}}}}, r.signaled())
}

// order notes when the answer begins.
type order struct {
	http.ResponseWriter
	events *[]string
}

func (o order) WriteHeader(status int) {
	*o.events = append(*o.events, "answered")
	o.ResponseWriter.WriteHeader(status)
}

func TestSignaledBeforeAnswered(t *testing.T) {
	t.Parallel()
	var events []string
	r := newReceiver(t, webhook.Options{})
	r.signal = func(context.Context) error { events = append(events, "signaled"); return nil }
	r.ServeHTTP(order{httptest.NewRecorder(), &events}, webhooktest.NewRequest(secret, path+r.address, body))
	require.Equal(t, []string{"signaled", "answered"}, events)
}

func TestTenantsCannotSignForEachOther(t *testing.T) {
	t.Parallel()
	keyring := newKeyring(t, map[string]webhook.Account{"a": {Secrets: []string{secret}}, "b": {Secrets: []string{otherSecret}}})
	for _, account := range []struct{ name, secret, other string }{{"a", secret, otherSecret}, {"b", otherSecret, secret}} {
		target := target
		target.Account = account.name
		address := seal(t, keyring, target)
		r := newReceiverOf(t, keyring, webhook.Options{})
		r.requireAnswer(t, r.post(account.other, address, body), 401, receiver.BadSignature)
		require.Empty(t, r.signaled())
		require.Equal(t, 200, r.post(account.secret, address, body).Code)
		require.Equal(t, target, r.signaled()[0].target)
	}
}

func TestSeveralSecretsAreBelieved(t *testing.T) {
	t.Parallel()
	keyring := newKeyring(t, given(secret, otherSecret))
	r := newReceiverOf(t, keyring, webhook.Options{})
	address := seal(t, keyring, target)
	for by, status := range map[string]int{secret: 200, otherSecret: 200, secretNo(3): 401} {
		require.Equal(t, status, r.post(by, address, body).Code)
	}
}

func TestUnavailableSecretIsNoUnknownAddress(t *testing.T) {
	t.Parallel()
	p := &provider{err: errors.New("down")}
	r := newReceiverOf(t, p.keyring(t), webhook.Options{})
	got := r.post(secret, seal(t, newKeyring(t, given(secret)), target), body)
	r.requireAnswer(t, got, 503, receiver.Unavailable)
	require.Equal(t, "5", got.Header().Get("Retry-After"))
	require.Contains(t, r.logged(), "fetch its secret: down")
}

func TestAddressMayBeAnyLastPart(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, webhook.Options{})
	bare, err := receiver.New(r.keyring, r, webhook.Options{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.Handle("/hooks/", bare)
	mux.Handle("/stripped/", http.StripPrefix("/stripped", bare))
	mux.Handle("POST /named/{token}", bare)
	mux.Handle("POST /whole/{address...}", bare)
	r.Handler = mux
	for url, status := range map[string]int{
		"/hooks/" + r.address:             200,
		"/hooks/more/" + r.address:        200,
		"/stripped/" + r.address:          200,
		"/named/" + r.address:             200,
		"/whole/" + r.address:             200,
		"/hooks/" + r.address + "?x=1":    200,
		"/hooks/":                         404,
		"/hooks/" + r.address + "/":       200,
		"/hooks/" + r.address + "/x":      404,
		"/hooks/x%2F" + r.address:         404,
		"/whole/x/" + r.address:           200,
		"/named/%2e%2e%2f" + r.address:    404,
		"/named/" + r.address + "%00":     404,
		"/named/" + r.address + "%0d%0aX": 404,
	} {
		require.Equal(t, status, r.serve(webhooktest.NewRequest(secret, url, body)).Code, url)
	}
	require.Len(t, r.signaled(), 8)
	// A ServeMux redirects doubled slashes; without one they do no harm.
	r.Handler = bare
	for _, url := range []string{"//hooks//" + r.address + "//", "/" + r.address} {
		require.Equal(t, 200, r.serve(webhooktest.NewRequest(secret, url, body)).Code, url)
	}
	for _, signaled := range r.signaled() {
		require.Equal(t, target, signaled.target)
	}
}

func TestLogKeepsSecrets(t *testing.T) {
	t.Parallel()
	const wish, link = "a secret wish", "https://x/private.png"
	full := []byte(`{"id":"p1","status":"completed","outputs":["` + link + `"],"input":{"prompt":"` + wish + `"}}`)
	r := newReceiver(t, webhook.Options{})
	r.post(secret, r.address, full)
	r.post(otherSecret, r.address, full)
	r.post(secret, r.address, append([]byte("x"), full...))
	r.post(secret, forged, full)
	r.post(secret, "a%0Alevel=ERROR%20msg=injected", full)
	r.signal = func(context.Context) error { return errors.New("Temporal is down\nlevel=ERROR msg=injected") }
	r.post(secret, r.address, full)
	r.signal = func(context.Context) error { panic("oh") }
	r.post(secret, r.address, full)
	broken := webhooktest.NewRequest(secret, path+r.address, full)
	broken.Header.Set(receiver.HeaderSignature, "v3,injected")
	r.serve(broken)

	log := r.logged()
	require.Equal(t, 8, strings.Count(log, "\n"), "one line for each")
	for _, secret := range []string{r.address, forged, secret, "the-secret-of-these-tests", wish, link, target.Nonce, "127.0.0.1", "v3,"} {
		require.NotContains(t, log, secret)
	}
	require.NotContains(t, log, "\nlevel=ERROR msg=injected")
	require.Contains(t, log, "level=INFO msg=webhook reason=signaled account=default workflow_id=clip-7 key=still[3] prediction_id=p1\n")
	require.Contains(t, log, "level=INFO msg=webhook reason=unknown_address error=\"webhook: unknown address\"\n")
	require.Contains(t, log, "level=ERROR msg=webhook reason=panicked account=default workflow_id=clip-7 key=still[3] prediction_id=p1 error=\"oh\\n")
	require.Contains(t, log, "(*received).Signal", "the panic's stack")
}

// A level tells an operator what to look at.
func TestLogLevels(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		level  string
		err    error
		secret string
		body   string
	}{
		{"INFO", wire.ErrNoWorkflow, secret, string(body)},
		{"ERROR", wire.ErrRefused, secret, string(body)},
		{"WARN", errors.New("down"), secret, string(body)},
		{"WARN", nil, otherSecret, string(body)},
		{"ERROR", nil, secret, `{}`},
	} {
		r := newReceiver(t, webhook.Options{})
		r.signal = func(context.Context) error { return test.err }
		r.post(test.secret, r.address, []byte(test.body))
		require.Contains(t, r.logged(), "level="+test.level+" ")
	}
}

func TestAnswersTellOfForeignersNothing(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, webhook.Options{})
	got := r.post(secret, forged, body)
	r.requireAnswer(t, got, 404, receiver.UnknownAddress)
	require.Empty(t, r.answers[0].Account)
	require.Empty(t, r.signaled())
}

func TestNewHandlerNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	keyring, signaler := newKeyring(t, given(secret)), &received{}
	for want, options := range map[string]webhook.Options{
		"webhook: Options.MaxBodyBytes: is negative":  {MaxBodyBytes: -1},
		"webhook: Options.MaxConcurrent: is negative": {MaxConcurrent: -1},
		"webhook: Options.Tolerance: is negative":     {Tolerance: -1},
		"webhook: Options.SignalTimeout: is negative": {SignalTimeout: -1},
	} {
		_, err := receiver.New(keyring, signaler, options)
		require.EqualError(t, err, want)
	}
	handler, err := receiver.New(keyring, signaler, webhook.Options{})
	require.NoError(t, err)
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, webhooktest.NewRequest(secret, path+forged, body))
	require.Equal(t, 404, recorder.Code, "logger and observer have defaults")
}

// encodedSize is what the signal takes in a history.
func encodedSize(t testing.TB, signal wire.Signal) int {
	t.Helper()
	encoded, err := json.Marshal(signal)
	require.NoError(t, err)
	return len(encoded)
}
