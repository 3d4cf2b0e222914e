package wavespeed_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

// net/http sends a request again when a kept connection turns out to be closed. A
// submit must not even come into that situation.
func TestEverySubmitHasItsOwnConnection(t *testing.T) {
	t.Parallel()
	p := serve(t, say(http.StatusOK, created))
	c := client(t, p.URL)
	for range 5 {
		_, err := c.Submit(context.Background(), flux)
		require.NoError(t, err)
	}
	from := map[string]bool{}
	for _, sent := range p.requests() {
		from[sent.RemoteAddr] = true
	}
	require.Len(t, from, 5)
}

func TestASubmitIsSentOnceThoughTheServerCloses(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	address := listen(t, func(conn net.Conn) {
		reader := bufio.NewReader(conn)
		for n := 0; ; n++ {
			request, err := http.ReadRequest(reader)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, request.Body)
			if request.Method == http.MethodPost {
				requests.Add(1)
				return // accepted, and gone
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n"+`{"data":{"balance":12.5}}`)
		}
	})
	c := client(t, "http://"+address)
	for range 10 {
		_, err := c.Balance(context.Background()) // leaves a kept connection behind
		require.NoError(t, err)
		_, err = c.Submit(context.Background(), flux)
		require.False(t, failure(t, err).NotAccepted())
	}
	require.EqualValues(t, 10, requests.Load())
}

// Reading costs nothing, so a kept connection that turns out to be closed is not an error,
// though lists and prices are POSTs.
func TestReadsSurviveAKeptConnectionThatCloses(t *testing.T) {
	t.Parallel()
	address := listen(t, func(conn net.Conn) {
		reader := bufio.NewReader(conn)
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, request.Body)
		body := `{"data":{"items":[],"price":1,"balance":1}}`
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		_, _ = http.ReadRequest(reader) // and no answer to the second
	})
	c := client(t, "http://"+address)
	for range 10 {
		_, err := c.List(context.Background(), wavespeed.ListOptions{})
		require.NoError(t, err)
		_, err = c.Price(context.Background(), "a/b", nil)
		require.NoError(t, err)
		_, err = c.Balance(context.Background())
		require.NoError(t, err)
	}
}

func TestSubmitsStayOnHTTP1WhileReadsMayUseHTTP2(t *testing.T) {
	t.Parallel()
	p := unstarted(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			say(http.StatusOK, `{"data":{"balance":1}}`)(w, r)
			return
		}
		say(http.StatusOK, created)(w, r)
	})
	p.EnableHTTP2 = true
	p.StartTLS()
	t.Cleanup(p.Close)
	c := client(t, p.URL, lend(p.Server))
	_, err := c.Balance(context.Background())
	require.NoError(t, err)
	_, err = c.Submit(context.Background(), flux)
	require.NoError(t, err)
	require.Equal(t, 2, p.requests()[0].ProtoMajor)
	require.Equal(t, 1, p.requests()[1].ProtoMajor)
}

func lend(server *httptest.Server) func(*wavespeed.Options) {
	return func(o *wavespeed.Options) { o.HTTPClient = server.Client() }
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := serve(t, say(http.StatusOK, created))
	for _, status := range []int{301, 302, 303, 307, 308} {
		p := serve(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+r.URL.Path, status)
		})
		c := client(t, p.URL)
		_, err := c.Submit(context.Background(), flux)
		require.False(t, failure(t, err).NotAccepted(), status)
		require.Equal(t, status, wavespeed.Report(err).StatusCode)
		_, err = c.Result(context.Background(), predictionID)
		require.Error(t, err)
		require.Len(t, p.requests(), 2)
	}
	require.Empty(t, elsewhere.requests())
}

// A process may be suspended between connecting and writing. By then, the caller has given up
// waiting for it.
func TestNothingIsWrittenAfterTheDeadline(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]func(context.CancelFunc){
		"deadline": func(context.CancelFunc) { time.Sleep(600 * time.Millisecond) },
		"cancel":   func(cancel context.CancelFunc) { cancel() },
	} {
		received := newReceived()
		address := listen(t, received.readAll)
		ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
		traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { late(cancel) }})

		_, err := client(t, "http://"+address).Submit(traced, flux)
		cancel()

		require.Equal(t, provider.NeverSent, failure(t, err).Accepted, name)
		require.Empty(t, received.wait(t), name)
	}
}

// frozen is a context of a process that has just been continued: its deadline has
// passed, but no timer has fired to say so.
type frozen struct {
	context.Context
	deadline time.Time
}

func (f frozen) Deadline() (time.Time, bool) { return f.deadline, true }

func TestTheDeadlineCountsThoughNoTimerHasFired(t *testing.T) {
	t.Parallel()
	received := newReceived()
	address := listen(t, received.readAll)
	deadline := time.Now().Add(500 * time.Millisecond)
	ctx := httptrace.WithClientTrace(frozen{context.Background(), deadline}, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { time.Sleep(time.Until(deadline)) },
	})

	_, err := client(t, "http://"+address).Submit(ctx, flux)

	require.Equal(t, provider.NeverSent, failure(t, err).Accepted)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Empty(t, received.wait(t))
}

// received is what came in on a connection until it was closed.
type received struct{ text chan string }

func newReceived() received { return received{text: make(chan string, 1)} }

func (r received) readAll(conn net.Conn) {
	_ = conn.SetReadDeadline(time.Now().Add(3 * time.Second))
	text, _ := io.ReadAll(conn)
	r.text <- string(text)
}

func (r received) wait(t *testing.T) string {
	t.Helper()
	select {
	case text := <-r.text:
		return text
	case <-time.After(10 * time.Second):
		require.FailNow(t, "the connection was not closed")
		return ""
	}
}
