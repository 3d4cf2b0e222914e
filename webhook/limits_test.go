package webhook_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

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
			r.requireAnswer(t, got, 503, webhook.Unavailable)
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
		r := newReceiver(t, webhook.Options{Keyring: newKeyring(t, map[string]webhook.Account{
			"default": {Fetch: p.Fetch}, "other": {Fetch: hanging.Fetch},
		})})
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
	r.requireAnswer(t, got, 200, webhook.Signaled)
}

func TestSenderGoesAwayWhileFetching(t *testing.T) {
	t.Parallel()
	p := &provider{secret: secret}
	address := seal(t, newKeyring(t, given(secret)), target)
	r := newReceiver(t, webhook.Options{Keyring: p.keyring(t)})
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	r.requireAnswer(t, r.serve(webhooktest.NewRequest(secret, path+address, body).WithContext(gone)), 200, webhook.Signaled)
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
		require.Equal(t, map[webhook.Reason]int{webhook.Busy: 1}, r.reasons())
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
		r := newReceiver(t, webhook.Options{Keyring: p.keyring(t), MaxConcurrent: 1})
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
	require.Equal(t, map[webhook.Reason]int{webhook.Panicked: 3}, r.reasons())
}

func TestBodyOfRefusedIsNotRead(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, webhook.Options{})
	for what, change := range map[string]func(*http.Request){
		"forged":    func(r *http.Request) { r.URL.Path = path + forged },
		"method":    method("PUT"),
		"encoded":   encoded("gzip"),
		"announced": func(r *http.Request) { r.ContentLength = 1<<20 + 1 },
	} {
		request := webhooktest.NewRequest(secret, path+r.address, nil)
		request.Body = untouched{t}
		change(request)
		require.GreaterOrEqual(t, r.serve(request).Code, 400, what)
	}
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	exact := `{"id":"p1","status":"completed"}`
	exact += strings.Repeat(" ", 1<<20-len(exact))
	for name, test := range map[string]struct {
		body    string
		length  int64 // as announced; -1 if not
		options webhook.Options
		status  int
	}{
		"exact":             {exact, 1 << 20, webhook.Options{}, 200},
		"exact, chunked":    {exact, -1, webhook.Options{}, 200},
		"one more":          {exact + " ", 1<<20 + 1, webhook.Options{}, 413},
		"one more, chunked": {exact + " ", -1, webhook.Options{}, 413},
		"one more, lying":   {exact + " ", 10, webhook.Options{}, 413},
		"set":               {exact + " ", 1<<20 + 1, webhook.Options{MaxBodyBytes: 1<<20 + 1}, 200},
	} {
		r := newReceiver(t, test.options)
		request := webhooktest.NewRequest(secret, path+r.address, []byte(test.body))
		request.ContentLength = test.length
		got := r.serve(request)
		require.Equal(t, test.status, got.Code, name)
		require.Equal(t, test.status == 413, got.Header().Get("Connection") == "close", name)
	}
}

// deadlines is a writer of which the deadline for reading can be set.
type deadlines struct {
	http.ResponseWriter
	read *time.Time
}

func (d deadlines) SetReadDeadline(at time.Time) error { *d.read = at; return nil }

func TestReadingIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t, webhook.Options{})
		var read time.Time
		r.ServeHTTP(deadlines{httptest.NewRecorder(), &read}, webhooktest.NewRequest(secret, path+r.address, body))
		require.Equal(t, time.Now().Add(10*time.Second), read)
		r.ServeHTTP(deadlines{httptest.NewRecorder(), &read}, webhooktest.NewRequest(secret, path+forged, body))
		require.Equal(t, 200, r.post(secret, r.address, body).Code, "a writer without deadlines will do")
	})
}

// The parts of a body that are not needed are not taken apart. Not parallel, since it
// counts what the process allocates.
func TestMemoryOfOneDelivery(t *testing.T) {
	r := newReceiver(t, webhook.Options{})
	empty := []byte(`{"id":"p1","status":"completed","input":[` + strings.Repeat("{},", 1<<20/3-40) + `{}]}`)
	header := webhooktest.Sign(secret, "id", time.Now(), empty)
	const times = 10
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range times {
		request := httptest.NewRequest(http.MethodPost, path+r.address, bytes.NewReader(empty))
		request.Header = header
		require.Equal(t, 200, r.serve(request).Code)
	}
	runtime.ReadMemStats(&after)
	require.Less(t, (after.TotalAlloc-before.TotalAlloc)/times, uint64(6<<20), "for a body of 1 MiB")
}
