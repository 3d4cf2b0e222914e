package wavespeed_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

func TestOnlySomeStatusesProveARefusal(t *testing.T) {
	t.Parallel()
	refused := map[int]bool{}
	for _, status := range []int{400, 401, 402, 403, 404, 405, 406, 410, 411, 413, 414, 415, 421, 422, 426, 429, 431, 451} {
		refused[status] = true
	}
	p := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var status int
		_, _ = fmt.Sscanf(r.URL.Path, "/api/v3/status/%d", &status)
		say(status, "")(w, r)
	})
	c := client(t, p.URL)
	for status := 200; status <= 599; status++ {
		_, err := c.Submit(context.Background(), wavespeed.SubmitRequest{Model: fmt.Sprintf("status/%d", status)})
		require.Equal(t, refused[status], failure(t, err).NotAccepted(), "HTTP %d", status)
	}
}

func TestAnEnvelopeUnder200CountsAsTheStatusWould(t *testing.T) {
	t.Parallel()
	for body, refused := range map[string]bool{
		`{"code":400,"message":"no"}`:                  true,
		`{"code":429,"message":"slow down"}`:           true,
		`{"code":404,"message":"no","data":null}`:      true,
		`{"code":500,"message":"oops"}`:                false,
		`{"code":409,"message":"oops"}`:                false,
		`{"code":1407,"message":"insufficient"}`:       false,
		`{"code":400,"data":{"id":"","status":"new"}}`: true,
	} {
		p := serve(t, say(http.StatusOK, body))
		_, err := client(t, p.URL).Submit(context.Background(), flux)
		require.Equal(t, refused, failure(t, err).NotAccepted(), body)
	}
}

func TestASuccessThatNamesNoPredictionIsNoRefusal(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		``, `null`, `[]`, `"x"`, `{`, `{}`, `{"code":200}`, `{"code":200,"data":null}`, `{"code":200,"data":[]}`,
		`{"code":200,"data":{"status":"created"}}`, `{"code":200,"data":{"id":"","status":"created"}}`,
		`{"code":200,"data":{"id":17,"status":"created"}}`, `{"code":200,"data":{"ID":"x","status":"created"}}`,
		created[:len(created)/2], created + `{}`, "\ufeff" + created, `<html>`,
	} {
		p := serve(t, say(http.StatusOK, body))
		_, err := client(t, p.URL).Submit(context.Background(), flux)
		require.False(t, failure(t, err).NotAccepted(), body)
		require.Equal(t, http.StatusOK, failure(t, err).StatusCode, body)
	}
}

func TestAnIDAloneInAnErrorIsNoPrediction(t *testing.T) {
	t.Parallel()
	p := serve(t, say(http.StatusBadRequest, `{"id":"req_123","message":"no"}`))
	_, err := client(t, p.URL).Submit(context.Background(), flux)
	require.True(t, failure(t, err).NotAccepted())
}

func TestAnOversizedAnswerIsNoRefusal(t *testing.T) {
	t.Parallel()
	p := serve(t, say(http.StatusOK, created))
	exact := client(t, p.URL, func(o *wavespeed.Options) { o.MaxResponseBytes = int64(len(created)) })
	_, err := exact.Submit(context.Background(), flux)
	require.NoError(t, err)
	short := client(t, p.URL, func(o *wavespeed.Options) { o.MaxResponseBytes = int64(len(created)) - 1 })
	_, err = short.Submit(context.Background(), flux)
	require.ErrorContains(t, err, "more than")
	require.False(t, failure(t, err).NotAccepted())
}

func TestWhatWasNeverSentIsNotAccepted(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	untrusted := unstarted(say(http.StatusOK, created))
	untrusted.Config.ErrorLog = discardLog
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	plain := serve(t, say(http.StatusOK, created))
	silent := listen(t, func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1<<16)) })

	over, cancel := context.WithCancel(context.Background())
	cancel()
	soon, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	t.Cleanup(cancel)
	for name, test := range map[string]struct {
		ctx  context.Context
		base string
	}{
		"nobody listens":         {context.Background(), "http://" + closed.Addr().String()},
		"no such host":           {context.Background(), "https://nowhere.invalid"},
		"unknown certificate":    {context.Background(), untrusted.URL},
		"no TLS there":           {context.Background(), "https" + plain.URL[len("http"):]},
		"canceled before":        {over, plain.URL},
		"handshake never comes":  {soon, "https://" + silent},
		"deadline passed before": {expired(t), plain.URL},
	} {
		_, err := client(t, test.base).Submit(test.ctx, flux)
		require.True(t, failure(t, err).NotAccepted(), "%s: %v", name, err)
		require.Equal(t, wavespeed.NeverSent, failure(t, err).Accepted, name)
		require.NotErrorIs(t, err, wavespeed.ErrInvalid, name)
	}
	require.Empty(t, untrusted.requests())
	require.Empty(t, plain.requests())
}

func TestWhatLeftWithoutAnAnswerMayBeAccepted(t *testing.T) {
	t.Parallel()
	for name, serve := range map[string]func(net.Conn){
		"closed":      func(conn net.Conn) { readRequest(conn) },
		"reset":       func(conn net.Conn) { readRequest(conn); _ = conn.(*net.TCPConn).SetLinger(0) },
		"stalled":     func(conn net.Conn) { readRequest(conn); _, _ = conn.Read(make([]byte, 1)) },
		"no HTTP":     func(conn net.Conn) { readRequest(conn); _, _ = conn.Write([]byte("hello\r\n\r\n")) },
		"half a head": func(conn net.Conn) { readRequest(conn); _, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-")) },
		"half a body": func(conn net.Conn) {
			readRequest(conn)
			_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"))
		},
		"one byte was read": func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1)); _ = conn.(*net.TCPConn).SetLinger(0) },
	} {
		address := listen(t, serve)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_, err := client(t, "http://"+address).Submit(ctx, flux)
		cancel()
		require.False(t, failure(t, err).NotAccepted(), "%s: %v", name, err)
		require.ErrorContains(t, err, "may have been accepted and billed", name)
	}
}

func TestARefusalCountsThoughItsBodyBreaks(t *testing.T) {
	t.Parallel()
	address := listen(t, func(conn net.Conn) {
		readRequest(conn)
		_, _ = conn.Write([]byte("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 900\r\n\r\n{"))
	})
	_, err := client(t, "http://"+address).Submit(context.Background(), flux)
	require.Equal(t, wavespeed.Refused, failure(t, err).Accepted)
	require.Equal(t, 7*time.Second, failure(t, err).RetryAfter)
}

func TestTimeoutBoundsEveryCall(t *testing.T) {
	t.Parallel()
	address := listen(t, func(conn net.Conn) { readRequest(conn); _, _ = conn.Read(make([]byte, 1)) })
	c := client(t, "http://"+address, func(o *wavespeed.Options) { o.Timeout = 50 * time.Millisecond })
	_, err := c.Submit(context.Background(), flux)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = c.Result(context.Background(), predictionID)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestRetryAfterIsReadInBothForms(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{
		"7": 7 * time.Second, "0": 0, "-5": 0, "soon": 0, "": 0, "999999999": 24 * time.Hour, "1.5": 0,
		time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat): 0,
	} {
		p := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", header)
			say(http.StatusTooManyRequests, `{"code":429,"message":"slow down"}`)(w, r)
		})
		_, err := client(t, p.URL).Submit(context.Background(), flux)
		require.Equal(t, want, failure(t, err).RetryAfter, header)
	}
	p := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", time.Now().Add(time.Minute).UTC().Format(http.TimeFormat))
		say(http.StatusServiceUnavailable, "")(w, r)
	})
	_, err := client(t, p.URL).Result(context.Background(), predictionID)
	require.InDelta(t, time.Minute, failure(t, err).RetryAfter, float64(5*time.Second))
}
