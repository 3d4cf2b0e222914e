package wavespeed_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
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
		say(status, fmt.Sprintf(`{"code":%d,"message":"no"}`, status))(w, r)
	})
	c := client(t, p.URL)
	for status := 300; status <= 599; status++ {
		_, err := c.Submit(context.Background(), wavespeed.SubmitRequest{Model: fmt.Sprintf("status/%d", status)})
		require.Equal(t, refused[status], failure(t, err).NotAccepted(), "HTTP %d", status)
	}
}

// A gateway may refuse a request after it has passed it on. Only what is too large or
// too much is refused before that.
func TestAnAnswerInAnotherFormThanTheProvidersProvesNoRefusal(t *testing.T) {
	t.Parallel()
	anyones := map[int]bool{413: true, 414: true, 429: true, 431: true}
	for name, body := range map[string]string{
		"nothing":          ``,
		"nginx":            `<html><head><title>404 Not Found</title></head><center>nginx</center></html>`,
		"a text":           `error code: 1020`,
		"API Gateway":      `{"message":"Forbidden"}`,
		"Cloudflare":       `{"type":"https://developers.cloudflare.com/","title":"Error 1020","status":403,"detail":"Access denied","error_code":1020,"cloudflare_error":true}`,
		"Spring":           `{"timestamp":"2026-11-26","status":404,"error":"Not Found","path":"/"}`,
		"a number":         `404`,
		"a list":           `[{"code":404,"message":"no"}]`,
		"half":             `{"code":404,"message":"n`,
		"a code alone":     `{"code":404}`,
		"a code as a word": `{"code":"NOT_FOUND","message":"no"}`,
		"nothing said":     `{"error":"","detail":null,"errors":[]}`,
	} {
		p := serve(t, func(w http.ResponseWriter, r *http.Request) {
			var status int
			_, _ = fmt.Sscanf(r.URL.Path, "/api/v3/status/%d", &status)
			say(status, body)(w, r)
		})
		c := client(t, p.URL)
		for status := 400; status <= 599; status++ {
			_, err := c.Submit(context.Background(), wavespeed.SubmitRequest{Model: fmt.Sprintf("status/%d", status)})
			require.True(t, wavespeed.Report(err).Foreign, "%s: HTTP %d", name, status)
			require.Equal(t, anyones[status], failure(t, err).NotAccepted(), "%s: HTTP %d", name, status)
			want := 0
			if anyones[status] {
				want = status
			}
			require.Equal(t, want, wavespeed.Report(err).Status(), "%s: HTTP %d", name, status)
		}
	}
}

func TestStatusIsWhatTheProviderSays(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		http    int
		body    string
		status  int
		refused bool
	}{
		{200, `{"code":400,"message":"no"}`, 400, true},
		{200, `{"code":401,"message":"no"}`, 401, true},
		{200, `{"code":402,"message":"no"}`, 402, true},
		{200, `{"code":403,"message":"no"}`, 403, true},
		{200, `{"code":404,"message":"no","data":null}`, 404, true},
		{200, `{"code":"404","message":"no"}`, 404, true},
		{200, `{"code":429,"message":"slow down"}`, 429, true},
		{200, `{"code":1407,"message":"no"}`, 402, true},
		{200, `{"code":409,"message":"oops"}`, 409, false},
		{200, `{"code":500,"message":"oops"}`, 500, false},
		{200, `{"code":503,"message":"oops"}`, 503, false},
		{200, `{"code":5000,"message":"oops"}`, 5000, false},
		{200, `{"code":1400,"message":"oops"}`, 1400, false},
		{200, `{"code":77,"message":"oops"}`, 77, false},
		{200, `{"code":400}`, 0, false},
		{200, `{"code":400,"data":{"id":"","status":"new"}}`, 0, false},
		{400, `{"code":1407,"message":"no"}`, 402, true},
		{403, `{"code":1407,"message":"no"}`, 402, true},
		{400, `{"code":1401,"message":"no"}`, 400, true},
		{400, `{"code":404,"message":"no"}`, 404, true},
		{400, `{"code":409,"message":"no"}`, 409, false},
		{400, `{"code":500,"message":"oops"}`, 0, false},
		{404, `{"code":200,"message":"success"}`, 0, false},
		{400, `{"code":5000,"message":"oops"}`, 0, false},
		{500, `{"code":400,"message":"no"}`, 0, false},
		{502, `{"code":1407,"message":"no"}`, 0, false},
		{500, `{"code":503,"message":"oops"}`, 503, false},
		{400, `{"error":"webhook callback does not support base64 output"}`, 400, true},
		{422, `{"detail":"no such field"}`, 422, true},
		{422, `{"detail":[{"loc":["x"],"msg":"field required"}]}`, 422, true},
		{403, `{"message":"a viewer may not run","error_code":"ROLE"}`, 403, true},
		{401, `{"errors":["no such key"]}`, 401, true},
	} {
		p := serve(t, say(test.http, test.body))
		_, err := client(t, p.URL).Submit(context.Background(), flux)
		require.Equal(t, test.status, wavespeed.Report(err).Status(), "HTTP %d %s", test.http, test.body)
		require.Equal(t, test.refused, failure(t, err).NotAccepted(), "HTTP %d %s", test.http, test.body)
		_, err = client(t, p.URL).Balance(context.Background())
		require.Equal(t, test.status, wavespeed.Report(err).Status(), "HTTP %d %s", test.http, test.body)
	}
}

// TestKinds: what an error means to code that knows nothing about WaveSpeedAI.
func TestKinds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		http int
		body string
		want provider.Kind
	}{
		{400, `{"code":400,"message":"size"}`, provider.Invalid},
		{413, `<html>nginx</html>`, provider.Invalid},
		{422, `{"detail":"no such field"}`, provider.Invalid},
		{400, `{"code":1407,"message":"no"}`, provider.Unpaid},
		{402, `{"code":402,"message":"no"}`, provider.Unpaid},
		{403, `{"code":403,"message":"Insufficient credits."}`, provider.Unpaid},
		{403, `{"code":403,"message":"Insufficient credits permission","error_code":"ROLE"}`, provider.Forbidden},
		{400, `{"code":400,"message":"\"insufficient credits\" is too long"}`, provider.Invalid},
		{401, `{"code":401,"message":"no"}`, provider.KeyRefused},
		{403, `{"code":403,"message":"no"}`, provider.Forbidden},
		{404, `{"code":404,"message":"no"}`, provider.NotFound},
		{405, `{"code":405,"message":"no"}`, provider.Unsupported},
		{410, `{"code":410,"message":"no"}`, provider.Unsupported},
		{429, ``, provider.Limited},
		{408, `{"code":408,"message":"no"}`, provider.Failed},
		{503, `{"code":503,"message":"no"}`, provider.Failed},
		{200, `{"code":5003,"message":"no"}`, provider.Failed},
		{200, `{"code":404,"message":"no"}`, provider.NotFound},
		{200, `{"code":200}`, provider.Garbled},
		{200, `<html>a hotel</html>`, provider.Garbled},
		{200, `{"code":400}`, provider.Garbled},
		{502, `<html>bad gateway</html>`, provider.Unclear},
		{401, `{"message":"Unauthorized"}`, provider.Unclear},
		{400, `{"code":503,"message":"no"}`, provider.Unclear},
	} {
		p := serve(t, say(test.http, test.body))
		_, err := client(t, p.URL).Submit(context.Background(), flux)
		require.Equal(t, test.want, failure(t, err).Kind, "HTTP %d %s", test.http, test.body)
		require.Equal(t, test.want >= provider.Invalid, failure(t, err).Answered(), "HTTP %d %s", test.http, test.body)
	}
	c := client(t, "http://127.0.0.1:1")
	_, err := c.Submit(context.Background(), wavespeed.SubmitRequest{Model: "/"})
	require.Equal(t, provider.Invalid, failure(t, err).Kind)
	require.False(t, failure(t, err).Answered())
	_, err = c.Submit(context.Background(), flux)
	require.Equal(t, provider.Unclear, failure(t, err).Kind)
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
		require.Equal(t, http.StatusOK, wavespeed.Report(err).StatusCode, body)
	}
}

func TestAnIDAloneInAnErrorIsNoPrediction(t *testing.T) {
	t.Parallel()
	p := serve(t, say(http.StatusBadRequest, `{"id":"req_123","code":400,"message":"no"}`))
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
		require.Equal(t, provider.NeverSent, failure(t, err).Accepted, name)
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
	require.Equal(t, provider.Refused, failure(t, err).Accepted)
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
