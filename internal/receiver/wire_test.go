package receiver_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/receiver"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/webhooktest"
)

// exchange sends bytes to a server, and returns all that it answers until it closes
// the connection.
func exchange(t testing.TB, server *httptest.Server, sent string) string {
	t.Helper()
	connection, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	defer connection.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.WriteString(connection, sent)
		_ = connection.(*net.TCPConn).CloseWrite()
	}()
	// A server that answers before it has read all may reset the connection then.
	answer, _ := io.ReadAll(connection)
	<-done
	return string(answer)
}

// onWire is a delivery as it is sent. Content-Length, or what stands for it, is up
// to the caller.
func onWire(method, url string, signed []byte, header string) string {
	h := webhooktest.Sign(secret, "id", time.Now(), signed)
	return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: x\r\nWebhook-Id: id\r\nWebhook-Timestamp: %s\r\nWebhook-Signature: %s\r\n%s\r\n",
		method, url, h.Get(receiver.HeaderTimestamp), h.Get(receiver.HeaderSignature), header)
}

func serve(t testing.TB, handler http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

var dateLine = regexp.MustCompile(`Date: [^\r]*\r\n`)

// The answer to an address that is not ours is, byte for byte, the one to a path that
// does not exist.
func TestUnknownAddressIsAnUnknownPath(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, webhook.Options{})
	server := serve(t, r)
	ask := func(url string) string {
		sent := onWire("POST", url, body, fmt.Sprintf("Connection: close\r\nContent-Length: %d\r\n", len(body))) + string(body)
		return dateLine.ReplaceAllString(exchange(t, server, sent), "")
	}
	unknown := ask("/no/such/path")
	require.Equal(t, "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\nContent-Length: 19\r\nConnection: close\r\n\r\n404 page not found\n", unknown)
	addresses := []string{
		forged, "x", r.address[1:], r.address + "A", "%2e", "%2e%2e%2f" + r.address, r.address + "%2f", "%00", "%0d%0aX-Injected:%201",
		strings.Repeat("A", 10_000), "é", "a;b", "a%20b", seal(t, newKeyring(t, given(otherSecret)), target),
	}
	for _, address := range addresses {
		require.Equal(t, unknown, ask(path+address), address)
	}
	require.Equal(t, map[string]int{receiver.UnknownAddress: len(addresses)}, r.reasons())
	require.Contains(t, ask(path+r.address), "HTTP/1.1 200 OK\r\n")
}

func TestOtherMethodsOnTheWire(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, webhook.Options{})
	server := serve(t, r)
	methods := []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "POSTS", "post", "PRI"}
	for _, method := range methods {
		got := exchange(t, server, onWire(method, path+r.address, body, "Connection: close\r\nX-Mine: echo\r\nContent-Length: 4\r\n")+"echo")
		require.Contains(t, got, "HTTP/1.1 405 Method Not Allowed\r\nAllow: POST\r\n", method)
		require.NotContains(t, got, "echo", method)
		require.Equal(t, method != "HEAD", strings.HasSuffix(got, "\r\n\r\nMethod Not Allowed\n"), method)
	}
	require.Equal(t, map[string]int{receiver.WrongMethod: len(methods)}, r.reasons())
	require.Empty(t, r.signaled())
}

func TestBodiesOnTheWire(t *testing.T) {
	t.Parallel()
	chunked := func(text string) string { return fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(text), text) }
	large := strings.Repeat(" ", 1<<20-len(body)) + string(body)
	length := func(n int) string { return fmt.Sprintf("Content-Length: %d\r\n", n) }
	const inChunks = "Transfer-Encoding: chunked\r\n"
	for name, test := range map[string]struct {
		signed, header, sent string
		want                 []int
	}{
		"right":                   {string(body), length(len(body)), string(body), []int{200}},
		"chunked":                 {string(body), inChunks, chunked(string(body)), []int{200}},
		"largest":                 {large, length(len(large)), large, []int{200}},
		"largest, chunked":        {large, inChunks, chunked(large), []int{200}},
		"too large":               {large + " ", length(len(large) + 1), large + " ", []int{413}},
		"too large, chunked":      {large + " ", inChunks, chunked(large + " "), []int{413}},
		"nothing after 413":       {large + " ", inChunks, chunked(large+" ") + "GET /x HTTP/1.1\r\nHost: x\r\n\r\n", []int{413}},
		"announced, never sent":   {string(body), length(1 << 40), "", []int{413}},
		"announced too long":      {string(body), length(len(body) + 1), string(body), []int{400}},
		"announced too short":     {string(body), length(len(body) - 1), string(body), []int{401}},
		"chunk without its end":   {string(body), inChunks, "ff\r\n" + string(body), []int{400}},
		"chunk with a bad length": {string(body), inChunks, "zz\r\n" + string(body), []int{400}},
		"length and chunks":       {string(body), length(3) + inChunks, chunked(string(body)), []int{200}},
		"two lengths":             {string(body), length(len(body)) + length(3), string(body), []int{400}},
		"expecting to continue":   {string(body), "Expect: 100-continue\r\n" + length(len(body)), string(body), []int{100, 200}},
		"continue, too large":     {string(body), "Expect: 100-continue\r\n" + length(1<<21), "", []int{413}},
		"gzip and identity":       {string(body), "Content-Encoding: gzip\r\nContent-Encoding: identity\r\n" + length(len(body)), string(body), []int{415}},
		"two ids":                 {string(body), "webhook-id: other\r\n" + length(len(body)), string(body), []int{401}},
		"two signatures":          {string(body), "webhook-signature: v3,00\r\n" + length(len(body)), string(body), []int{401}},
		"trailer is not a header": {string(body), inChunks + "Trailer: Webhook-Id\r\n", fmt.Sprintf("%x\r\n%s\r\n0\r\nWebhook-Id: other\r\n\r\n", len(body), body), []int{200}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReceiver(t, webhook.Options{MaxBodyBytes: 256 << 10})
			got := exchange(t, serve(t, r), onWire("POST", path+r.address, []byte(test.signed), test.header)+test.sent)
			require.Equal(t, test.want, statuses(got), got)
			require.Equal(t, test.want[len(test.want)-1] == 200, len(r.signaled()) == 1)
		})
	}
}

var statusLine = regexp.MustCompile(`(?m)^HTTP/1\.1 (\d\d\d)`)

func statuses(answer string) (statuses []int) {
	for _, match := range statusLine.FindAllStringSubmatch(answer, -1) {
		var status int
		_, _ = fmt.Sscan(match[1], &status)
		statuses = append(statuses, status)
	}
	return statuses
}

func TestSenderGoesAwayInTheBody(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, webhook.Options{})
	server := serve(t, r)
	connection, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	_, err = io.WriteString(connection, onWire("POST", path+r.address, body, "Content-Length: 1000\r\n")+string(body))
	require.NoError(t, err)
	require.NoError(t, connection.Close())
	require.Eventually(t, func() bool { return r.reasons()[receiver.Unreadable] == 1 }, time.Minute, time.Millisecond)
	require.Empty(t, r.signaled())
}

func TestConnectionServesOnAfterEveryAnswer(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, webhook.Options{})
	connection, err := net.Dial("tcp", serve(t, r).Listener.Addr().String())
	require.NoError(t, err)
	defer connection.Close()
	reader := bufio.NewReader(connection)
	for address, status := range map[string]int{forged: 404, r.address: 200} {
		for range 3 {
			_, err = io.WriteString(connection, onWire("POST", path+address, body, fmt.Sprintf("Content-Length: %d\r\n", len(body)))+string(body))
			require.NoError(t, err)
			response, err := http.ReadResponse(reader, nil)
			require.NoError(t, err)
			_, err = io.Copy(io.Discard, response.Body)
			require.NoError(t, err)
			require.Equal(t, status, response.StatusCode)
		}
	}
}

// "Connection: close" is of HTTP/1. With HTTP/2 it ends the connection too, but not
// the requests beside it.
func TestTooLargeWithHTTP2(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, webhook.Options{MaxBodyBytes: 256 << 10})
	beside, release := make(chan struct{}), make(chan struct{})
	r.signal = func(context.Context) error { close(beside); <-release; return nil }
	server := httptest.NewUnstartedServer(r)
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	post := func(body []byte) (int, error) {
		request, err := http.NewRequest(http.MethodPost, server.URL+path+r.address, bytes.NewReader(body))
		require.NoError(t, err)
		request.Header = webhooktest.Sign(secret, "id", time.Now(), body)
		response, err := server.Client().Do(request)
		if err != nil {
			return 0, err
		}
		defer response.Body.Close()
		require.Equal(t, 2, response.ProtoMajor)
		require.Empty(t, response.Header.Get("Connection"))
		return response.StatusCode, nil
	}
	first := make(chan int, 1)
	go func() { status, _ := post(body); first <- status }()
	<-beside
	status, err := post(bytes.Repeat([]byte(" "), 1<<20+1))
	require.NoError(t, err)
	require.Equal(t, 413, status)
	close(release)
	require.Equal(t, 200, <-first)
	r.signal = nil
	status, err = post(body)
	require.NoError(t, err)
	require.Equal(t, 200, status)
}
