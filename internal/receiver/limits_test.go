package receiver_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/receiver"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/webhooktest"
)

func hang(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestTemporalHangs(t *testing.T) {
	t.Parallel()
	for want, options := range map[time.Duration]webhook.Options{3 * time.Second: {}, time.Second: {SignalTimeout: time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			r := newReceiver(t, options)
			r.signal = hang
			began := time.Now()
			got := r.post(secret, r.address, body)
			r.requireAnswer(t, got, 503, receiver.Unavailable)
			require.Equal(t, "5", got.Header().Get("Retry-After"))
			require.Equal(t, want, time.Since(began))
			require.Equal(t, want, r.answers[0].Took)
		})
	}
}

// The longest way: opening waits for a provider as long as it may, and then Temporal
// hangs, or verifying waits for the provider again.
func TestProviderAndTemporalHang(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, hanging := &provider{secret: secret, takes: 1400 * time.Millisecond}, &provider{takes: time.Hour}
		address := seal(t, newKeyring(t, given(secret)), target)
		r := newReceiverOf(t, newKeyring(t, map[string]webhook.Account{
			"default": {Fetch: p.Fetch}, "other": {Fetch: hanging.Fetch},
		}), webhook.Options{})
		r.signal = hang
		began := time.Now()
		require.Equal(t, 503, r.post(secret, address, body).Code)
		require.Equal(t, 4500*time.Millisecond, time.Since(began))

		p.takes = time.Hour
		time.Sleep(time.Minute)
		began = time.Now()
		require.Equal(t, 401, r.post(otherSecret, address, body).Code)
		require.Equal(t, 3*time.Second, time.Since(began))
		time.Sleep(fetchTimeout)
	})
}

func TestSenderGoesAwayWhileSignaling(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, webhook.Options{})
	ctx, cancel := context.WithCancel(context.Background())
	r.signal = func(ctx context.Context) error { cancel(); return ctx.Err() }
	got := r.serve(webhooktest.NewRequest(secret, path+r.address, body).WithContext(ctx))
	r.requireAnswer(t, got, 200, receiver.Signaled)
}

func TestSenderGoesAwayWhileFetching(t *testing.T) {
	t.Parallel()
	p := &provider{secret: secret}
	address := seal(t, newKeyring(t, given(secret)), target)
	r := newReceiverOf(t, p.keyring(t), webhook.Options{})
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	r.requireAnswer(t, r.serve(webhooktest.NewRequest(secret, path+address, body).WithContext(gone)), 200, receiver.Signaled)
}

// untouched is a body that must not be read.
type untouched struct{ t *testing.T }

func (u untouched) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, errors.New("read")
}

func (untouched) Close() error { return nil }

func TestMaxConcurrent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t, webhook.Options{MaxConcurrent: 2})
		r.signal = hang
		var working sync.WaitGroup
		for range 2 {
			working.Go(func() { require.Equal(t, 503, r.post(secret, r.address, body).Code) })
		}
		synctest.Wait()
		request := webhooktest.NewRequest(secret, path+r.address, nil)
		request.Body = untouched{t}
		got := r.serve(request)
		require.Equal(t, 503, got.Code)
		require.Equal(t, "1", got.Header().Get("Retry-After"))
		require.Equal(t, map[string]int{receiver.Busy: 1}, r.reasons())
		require.Equal(t, 404, r.post(secret, forged, body).Code, "who has no address is not told")

		working.Wait()
		require.Len(t, r.signaled(), 2)
		r.signal = nil
		require.Equal(t, 200, r.post(secret, r.address, body).Code)
	})
}

// A flood of forged addresses takes no place of real ones, even while the provider
// hangs that would have to be asked about them.
func TestForgedAddressesTakeNoPlaces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &provider{secret: secret}
		r := newReceiverOf(t, p.keyring(t), webhook.Options{MaxConcurrent: 1})
		address := seal(t, r.keyring, target)
		p.takes = time.Hour
		time.Sleep(time.Minute)
		var flood sync.WaitGroup
		for range 1000 {
			flood.Go(func() { require.Equal(t, 404, r.post(secret, forged, body).Code) })
		}
		synctest.Wait()
		began := time.Now()
		require.Equal(t, 200, r.post(secret, address, body).Code)
		require.Zero(t, time.Since(began))
		flood.Wait()
		require.Equal(t, 2, p.called())
		time.Sleep(fetchTimeout)
	})
}

func TestPanicGivesThePlaceBack(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, webhook.Options{MaxConcurrent: 1})
	r.signal = func(context.Context) error { panic("oh") }
	for range 3 {
		require.Equal(t, 500, r.post(secret, r.address, body).Code)
	}
	require.Equal(t, map[string]int{receiver.Panicked: 3}, r.reasons())
}

func TestBodyOfRefusedIsNotRead(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, webhook.Options{MaxBodyBytes: 256 << 10})
	for what, change := range map[string]func(*http.Request){
		"forged":    func(r *http.Request) { r.URL.Path = path + forged },
		"method":    method("PUT"),
		"encoded":   encoded("gzip"),
		"announced": func(r *http.Request) { r.ContentLength = 1<<20 + 1 },
		"unsigned":  func(r *http.Request) { r.Header.Del(receiver.HeaderSignature) },
	} {
		request := webhooktest.NewRequest(secret, path+r.address, nil)
		request.Body = untouched{t}
		change(request)
		require.GreaterOrEqual(t, r.serve(request).Code, 400, what)
	}
}

// A body over the limit is not believed, but leads to a poll; one far over it is refused.
func TestBodyLimit(t *testing.T) {
	t.Parallel()
	sized := func(n int) string {
		const body = `{"id":"p1","status":"completed"}`
		return body + strings.Repeat(" ", n-len(body))
	}
	limited := webhook.Options{MaxBodyBytes: 100_000}
	for name, test := range map[string]struct {
		size    int
		length  int64 // as announced; -1 if not
		options webhook.Options
		want    string
	}{
		"exact":                 {100_000, 100_000, limited, receiver.Signaled},
		"exact, chunked":        {100_000, -1, limited, receiver.Signaled},
		"one more":              {100_001, 100_001, limited, receiver.Hinted},
		"one more, chunked":     {100_001, -1, limited, receiver.Hinted},
		"one more, lying":       {100_001, 10, limited, receiver.Hinted},
		"four times":            {400_000, 400_000, limited, receiver.Hinted},
		"beyond":                {400_001, 400_001, limited, receiver.TooLarge},
		"beyond, chunked":       {400_001, -1, limited, receiver.TooLarge},
		"beyond, lying":         {400_001, 10, limited, receiver.TooLarge},
		"one more, by default":  {16<<20 + 1, -1, webhook.Options{}, receiver.Hinted},
		"announced, by default": {100, 64<<20 + 1, webhook.Options{}, receiver.TooLarge},
	} {
		r := newReceiver(t, test.options)
		request := webhooktest.NewRequest(secret, path+r.address, []byte(sized(test.size)))
		request.ContentLength = test.length
		got := r.serve(request)
		require.Equal(t, map[string]int{test.want: 1}, r.reasons(), name)
		require.Equal(t, test.want == receiver.TooLarge, got.Code == 413, name)
		require.Equal(t, test.want == receiver.TooLarge, got.Header().Get("Connection") == "close", name)
		if test.want == receiver.Hinted {
			require.Equal(t, wire.Signal{Nonce: target.Nonce, Hint: true, Outcome: wire.Outcome{PredictionID: "p1"}}, r.signaled()[0].signal)
		}
	}
}

// What we submit ourselves comes back: an input of 1.9 MB, with each character escaped.
func TestLargestInput(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, webhook.Options{})
	large := fmt.Appendf(nil, `{"id":"p1","input":{"prompt":"%s","seed":%d},"status":"completed","outputs":["https://x/1.png"]}`,
		strings.Repeat(`\u0026`, 1_900_000), wire.Seed(target.Nonce))
	r.requireAnswer(t, r.post(secret, r.address, large), 200, receiver.Signaled)
	signal := r.signaled()[0].signal
	require.Equal(t, outputs(`"https://x/1.png"`), signal.Outputs)
	require.True(t, signal.Identified)
}

// A large body that is signed with a secret which the provider has just made is sent again.
func TestLargeBodyOfANewSecret(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &provider{secret: secret}
		r := newReceiverOf(t, p.keyring(t), webhook.Options{})
		address := seal(t, r.keyring, target)
		p.secret = otherSecret
		time.Sleep(2 * time.Minute)
		large := []byte(`{"id":"p1","status":"completed","input":"` + strings.Repeat("x", 1<<20) + `"}`)
		require.Equal(t, 503, r.post(otherSecret, address, large).Code)
		require.Equal(t, 200, r.post(otherSecret, address, large).Code)
		require.Equal(t, 401, r.post(secretNo(9), address, large).Code)
	})
}

// deadlines is a writer of which the deadline for reading can be set.
type deadlines struct {
	http.ResponseWriter
	read func(time.Time)
}

func (d deadlines) SetReadDeadline(at time.Time) error { d.read(at); return nil }

// However large a body is, and whatever is in it, a delivery takes little memory. Not
// parallel, because it counts what the process allocates.
func TestMemoryOfOneDelivery(t *testing.T) {
	const size = 3 << 20
	for name, input := range map[string]string{
		"objects": `[` + strings.Repeat("{},", size/3) + `{}]`,
		"fields":  `{` + strings.Repeat(`"a":1,`, size/6) + `"a":1}`,
		"text":    `{"image":"` + strings.Repeat("x", size) + `"}`,
		"escapes": `"` + strings.Repeat(`\u0026`, size/6) + `"`,
		"depth":   strings.Repeat(strings.Repeat("[", 5000)+strings.Repeat("]", 5000)+",", size/10_000) + "1",
	} {
		if name == "depth" {
			input = "[" + input + "]"
		}
		r := newReceiver(t, webhook.Options{})
		large := []byte(`{"id":"p1","status":"completed","input":` + input + `}`)
		header := webhooktest.Sign(secret, "id", time.Now(), large)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		request := httptest.NewRequest(http.MethodPost, path+r.address, bytes.NewReader(large))
		request.Header = header
		require.Equal(t, 200, r.serve(request).Code)
		runtime.ReadMemStats(&after)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(3<<19), "%s: all that was allocated, garbage included", name)
		require.Equal(t, "p1", r.signaled()[0].signal.PredictionID)
		require.False(t, r.signaled()[0].signal.Hint)
	}
}
